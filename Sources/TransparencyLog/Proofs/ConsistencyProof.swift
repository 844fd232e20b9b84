/// That a log of one size goes on from what it was at a smaller one (RFC 6962 section 2.1.2): nothing before was changed, taken out or put in.
package struct ConsistencyProof: Sendable, Hashable {
    package let hashes: [TreeHash]

    /// A proof from elsewhere; says nothing until ``leads(from:to:)`` does.
    package init(hashes: [TreeHash]) {
        self.hashes = hashes
    }

    /// What has to be fetched for a proof between two sizes.
    package static func tiles(from old: Int, to size: Int) -> [TileID] { path(from: old, to: size).flatMap(Subtree.parts).tiles }

    /// Computes the proof; it has no hash from 0 and between equal sizes.
    ///
    /// - Parameter tiles: those of ``tiles(from:to:)``, as they are now: the log may have grown since it had this size.
    package init(from old: Int, to size: Int, tiles: [TileID: [UInt8]]) throws(LogError) {
        guard old >= 0, old <= size else { throw .sizeOutOfRange }
        var reader = TileReader(tiles)
        var hashes: [TreeHash] = []
        for range in Self.path(from: old, to: size) { hashes.append(try reader.hash(range)) }
        self.init(hashes: hashes)
    }

    /// Whether the hashes lead from the old root to the new one; one too many or too few does not.
    ///
    /// Never from size 0: every log goes on from nothing, which no hash can prove. The caller knows what it takes nothing for.
    package func leads(from old: TreeHead, to head: TreeHead) -> Bool {
        guard old.size > 0, old.size <= head.size else { return false }
        if old.size == head.size { return hashes.isEmpty && old.root == head.root }
        guard !hashes.isEmpty else { return false }
        let path = (old.size.nonzeroBitCount == 1 ? [old.root] : []) + hashes
        var (first, second) = (old.size - 1, head.size - 1)
        while first & 1 == 1 {
            first >>= 1
            second >>= 1
        }
        var (oldRoot, newRoot) = (path[0], path[0])
        for hash in path.dropFirst() {
            if second == 0 { return false }
            if first & 1 == 1 || first == second {
                oldRoot = .node(hash, oldRoot)
                newRoot = .node(hash, newRoot)
                while first & 1 == 0, first != 0 {
                    first >>= 1
                    second >>= 1
                }
            } else {
                newRoot = .node(newRoot, hash)
            }
            first >>= 1
            second >>= 1
        }
        return second == 0 && oldRoot == old.root && newRoot == head.root
    }

    /// The ranges that SUBPROOF hashes over.
    private static func path(from old: Int, to size: Int) -> [Range<Int>] {
        guard old > 0, old < size else { return [] }
        var whole = 0..<size
        var beside: [Range<Int>] = []
        // Whether everything before `old` is in this part, whose hash the verifier has then: it is the old root.
        var isWholeOld = true
        while old != whole.upperBound {
            let middle = whole.lowerBound + whole.count.greatestPowerBelow
            if old <= middle {
                beside.append(middle..<whole.upperBound)
                whole = whole.lowerBound..<middle
            } else {
                beside.append(whole.lowerBound..<middle)
                whole = middle..<whole.upperBound
                isWholeOld = false
            }
        }
        if !isWholeOld { beside.append(whole) }
        return beside.reversed()
    }
}
