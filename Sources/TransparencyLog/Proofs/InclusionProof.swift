/// That an entry stands at a position of a log (RFC 6962 section 2.1.1): the hashes beside its way to the root, the leaf's sibling first.
package struct InclusionProof: Sendable, Hashable {
    /// From 0.
    package let index: Int
    package let hashes: [TreeHash]

    /// A proof from elsewhere; says nothing until ``leads(from:to:)`` does.
    package init(index: Int, hashes: [TreeHash]) {
        self.index = index
        self.hashes = hashes
    }

    /// What has to be fetched to prove the entry at `index` in the tree of the first `size` entries; none when there is no such entry.
    package static func tiles(index: Int, size: Int) -> [TileID] { path(index, size: size).flatMap(Subtree.parts).tiles }

    /// Computes the proof.
    ///
    /// - Parameter tiles: those of ``tiles(index:size:)``, as they are now: the log may have grown since it had this size.
    package init(index: Int, size: Int, tiles: [TileID: [UInt8]]) throws(LogError) {
        guard index >= 0, index < size else { throw .sizeOutOfRange }
        var reader = TileReader(tiles)
        var hashes: [TreeHash] = []
        for range in Self.path(index, size: size) { hashes.append(try reader.hash(range)) }
        self.init(index: index, hashes: hashes)
    }

    /// Whether the hashes lead from the entry's hash to the root; one too many or too few does not.
    package func leads(from leaf: TreeHash, to head: TreeHead) -> Bool {
        guard index >= 0, index < head.size else { return false }
        var (first, second) = (index, head.size - 1)
        var root = leaf
        for hash in hashes {
            if second == 0 { return false }
            if first & 1 == 1 || first == second {
                root = .node(hash, root)
                while first & 1 == 0, first != 0 {
                    first >>= 1
                    second >>= 1
                }
            } else {
                root = .node(root, hash)
            }
            first >>= 1
            second >>= 1
        }
        return second == 0 && root == head.root
    }

    /// The ranges that PATH hashes over, the leaf's sibling first.
    private static func path(_ index: Int, size: Int) -> [Range<Int>] {
        guard index >= 0, index < size else { return [] }
        var whole = 0..<size
        var beside: [Range<Int>] = []
        while whole.count > 1 {
            let middle = whole.lowerBound + whole.count.greatestPowerBelow
            if index < middle {
                beside.append(middle..<whole.upperBound)
                whole = whole.lowerBound..<middle
            } else {
                beside.append(whole.lowerBound..<middle)
                whole = middle..<whole.upperBound
            }
        }
        return beside.reversed()
    }
}

extension Int {
    /// The greatest power of two below a number greater than 1: where RFC 6962 splits a tree.
    var greatestPowerBelow: Int { 1 << (Int.bitWidth - 1 - (self - 1).leadingZeroBitCount) }
}
