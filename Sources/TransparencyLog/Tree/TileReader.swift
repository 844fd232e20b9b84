/// Hashes over parts of a tree, computed from the tiles that were given.
///
/// Tiles grow in place: a stored one may have more hashes than a proof needs, and only the first of them are used.
struct TileReader: ~Copyable {
    private let tiles: [TileID: [UInt8]]
    private var hasher = TreeHasher()

    init(_ tiles: [TileID: [UInt8]]) {
        self.tiles = tiles
    }

    mutating func hash(_ part: Subtree) throws(LogError) -> [UInt8] {
        guard let bytes = tiles[part.tile] else { throw .tileMissing }
        let places = part.places
        guard bytes.count.isMultiple(of: TreeHash.byteCount), bytes.count <= TileID.byteCount,
            places.upperBound * TreeHash.byteCount <= bytes.count
        else { throw .tileMalformed }
        return hasher.root(of: bytes[places.lowerBound * TreeHash.byteCount..<places.upperBound * TreeHash.byteCount])
    }

    /// MTH of the entries of a range that RFC 6962 splits off; not empty.
    mutating func hash(_ range: Range<Int>) throws(LogError) -> TreeHash {
        var parts = Subtree.parts(of: range)
        guard let last = parts.popLast() else { throw .sizeOutOfRange }
        var root = try hash(last)
        while let part = parts.popLast() { root = hasher.node(try hash(part), root) }
        return TreeHash(digest: root)
    }
}

extension TreeHead {
    /// What has to be fetched for the head that the log had at this size.
    package static func tiles(size: Int) -> [TileID] { Subtree.parts(of: 0..<max(0, size)).tiles }

    /// Computes the head that a log had at this size, which may be any up to its present one.
    ///
    /// - Parameter tiles: those of ``tiles(size:)``, as they are now.
    package init(size: Int, tiles: [TileID: [UInt8]]) throws(LogError) {
        guard size >= 0 else { throw .sizeOutOfRange }
        var reader = TileReader(tiles)
        self.init(size: size, root: size == 0 ? .empty : try reader.hash(0..<size))
    }
}
