/// Where events of the trail are pushed to; see ``FeedSink``.
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
package protocol FeedSink: Sendable {
    var name: String { get }

    /// Comes back when the collector has taken all of them.
    func deliver(_ events: [FeedEvent]) async throws(FeedError)
}

/// Why a collector did not take events; no text of the other side is in it.
package struct FeedError: Error, Sendable, Equatable {
    package enum Code: String, Sendable {
        case unreachable
        case refused
        /// An event that is none: the entry cannot be read.
        case malformed
    }

    package let code: Code
    package init(_ code: Code) { self.code = code }
}
