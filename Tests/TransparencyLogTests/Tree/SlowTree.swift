import Sealing

@testable import TransparencyLog

/// RFC 6962 section 2.1 as it is written there, hash by hash: what everything else is compared with.
struct SlowTree {
    let leaves: [TreeHash]

    init(_ entries: [[UInt8]]) { leaves = entries.map { TreeHash.leaf($0) } }

    /// Entries that differ, of 0 to 8 bytes.
    static func entries(_ count: Int) -> [[UInt8]] { (0..<count).map { Array(String($0).utf8) } }

    func root(_ range: Range<Int>) -> TreeHash {
        switch range.count {
        case 0: return .empty
        case 1: return leaves[range.lowerBound]
        default:
            let middle = range.lowerBound + split(range.count)
            return .node(root(range.lowerBound..<middle), root(middle..<range.upperBound))
        }
    }

    func head(_ size: Int) -> TreeHead { TreeHead(size: size, root: root(0..<size)) }

    func path(_ index: Int, _ range: Range<Int>) -> [TreeHash] {
        if range.count <= 1 { return [] }
        let middle = range.lowerBound + split(range.count)
        return index < middle
            ? path(index, range.lowerBound..<middle) + [root(middle..<range.upperBound)]
            : path(index, middle..<range.upperBound) + [root(range.lowerBound..<middle)]
    }

    func subproof(_ old: Int, _ range: Range<Int>, _ isWhole: Bool) -> [TreeHash] {
        if old == range.upperBound { return isWhole ? [] : [root(range)] }
        let middle = range.lowerBound + split(range.count)
        return old <= middle
            ? subproof(old, range.lowerBound..<middle, isWhole) + [root(middle..<range.upperBound)]
            : subproof(old, middle..<range.upperBound, false) + [root(range.lowerBound..<middle)]
    }

    private func split(_ count: Int) -> Int {
        var power = 1
        while power * 2 < count { power *= 2 }
        return power
    }
}

/// A log's tiles as its writer has stored them.
struct StoredTiles {
    var frontier = TreeFrontier()
    private(set) var tiles: [TileID: [UInt8]] = [:]

    init(_ entries: [[UInt8]]) throws { try add(entries) }

    mutating func add(_ entries: [[UInt8]]) throws {
        try frontier.append(entries: entries)
        for (tile, bytes) in frontier.takeChanges() { tiles[tile] = bytes }
    }

    /// Only those: what is not asked for is not there.
    func only(_ ids: [TileID]) -> [TileID: [UInt8]] { tiles.filter { ids.contains($0.key) } }
}
