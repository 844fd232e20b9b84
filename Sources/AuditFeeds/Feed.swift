/// One entry of the trail on its way out; see ``FeedSink``.
package struct FeedEvent: Sendable {
    /// The index of the entry in its log.
    package let position: Int
    package let epoch: Int
    /// The entry: canonical JSON.
    package let entry: [UInt8]

    package init(position: Int, epoch: Int, entry: [UInt8]) {
        self.position = position
        self.epoch = epoch
        self.entry = entry
    }
}

/// A collector of events. Delivery is at least once and in order: a batch that fails is delivered again as it was.
///
/// A sink keeps nothing of a batch once ``deliver(_:)`` has come back, and is asked for one batch at a time. What it holds open (a
/// connection) it closes when it goes away itself.
package protocol FeedSink: Sendable {
    /// What settings and metrics call it; unique in a process.
    var name: String { get }

    /// Comes back when the collector has taken all of them. When it throws, the collector may have taken some.
    func deliver(_ events: [FeedEvent]) async throws(FeedError)
}
