import DurableFiles
import Synchronization

/// A durable queue of frames in a folder of this host, for what the database cannot take at the moment.
///
/// What `append` has acknowledged survives the end of the process and of the power, and is handed out by `next` in the order of
/// the acknowledgements, again and again until it is discarded. It may come a second time after a crash, never out of order: whoever
/// takes frames has to know those it has.
///
/// The folder is for the gateway's user alone and is locked while the spool is open. All work on files runs on a queue of its own.
/// Cancelling a caller changes nothing: what has begun comes to its end.
package actor AuditSpool {
    private struct Waiting {
        let ticket: Int
        let frames: [[UInt8]]
    }

    private struct Gathering {
        var waiting: [Waiting] = []
        var nextTicket = 0
    }

    private struct Figures {
        var bytes = 0
        var frames = 0
    }

    private let executor = BlockingExecutor("gatehouse.audit-spool")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let capacity: Int
    private let gathering = Mutex(Gathering())
    private let figures = Mutex(Figures())
    private var folder: SpoolFolder?
    private var outcomes: [Int: Result<Void, SpoolError>] = [:]
    /// What opening found.
    package private(set) var recovery = SpoolRecovery()

    private init(capacity: Int) { self.capacity = capacity }

    /// Opens the spool in a folder, which is made when it is missing; the folder above it has to be there.
    ///
    /// Damaged segments do not keep it from opening: they are set aside, told of in ``recovery``, and what stood before the damage is handed out.
    ///
    /// - Parameters:
    ///   - capacity: bytes on the disk, with what the format adds, that are never passed; at most 4 GiB. What was set aside does not count.
    ///   - segmentByteCount: how many bytes `next` hands out at once, roughly: a segment takes no more once it has as many.
    /// - Throws: `inUse`, `unwritable`, `unreadable`.
    package static func open(
        folder path: String, capacity: Int, segmentByteCount: Int = 256 << 10
    ) async throws(SpoolError) -> AuditSpool {
        precondition(capacity <= Int(UInt32.max), "a spool has at most four gigabytes")
        let spool = AuditSpool(capacity: capacity)
        try await spool.open(path, segmentByteCount)
        return spool
    }

    private func open(_ path: String, _ segmentByteCount: Int) throws(SpoolError) {
        var folder = try SpoolFolder.open(path, segmentByteCount: segmentByteCount)
        recovery = try folder.recover()
        self.folder = consume folder
        tell()
    }

    /// Writes nothing more and lets the folder go; what is in it stays. Frames that wait are refused with `closed`.
    package func close() {
        folder = nil
        tell()
    }

    // MARK: Writing

    /// Takes frames, all or none; durable on return.
    ///
    /// Calls that come while the disk is busy share the next write. Frames of one call stay together and in order.
    ///
    /// - Throws: `full`, `unwritable`, `closed`; then none of the frames is or will be in the spool.
    package nonisolated func append(_ frames: [[UInt8]]) async throws(SpoolError) {
        if frames.isEmpty { return }
        let ticket = gathering.withLock { gathering in
            gathering.nextTicket += 1
            gathering.waiting.append(Waiting(ticket: gathering.nextTicket, frames: frames))
            return gathering.nextTicket
        }
        try await settle(ticket)
    }

    /// Whoever gets here first writes for all who have gathered; the others find their outcome.
    private func settle(_ ticket: Int) throws(SpoolError) {
        if outcomes[ticket] == nil { writeGathered() }
        guard let outcome = outcomes.removeValue(forKey: ticket) else { throw .closed }
        try outcome.get()
    }

    private func writeGathered() {
        let gathered = gathering.withLock { gathering in
            defer { gathering.waiting = [] }
            return gathering.waiting
        }
        guard folder != nil else {
            for waiting in gathered { outcomes[waiting.ticket] = .failure(.closed) }
            return
        }
        var room = capacity - figures.withLock(\.bytes)
        var frames: [[UInt8]] = []
        var taken: [Int] = []
        for waiting in gathered {
            let cost = SpoolFolder.cost(waiting.frames, behind: frames.count)
            if cost > room {
                outcomes[waiting.ticket] = .failure(.full)
            } else {
                room -= cost
                frames += waiting.frames
                taken.append(waiting.ticket)
            }
        }
        if taken.isEmpty { return }
        let outcome = Result { () throws(SpoolError) in try folder?.append(frames) }.map { _ in }
        tell()
        for ticket in taken { outcomes[ticket] = outcome }
        // What could not be taken back must stay the last thing in the folder.
        if case .failure(.closed) = outcome { folder = nil }
    }

    // MARK: Reading

    /// The oldest frames, about `segmentByteCount` of them; `nil` when there are none. The same ones again until they are discarded.
    ///
    /// - Throws: `damaged`, once for each damage: the next call goes on with what stood before it, or behind. `unreadable`, `closed`.
    package func next() throws(SpoolError) -> SpoolBatch? {
        guard folder != nil else { throw .closed }
        defer { tell() }
        guard let (frames, number) = try folder?.oldest() else { return nil }
        return SpoolBatch(frames: frames, token: SpoolToken(segment: number))
    }

    /// Removes the frames of a batch, once they are durable elsewhere; they do not come again after this has returned.
    ///
    /// A token that was given back before changes nothing.
    ///
    /// - Throws: `unwritable`: the frames may come again. `closed`.
    package func discard(_ token: SpoolToken) throws(SpoolError) {
        guard folder != nil else { throw .closed }
        defer { tell() }
        try folder?.discard(token.segment)
    }

    // MARK: Figures

    /// Whether nothing acknowledged waits. Does not wait for the disk: a write under way is not in these figures yet.
    package nonisolated var isEmpty: Bool { frameCount == 0 }
    package nonisolated var frameCount: Int { figures.withLock(\.frames) }
    /// Bytes on the disk, with what the format adds.
    package nonisolated var byteCount: Int { figures.withLock(\.bytes) }

    private func tell() {
        let now = Figures(bytes: folder?.byteCount ?? 0, frames: folder?.frameCount ?? 0)
        figures.withLock { $0 = now }
    }
}

/// Frames in the order in which they were acknowledged.
package struct SpoolBatch: Sendable, Equatable {
    package let frames: [[UInt8]]
    /// For ``AuditSpool/discard(_:)``.
    package let token: SpoolToken
}

/// Stands for a batch that was handed out by one opening of a spool.
package struct SpoolToken: Sendable, Hashable {
    let segment: Int
}
