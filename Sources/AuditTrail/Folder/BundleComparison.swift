import TransparencyLog

/// How the entries of a bundle differ from the hashes that the log has for them, as far as that can be told from hashes alone.
enum BundleComparison {
    enum Difference: Equatable {
        /// Another entry stands at this place.
        case changed(Int)
        /// The entry of this place is not in the bundle.
        case missing(Int)
        /// The bundle has an entry at this place that the log has not.
        case added(Int)
        /// The entry that the log has at `from` stands at `to`.
        case moved(from: Int, to: Int)
    }

    /// Both are hashes that lie one behind the other. No difference only when they are the same.
    static func differences(found: [UInt8], logged: [UInt8]) -> [Difference] {
        if found == logged { return [] }
        let found = hashes(found)
        let logged = hashes(logged)
        var places: [ArraySlice<UInt8>: Int] = [:]
        for (place, hash) in logged.enumerated() where places[hash] == nil { places[hash] = place }
        let present = Set(found)
        let lost = Set(logged.indices.filter { !present.contains(logged[$0]) })
        let strange = Set(found.indices.filter { places[found[$0]] == nil })
        var differences: [Difference] = []
        for place in 0..<max(found.count, logged.count) {
            switch (lost.contains(place), strange.contains(place)) {
            case (true, true): differences.append(.changed(place))
            case (true, false): differences.append(.missing(place))
            case (false, true): differences.append(.added(place))
            case (false, false): break
            }
        }
        differences += moves(found, places, isShifted: found.count != logged.count || lost != strange)
        // A log that has the same entry twice: hashes alone do not tell which of the two it is.
        return differences.isEmpty ? [found.count < logged.count ? .missing(found.count) : .changed(0)] : differences
    }

    /// Where the entries that both have stand otherwise. Behind one that is missing or added all stand elsewhere, so then only their order counts.
    private static func moves(_ found: [ArraySlice<UInt8>], _ places: [ArraySlice<UInt8>: Int], isShifted: Bool) -> [Difference] {
        var moves: [Difference] = []
        var seen: Set<Int> = []
        var greatest = -1
        for (place, hash) in found.enumerated() {
            guard let home = places[hash] else { continue }
            if !seen.insert(home).inserted {
                moves.append(.added(place))
            } else if isShifted ? home < greatest : home != place {
                moves.append(.moved(from: home, to: place))
            }
            greatest = max(greatest, home)
        }
        return moves
    }

    private static func hashes(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: bytes.count, by: TreeHash.byteCount).map { bytes[$0..<$0 + TreeHash.byteCount] }
    }
}
