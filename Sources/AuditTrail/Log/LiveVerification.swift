import DataFormats
package import Storage
package import TransparencyLog
package import Vocabulary

/// Holds a store's events against its log: every entry is hashed again, in order, and compared with the stored hashes, the stored head and
/// the signed one; and what stands beside an entry with the entry.
///
/// A pure machine: the caller brings the entries of one epoch in the order of their positions. Memory does not grow with the log.
package struct LiveVerification: Sendable {
    package struct Finding: Sendable, Hashable, CustomStringConvertible {
        package enum Code: String, Sendable, CaseIterable {
            /// The entry is not the one that was hashed into the log.
            case entryChanged = "entry-changed"
            /// The log has an entry of which the store has none.
            case entryMissing = "entry-missing"
            /// The store has an event of which the log has none.
            case entryAdded = "entry-added"
            /// Two events claim one place.
            case placeTaken = "place-taken"
            /// What is searched by does not say what the entry says.
            case columnsChanged = "columns-changed"
            /// The reason or the ids of records are not those that the entry commits to.
            case marginChanged = "margin-changed"
            case tileChanged = "tile-changed"
            /// The stored head is not the one that the entries lead to.
            case headChanged = "head-changed"
            /// A signed head does not verify, or is of another tree.
            case checkpointUnverified = "checkpoint-unverified"
            /// A head that somebody remembers is not in the log.
            case headLost = "head-lost"
            /// Events were recorded and have waited too long for their place.
            case logBehind = "log-behind"
        }

        package let code: Code
        package let place: LogPlace?
        package let event: EventID?

        package init(_ code: Code, place: LogPlace? = nil, event: EventID? = nil) {
            self.code = code
            self.place = place
            self.event = event
        }

        package var description: String {
            code.rawValue + (place.map { " at \($0.epoch).\($0.position)" } ?? "") + (event.map { ", event \($0)" } ?? "")
        }
    }

    private let origin: LogOrigin
    /// Entries of the epoch: those behind are no part of it.
    private let size: Int
    /// Entries below were dropped when they had lasted their time; their stored hashes are taken as they are.
    private let prunedBelow: Int
    private(set) var frontier = TreeFrontier()
    package private(set) var findings: [Finding] = []
    package private(set) var findingCount = 0
    package private(set) var entries = 0
    /// Stored hashes of the level-0 tile that entries are compared with.
    private var stored: (index: Int, hashes: [UInt8]) = (-1, [])
    private static let kept = 200

    package init(_ origin: LogOrigin, size: Int, prunedBelow: Int) {
        self.origin = origin
        self.size = size
        self.prunedBelow = prunedBelow
    }

    package var epoch: Int { origin.epoch }

    /// The next position that an entry is expected for.
    package var next: Int { frontier.size }

    /// The level-0 tile that has to be lent before the next entry or gap, if it is not there yet.
    package var neededTile: TileID? {
        let index = next / TileID.width
        return next < size && stored.index != index ? TileID(level: 0, index: index) : nil
    }

    package mutating func lend(_ tile: TileID, _ hashes: [UInt8]) { stored = (tile.index, hashes) }

    package mutating func note(_ code: Finding.Code, _ position: Int? = nil, event: EventID? = nil) {
        findingCount += 1
        guard findings.count < Self.kept else { return }
        findings.append(Finding(code, place: position.map { LogPlace(epoch: origin.epoch, position: $0) }, event: event))
    }

    /// Takes the stored hash where there is no entry: of a dropped one in silence, of a missing one as a finding.
    package mutating func skip() {
        if next >= prunedBelow { note(.entryMissing, next) }
        guard let hash = storedHash else {
            note(.tileChanged, next)
            frontier.append(TreeHash.leaf([]))
            return
        }
        frontier.append(hash)
    }

    package mutating func add(_ event: FoundEvent) {
        entries += 1
        if event.place.position >= size { return note(.entryAdded, event.place.position, event: event.id) }
        if event.place.position < next { return note(.placeTaken, event.place.position, event: event.id) }
        let hash = TreeHash.leaf(event.entry)
        if hash != storedHash { note(storedHash == nil ? .tileChanged : .entryChanged, next, event: event.id) }
        // On with what is stored, so that one changed entry is one finding, and a tree that was changed to fit shows in its head.
        frontier.append(storedHash ?? hash)
        check(event)
    }

    private var storedHash: TreeHash? {
        let start = next % TileID.width * TreeHash.byteCount
        guard stored.index == next / TileID.width, stored.hashes.count >= start + TreeHash.byteCount else { return nil }
        return TreeHash(bytes: stored.hashes[start..<start + TreeHash.byteCount])
    }

    private mutating func check(_ event: FoundEvent) {
        guard let entry = (try? JSONReader.read(event.entry))?.objectValue, entry["id"]?.stringValue == event.id.description,
            entry["tenant"]?.stringValue == origin.tenant.description
        else { return note(.columnsChanged, event.place.position, event: event.id) }
        if let columns = event.columns {
            let actor = entry["user"]?.stringValue ?? entry["app"]?.stringValue ?? "host"
            let said = [
                actor, entry["action"]?.stringValue, entry["entity"]?.stringValue, entry["decision"]?.stringValue, entry["purpose"]?.stringValue,
            ]
            if said != columns { note(.columnsChanged, event.place.position, event: event.id) }
        }
        if !AuditEventText.isMarginTrue(event) { note(.marginChanged, event.place.position, event: event.id) }
    }

    /// The tree is complete: compares it with the stored head, unless the epoch was ended behind it.
    package mutating func finish(storedRoot: TreeHash?) {
        if let storedRoot, frontier.head.root != storedRoot { note(.headChanged, size) }
    }

    package var head: TreeHead { frontier.head }
}
