package import NIOCore

/// How long and how much a connection may take.
package struct ServerLimits: Sendable {
    /// Until a TLS handshake is done.
    package var handshake = TimeAmount.seconds(10)
    /// Neither side sends or reads.
    package var idle = TimeAmount.seconds(60)
    /// How long a request may arrive at any speed; afterwards ``bytesPerSecond`` counts.
    package var arrival = TimeAmount.seconds(20)
    /// The least speed of a request that takes longer: a 16 MiB import has a quarter of an hour, whoever sends a byte now and then has not.
    package var bytesPerSecond = 16 << 10
    /// How long an answer may take: less than ``idle``, so that there is one.
    package var answer = TimeAmount.seconds(50)
    /// What was accepted has so long to be answered when the server is told to end.
    package var farewell = TimeAmount.seconds(30)
    /// Connections at the same time; more are closed at once.
    package var connections = 16_384
    /// Bytes of bodies in memory at the same time; who sends more is told to come again.
    package var bodies = 256 << 20

    package init() {}
}
