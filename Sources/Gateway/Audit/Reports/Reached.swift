package import Vocabulary

/// Different ids, counted: exactly up to a limit, and beyond it as "at least".
package struct Reached: Sendable {
    /// What a report keeps at most of one kind, whatever the trail holds.
    package static let most = 1_000_000

    package private(set) var ids: Set<UUIDv7> = []
    /// Whether there are no more than were counted.
    package private(set) var isComplete = true
    private let most: Int

    init(most: Int = Self.most) { self.most = most }

    package var count: Int { ids.count }

    mutating func add(_ found: some Sequence<UUIDv7>) {
        for id in found where !ids.contains(id) {
            guard ids.count < most else {
                isComplete = false
                return
            }
            ids.insert(id)
        }
    }
}
