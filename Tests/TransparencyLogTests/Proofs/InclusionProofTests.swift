import Testing

@testable import TransparencyLog

struct InclusionProofTests {
    @Test func `every entry of every small tree is proved as RFC 6962 says`() throws {
        let entries = SlowTree.entries(300)
        let slow = SlowTree(entries)
        let stored = try StoredTiles(entries)
        let sizes = Array(1...40) + [63, 64, 65, 127, 128, 129, 200, 254, 255, 256, 257, 258, 299, 300]
        for size in sizes {
            let head = slow.head(size)
            for index in 0..<size {
                let ids = InclusionProof.tiles(index: index, size: size)
                let proof = try InclusionProof(index: index, size: size, tiles: stored.only(ids))
                #expect(proof.hashes == slow.path(index, 0..<size))
                #expect(proof.leads(from: slow.leaves[index], to: head))
            }
        }
    }

    @Test func `a proof from tiles leads to the root at all sizes up to 300`() throws {
        let stored = try StoredTiles(SlowTree.entries(300))
        let leaves = SlowTree(SlowTree.entries(300)).leaves
        for size in 1...300 {
            let head = try TreeHead(size: size, tiles: stored.tiles)
            for index in 0..<size {
                let isProved = try InclusionProof(index: index, size: size, tiles: stored.tiles).leads(from: leaves[index], to: head)
                if !isProved { Issue.record("\(index) in \(size)") }
            }
        }
    }

    @Test func `a proof of a great tree needs a handful of tiles`() throws {
        var random = SplitMix64(seed: 11)
        let entries = SlowTree.entries(70_000)
        let stored = try StoredTiles(entries)
        for _ in 0..<300 {
            let size = Int.random(in: 1...70_000, using: &random)
            let index = Int.random(in: 0..<size, using: &random)
            let ids = InclusionProof.tiles(index: index, size: size)
            #expect(ids.count <= 6)
            let proof = try InclusionProof(index: index, size: size, tiles: stored.only(ids))
            let head = try TreeHead(size: size, tiles: stored.only(TreeHead.tiles(size: size)))
            #expect(proof.leads(from: .leaf(entries[index]), to: head))
        }
    }

    @Test func `a proof that is longer, shorter, changed or of another entry is refused`() throws {
        var random = SplitMix64(seed: 12)
        let entries = SlowTree.entries(300)
        let stored = try StoredTiles(entries)
        for _ in 0..<2000 {
            let size = Int.random(in: 1...300, using: &random)
            let index = Int.random(in: 0..<size, using: &random)
            let head = try TreeHead(size: size, tiles: stored.tiles)
            let leaf = TreeHash.leaf(entries[index])
            let hashes = try InclusionProof(index: index, size: size, tiles: stored.tiles).hashes
            func leads(_ hashes: [TreeHash], at place: Int = index) -> Bool {
                InclusionProof(index: place, hashes: hashes).leads(from: leaf, to: head)
            }
            #expect(leads(hashes))
            #expect(!leads(hashes + [leaf]))
            #expect(!leads([leaf] + hashes))
            if !hashes.isEmpty {
                #expect(!leads(hashes.dropLast()))
                #expect(!leads(Array(hashes.dropFirst())))
                var changed = hashes
                changed[Int.random(in: 0..<hashes.count, using: &random)] = .empty
                #expect(!leads(changed))
            }
            for place in [index - 1, index + 1, size, Int.max, -1] where place != index { #expect(!leads(hashes, at: place)) }
            #expect(!InclusionProof(index: index, hashes: hashes).leads(from: .empty, to: head))
        }
    }

    @Test func `a position outside the tree and tiles that are missing or cut are refused`() throws {
        let stored = try StoredTiles(SlowTree.entries(600))
        for (index, size) in [(0, 0), (5, 5), (-1, 5), (6, 5)] {
            #expect(InclusionProof.tiles(index: index, size: size).isEmpty)
            #expect(throws: LogError.sizeOutOfRange) { try InclusionProof(index: index, size: size, tiles: stored.tiles) }
        }
        let ids = InclusionProof.tiles(index: 300, size: 600)
        for id in ids {
            var fewer = stored.only(ids)
            fewer[id] = nil
            #expect(throws: LogError.tileMissing) { try InclusionProof(index: 300, size: 600, tiles: fewer) }
            fewer[id] = [1, 2, 3]
            #expect(throws: LogError.tileMalformed) { try InclusionProof(index: 300, size: 600, tiles: fewer) }
        }
    }
}
