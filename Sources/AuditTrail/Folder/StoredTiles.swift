import TransparencyLog

/// The tiles of an epoch as the folder has them, read from the root downwards: each is compared with the hash that the tile above has for
/// it, so that a wrong one is known before anything is measured by it. Holds one tile of each level.
struct StoredTiles: ~Copyable {
    struct Tile {
        let index: Int
        /// `nil` when there is none of the right length; that has been found already.
        let bytes: [UInt8]?
        /// The hash that the tile above has for it; `nil` when there is none to trust.
        let expected: TreeHash?
        /// Whether it leads to the signed root.
        let isTrusted: Bool
    }

    private let layout: LogFolderLayout
    private let size: Int
    private let session: FolderSession
    private var hasher = TreeHasher()
    private var newest: [Int: Tile] = [:]
    /// The unfinished tile of each level, which nothing stands above: together they give the root.
    private(set) var edges: [TileID: [UInt8]] = [:]
    private(set) var areEdgesTrusted = false

    /// - Parameter root: what the checkpoint says.
    init(_ layout: LogFolderLayout, size: Int, root: TreeHash?, session: FolderSession) {
        self.layout = layout
        self.size = size
        self.session = session
        for tile in TreeFrontier.tiles(size: size) { edges[tile] = read(tile) }
        if let root, let head = try? TreeFrontier(size: size, tiles: edges).head { areEdgesTrusted = head.root == root }
    }

    mutating func tile(_ id: TileID) -> Tile {
        if let tile = newest[id.level], tile.index == id.index { return tile }
        let tile = load(id)
        newest[id.level] = tile
        return tile
    }

    mutating func root(of bytes: [UInt8]) -> TreeHash? { TreeHash(bytes: hasher.root(of: bytes)) }

    /// Compares tiles of the levels above with what the entries gave, where nothing above told whether they are right.
    func compare(_ computed: [(tile: TileID, bytes: [UInt8])]) {
        for (id, bytes) in computed where id.level > 0 && bytes.count == TileID.byteCount {
            guard let stored = newest[id.level], stored.index == id.index, !stored.isTrusted, stored.expected == nil else { continue }
            if let found = stored.bytes, found != bytes { reportChanged(id) }
        }
    }

    func reportChanged(_ id: TileID) {
        let span = id.level * 8 < 48 ? TileID.width << (id.level * 8) : size
        let positions = min(size, id.index * span)..<min(size, (id.index + 1) * span)
        let path = TilePath(id, width: max(1, id.width(size: size))).description
        session.report.add(
            .tileChanged, epoch: layout.epoch, at: positions, file: path,
            "the tile \(path) of epoch \(layout.epoch) has not the hashes that the log has there"
        )
    }

    private mutating func load(_ id: TileID) -> Tile {
        guard id.width(size: size) == TileID.width else {
            return Tile(index: id.index, bytes: edges[id], expected: nil, isTrusted: areEdgesTrusted)
        }
        let bytes = read(id)
        let above = tile(TileID(level: id.level + 1, index: id.index / TileID.width))
        let place = id.index % TileID.width * TreeHash.byteCount
        let expected = above.isTrusted ? above.bytes.flatMap { TreeHash(bytes: $0[place..<place + TreeHash.byteCount]) } : nil
        guard let bytes, let expected else { return Tile(index: id.index, bytes: bytes, expected: expected, isTrusted: false) }
        let isTrusted = root(of: bytes) == expected
        // At level 0 the entries tell whether they or the tile were changed.
        if !isTrusted, id.level > 0 { reportChanged(id) }
        return Tile(index: id.index, bytes: bytes, expected: expected, isTrusted: isTrusted)
    }

    private func read(_ id: TileID) -> [UInt8]? {
        let width = id.width(size: size)
        let path = TilePath(id, width: width)
        switch FolderFile.read(layout.tile(path), limit: TileID.byteCount) {
        case .bytes(let bytes) where bytes.count == width * TreeHash.byteCount: return bytes
        case .bytes, .unreadable: reportChanged(id)
        case .missing:
            session.report.add(
                .tileMissing, epoch: layout.epoch, file: path.description, "the tile \(path) of epoch \(layout.epoch) is not there"
            )
        }
        return nil
    }
}
