/// One tile of hashes of a log (C2SP tlog-tiles): up to 256 hashes of one level that stand side by side.
///
/// Level 0 are the hashes of entries; a hash of each further level stands for a full tile of the one below.
package struct TileID: Sendable, Hashable, Comparable {
    package static let width = 256
    package static let byteCount = width * TreeHash.byteCount
    package static let greatestLevel = 63

    package let level: Int
    package let index: Int

    package init(level: Int, index: Int) {
        self.level = level
        self.index = index
    }

    /// How many hashes of this tile a log of this size has, 0 to 256.
    package func width(size: Int) -> Int {
        let count = Self.count(level: level, size: size)
        // The index may be anything that a path can name.
        return index >= 0 && index <= count / Self.width ? min(Self.width, count - index * Self.width) : 0
    }

    /// How many hashes a level of a log of this size has; only full tiles count upward.
    package static func count(level: Int, size: Int) -> Int { level * 8 < Int.bitWidth - 1 ? size >> (level * 8) : 0 }

    package static func < (left: TileID, right: TileID) -> Bool { (left.level, left.index) < (right.level, right.index) }

    /// Every tile of a log of this size, each with its width, level by level.
    package static func all(size: Int) -> some Sequence<(tile: TileID, width: Int)> {
        (0...greatestLevel).lazy.prefix { count(level: $0, size: size) > 0 }.flatMap { level in
            (0..<(count(level: level, size: size) + width - 1) / width).lazy.map { index in
                let tile = TileID(level: level, index: index)
                return (tile, tile.width(size: size))
            }
        }
    }
}
