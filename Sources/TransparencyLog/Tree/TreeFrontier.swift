/// What the writer of a log keeps of its tree: how many entries there are, and the last, unfinished tile of each level.
///
/// A value: a copy taken before entries are added is the tree as it was, should they not be stored. Everything further left is in
/// tiles that do not change any more.
package struct TreeFrontier: Sendable, Hashable {
    package private(set) var size: Int
    /// The bytes of the unfinished tile of each level, from 0 up; 8,160 at most.
    private var edges: [[UInt8]]
    private var finished: [TileID: [UInt8]] = [:]
    private var changedLevels: Set<Int> = []

    /// A tree without entries.
    package init() {
        size = 0
        edges = []
    }

    /// The unfinished tiles of a log of this size: one a level at most.
    package static func tiles(size: Int) -> [TileID] {
        (0...TileID.greatestLevel).compactMap { level in
            let tile = TileID(level: level, index: TileID.count(level: level, size: size) / TileID.width)
            return tile.width(size: size) > 0 ? tile : nil
        }
    }

    /// Goes on with a stored log. Tiles may have more hashes than the size says: those after were not made durable with it, and are dropped.
    ///
    /// Nothing here knows whether the tiles are those that were signed: compare ``head`` with the last signed checkpoint.
    ///
    /// - Parameter tiles: at least those of ``tiles(size:)``.
    package init(size: Int, tiles: [TileID: [UInt8]]) throws(LogError) {
        guard size >= 0 else { throw .sizeOutOfRange }
        self.size = size
        edges = []
        for tile in Self.tiles(size: size) {
            guard let bytes = tiles[tile] else { throw .tileMissing }
            let needed = tile.width(size: size) * TreeHash.byteCount
            guard bytes.count >= needed, bytes.count <= TileID.byteCount, bytes.count.isMultiple(of: TreeHash.byteCount) else {
                throw .tileMalformed
            }
            while edges.count < tile.level { edges.append([]) }
            edges.append(Array(bytes.prefix(needed)))
        }
    }

    /// Adds an entry by its hash.
    package mutating func append(_ leaf: TreeHash) {
        var hasher = TreeHasher()
        leaf.bytes.withUnsafeBytes { append($0, level: 0, &hasher) }
        size += 1
    }

    /// Adds entries in order.
    ///
    /// - Throws: `entryTooLong`; nothing is added then.
    package mutating func append(entries: some Collection<[UInt8]>) throws(LogError) {
        guard entries.allSatisfy({ $0.count <= EntryBundle.greatestEntryByteCount }) else { throw .entryTooLong }
        var hasher = TreeHasher()
        withUnsafeTemporaryAllocation(byteCount: TreeHash.byteCount, alignment: 16) { hash in
            guard let start = hash.baseAddress else { return }
            for entry in entries {
                entry.withUnsafeBytes { hasher.leaf($0, into: start) }
                append(UnsafeRawBufferPointer(hash), level: 0, &hasher)
                size += 1
            }
        }
    }

    /// Adds entries by their hashes, which lie one behind the other.
    package mutating func append(leaves: some Collection<UInt8>) {
        precondition(leaves.count.isMultiple(of: TreeHash.byteCount), "a hash has 32 bytes")
        var hasher = TreeHasher()
        let bytes = Array(leaves)
        bytes.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: TreeHash.byteCount) {
                append(UnsafeRawBufferPointer(rebasing: bytes[start..<start + TreeHash.byteCount]), level: 0, &hasher)
                size += 1
            }
        }
    }

    /// Adds 256 entries by the root over their hashes, for whoever has computed it already. Their tile is not among the changes.
    package mutating func append(tile root: TreeHash) {
        precondition(size.isMultiple(of: TileID.width), "a tile is added where one begins")
        if edges.isEmpty { edges.append([]) }
        var hasher = TreeHasher()
        // The last of the 256 is the one that finishes tiles of the levels above.
        size += TileID.width - 1
        root.bytes.withUnsafeBytes { append($0, level: 1, &hasher) }
        size += 1
    }

    /// The unfinished tiles as they are now: those of ``tiles(size:)``.
    package var unfinished: [TileID: [UInt8]] {
        var tiles: [TileID: [UInt8]] = [:]
        for (level, bytes) in edges.enumerated() where !bytes.isEmpty {
            tiles[TileID(level: level, index: TileID.count(level: level, size: size) / TileID.width)] = bytes
        }
        return tiles
    }

    /// Computed anew each time, at most some hundred hashes for each level: ask once a batch.
    package var head: TreeHead {
        var hasher = TreeHasher()
        var root: [UInt8]?
        for edge in edges {
            // The whole subtrees of an edge, the smallest of them last.
            var end = edge.count / TreeHash.byteCount
            while end > 0 {
                let start = end & (end - 1)
                let part = hasher.root(of: edge[start * TreeHash.byteCount..<end * TreeHash.byteCount])
                root = root.map { hasher.node(part, $0) } ?? part
                end = start
            }
        }
        return TreeHead(size: size, root: root.map(TreeHash.init(digest:)) ?? .empty)
    }

    /// The tiles that have been added to since the last call, level by level, each with all its bytes now: what has to be stored.
    package mutating func takeChanges() -> [(tile: TileID, bytes: [UInt8])] {
        var changes = finished
        changes.merge(unfinished.filter { changedLevels.contains($0.key.level) }) { $1 }
        finished = [:]
        changedLevels = []
        return changes.sorted { $0.key < $1.key }.map { (tile: $0.key, bytes: $0.value) }
    }

    /// `size` counts the entries before this one while it is added.
    private mutating func append(_ hash: UnsafeRawBufferPointer, level: Int, _ hasher: inout TreeHasher) {
        if edges.count == level { edges.append([]) }
        if edges[level].isEmpty { edges[level].reserveCapacity(TileID.byteCount) }
        edges[level].append(contentsOf: hash)
        changedLevels.insert(level)
        guard edges[level].count == TileID.byteCount else { return }
        var full: [UInt8] = []
        swap(&full, &edges[level])
        let root = hasher.root(of: full)
        finished[TileID(level: level, index: size >> (8 * (level + 1)))] = full
        root.withUnsafeBytes { append($0, level: level + 1, &hasher) }
    }
}
