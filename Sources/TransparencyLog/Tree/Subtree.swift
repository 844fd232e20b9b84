/// A whole part of a tree: the hash over 2^height entries, beginning at a multiple of that. Every tree is made of such, and each lies in one tile.
struct Subtree: Hashable {
    let height: Int
    /// Which one of this height, from the left.
    let index: Int

    /// The tile that has the hashes this one is made of.
    var tile: TileID { TileID(level: height / 8, index: index >> (8 - height % 8)) }

    /// Which of the tile's hashes.
    var places: Range<Int> {
        let count = 1 << (height % 8)
        let start = (index << (height % 8)) % TileID.width
        return start..<start + count
    }

    /// The subtrees that entries `range` of a tree hash through, left to right, where the range begins at a multiple of the
    /// greatest power of two that fits into it. RFC 6962 splits at powers of two, so its ranges all do.
    static func parts(of range: Range<Int>) -> [Subtree] {
        var parts: [Subtree] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let height = Int.bitWidth - 1 - (range.upperBound - start).leadingZeroBitCount
            parts.append(Subtree(height: height, index: start >> height))
            start += 1 << height
        }
        return parts
    }
}

extension Sequence<Subtree> {
    /// Each tile once, in order.
    var tiles: [TileID] { Set(map(\.tile)).sorted() }
}
