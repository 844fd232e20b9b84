import DataFormats
import Sealing
import Testing

@testable import TransparencyLog

struct TreeFrontierTests {
    /// The reference leaves and roots that implementations of RFC 6962 test with (certificate-transparency, merkletree tests).
    @Test func `roots of one to eight leaves are the known ones`() throws {
        let entries = try ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
            .map { try #require(Hex.decode($0)) }
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ]
        var tree = TreeFrontier()
        #expect(Hex.encode(tree.head.root.bytes) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        for (entry, root) in zip(entries, roots) {
            try tree.append(entries: [entry])
            #expect(Hex.encode(tree.head.root.bytes) == root)
        }
    }

    @Test func `the head is that of RFC 6962 at every size, however the entries came`() throws {
        let entries = SlowTree.entries(700)
        let slow = SlowTree(entries)
        var tree = TreeFrontier()
        for (position, entry) in entries.enumerated() {
            #expect(tree.head == slow.head(position))
            if position.isMultiple(of: 2) { tree.append(.leaf(entry)) } else { try tree.append(entries: [entry]) }
        }
        var atOnce = TreeFrontier()
        try atOnce.append(entries: entries)
        #expect(atOnce.head == slow.head(700))
        #expect(atOnce.head == tree.head)
    }

    @Test func `a tree that is loaded from its tiles goes on as if it had never stopped`() throws {
        var random = SplitMix64(seed: 3)
        let entries = SlowTree.entries(140_000)
        var tree = try StoredTiles([])
        var known: [Int: TreeHead] = [:]
        var size = 0
        while size < entries.count {
            let count = min(entries.count - size, Int.random(in: 1...9_000, using: &random))
            try tree.add(Array(entries[size..<size + count]))
            size += count
            known[size] = tree.frontier.head
            tree.frontier = try TreeFrontier(size: size, tiles: tree.only(TreeFrontier.tiles(size: size)))
            #expect(tree.frontier.head == known[size])
        }
        // What was once the head still is, computed from tiles that have grown since.
        for (size, head) in known {
            #expect(try TreeHead(size: size, tiles: tree.only(TreeHead.tiles(size: size))) == head)
            #expect(try TreeFrontier(size: size, tiles: tree.tiles).head == head)
        }
    }

    @Test func `tiles of sizes 256 and 70,000 are those of the standard`() throws {
        func widths(_ size: Int) -> [Int: [Int]] { Dictionary(grouping: TileID.all(size: size), by: \.tile.level).mapValues { $0.map(\.width) } }
        #expect(widths(256) == [0: [256], 1: [1]])
        #expect(widths(70_000) == [0: Array(repeating: 256, count: 273) + [112], 1: [256, 17], 2: [1]])
        #expect(widths(0).isEmpty)
        #expect(TreeFrontier.tiles(size: 70_000) == [TileID(level: 0, index: 273), TileID(level: 1, index: 1), TileID(level: 2, index: 0)])
        #expect(TreeFrontier.tiles(size: 256) == [TileID(level: 1, index: 0)])
        #expect(TreeFrontier.tiles(size: Int.max).count == 8)
        let stored = try StoredTiles(SlowTree.entries(70_000))
        #expect(stored.tiles.count == 273 + 1 + 2 + 1)
        for (tile, width) in TileID.all(size: 70_000) { #expect(stored.tiles[tile]?.count == width * 32) }
    }

    @Test func `changes are told once, each tile with all its bytes`() throws {
        var tree = TreeFrontier()
        #expect(tree.takeChanges().isEmpty)
        try tree.append(entries: SlowTree.entries(255))
        #expect(tree.takeChanges().map(\.bytes.count) == [255 * 32])
        #expect(tree.takeChanges().isEmpty)
        try tree.append(entries: SlowTree.entries(2))
        let changes = tree.takeChanges()
        #expect(changes.map(\.tile) == [TileID(level: 0, index: 0), TileID(level: 0, index: 1), TileID(level: 1, index: 0)])
        #expect(changes.map(\.bytes.count) == [8192, 32, 32])
        #expect(tree.takeChanges().isEmpty)
    }

    @Test func `hashes and roots of tiles make the same tree as entries`() throws {
        let entries = SlowTree.entries(70_000)
        let stored = try StoredTiles(entries)
        var tree = TreeFrontier()
        var hasher = TreeHasher()
        for index in 0..<273 {
            let bytes = try #require(stored.tiles[TileID(level: 0, index: index)])
            if index.isMultiple(of: 3) {
                tree.append(leaves: bytes)
            } else {
                tree.append(tile: try #require(TreeHash(bytes: hasher.root(of: bytes))))
            }
        }
        tree.append(leaves: try #require(stored.tiles[TileID(level: 0, index: 273)]))
        #expect(tree.head == stored.frontier.head)
        #expect(tree.unfinished == stored.only(TreeFrontier.tiles(size: 70_000)))
    }

    @Test func `a copy is the tree as it was`() throws {
        var tree = TreeFrontier()
        try tree.append(entries: SlowTree.entries(300))
        let before = tree
        let head = tree.head
        try tree.append(entries: SlowTree.entries(300))
        #expect(before.head == head)
        #expect(tree.head != head)
        #expect(tree.size == 600)
    }

    @Test func `tiles that do not fit the size are refused`() throws {
        let stored = try StoredTiles(SlowTree.entries(600))
        let tile = TileID(level: 0, index: 2)
        func load(_ bytes: [UInt8]?) throws(LogError) { _ = try TreeFrontier(size: 600, tiles: stored.tiles.merging([tile: bytes ?? []]) { $1 }) }
        let bytes = try #require(stored.tiles[tile])
        #expect(throws: LogError.tileMissing) { try TreeFrontier(size: 600, tiles: [:]) }
        #expect(throws: LogError.tileMalformed) { try load(nil) }
        #expect(throws: LogError.tileMalformed) { try load(bytes.dropLast()) }
        #expect(throws: LogError.tileMalformed) { try load(bytes.dropLast(32)) }
        #expect(throws: LogError.tileMalformed) { try load(bytes + [0]) }
        #expect(throws: LogError.tileMalformed) { try load(Array(repeating: 0, count: 8224)) }
        #expect(throws: LogError.sizeOutOfRange) { try TreeFrontier(size: -1, tiles: [:]) }
        // Hashes beyond the size were written, but not made durable with it.
        #expect(try TreeFrontier(size: 600, tiles: stored.tiles.merging([tile: bytes + bytes]) { $1 }).head == stored.frontier.head)
    }

    @Test func `an entry longer than a bundle can say is refused, and nothing is added`() throws {
        var tree = TreeFrontier()
        let long = [UInt8](repeating: 0x61, count: 65_536)
        #expect(throws: LogError.entryTooLong) { try tree.append(entries: [[], long]) }
        #expect(tree == TreeFrontier())
        try tree.append(entries: [long.dropLast()])
        #expect(tree.head.root == .leaf(long.dropLast()))
    }
}
