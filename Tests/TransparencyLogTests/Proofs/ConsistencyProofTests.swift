import Testing

@testable import TransparencyLog

struct ConsistencyProofTests {
    @Test func `proofs between small sizes are those of RFC 6962`() throws {
        let entries = SlowTree.entries(300)
        let slow = SlowTree(entries)
        let stored = try StoredTiles(entries)
        for size in Array(1...40) + [63, 64, 65, 128, 255, 256, 257, 300] {
            for old in 1...size {
                let ids = ConsistencyProof.tiles(from: old, to: size)
                let proof = try ConsistencyProof(from: old, to: size, tiles: stored.only(ids))
                #expect(proof.hashes == slow.subproof(old, 0..<size, true))
            }
        }
    }

    @Test func `every size up to 300 goes on from every size before`() throws {
        let stored = try StoredTiles(SlowTree.entries(300))
        let heads = try (0...300).map { try TreeHead(size: $0, tiles: stored.tiles) }
        for size in 1...300 {
            for old in 1...size {
                let proof = try ConsistencyProof(from: old, to: size, tiles: stored.tiles)
                if !proof.leads(from: heads[old], to: heads[size]) { Issue.record("\(old) to \(size)") }
            }
        }
    }

    @Test func `a proof that is longer, shorter, changed or of another tree is refused`() throws {
        var random = SplitMix64(seed: 21)
        let stored = try StoredTiles(SlowTree.entries(300))
        var others = SlowTree.entries(300)
        others[0] = [0xFF]
        let forked = try StoredTiles(others)
        let leaf = TreeHash.leaf([1])
        for _ in 0..<2000 {
            let size = Int.random(in: 2...300, using: &random)
            let old = Int.random(in: 1..<size, using: &random)
            let (before, head) = (try TreeHead(size: old, tiles: stored.tiles), try TreeHead(size: size, tiles: stored.tiles))
            let hashes = try ConsistencyProof(from: old, to: size, tiles: stored.tiles).hashes
            func leads(_ hashes: [TreeHash], from old: TreeHead = before, to head: TreeHead = head) -> Bool {
                ConsistencyProof(hashes: hashes).leads(from: old, to: head)
            }
            #expect(leads(hashes))
            #expect(!leads(hashes + [leaf]))
            #expect(!leads([leaf] + hashes))
            #expect(!leads(hashes.dropLast()))
            #expect(!leads(Array(hashes.dropFirst())))
            var changed = hashes
            changed[Int.random(in: 0..<hashes.count, using: &random)] = leaf
            #expect(!leads(changed))
            #expect(!leads(hashes, to: try TreeHead(size: size, tiles: forked.tiles)))
            #expect(!leads(hashes, from: try TreeHead(size: old, tiles: forked.tiles)))
            #expect(!leads(hashes, from: head, to: before))
            #expect(!leads([], from: before))
        }
    }

    @Test func `nothing proves anything from size zero, and equal sizes need no hash`() throws {
        let stored = try StoredTiles(SlowTree.entries(5))
        let head = stored.frontier.head
        #expect(!ConsistencyProof(hashes: []).leads(from: TreeFrontier().head, to: head))
        #expect(!ConsistencyProof(hashes: [head.root]).leads(from: TreeFrontier().head, to: head))
        #expect(try ConsistencyProof(from: 0, to: 5, tiles: [:]).hashes.isEmpty)
        #expect(try ConsistencyProof(from: 5, to: 5, tiles: [:]).leads(from: head, to: head))
        #expect(!ConsistencyProof(hashes: []).leads(from: head, to: TreeHead(size: 5, root: .empty)))
        #expect(!ConsistencyProof(hashes: [head.root]).leads(from: head, to: head))
        #expect(throws: LogError.sizeOutOfRange) { try ConsistencyProof(from: 6, to: 5, tiles: stored.tiles) }
        #expect(throws: LogError.sizeOutOfRange) { try ConsistencyProof(from: -1, to: 5, tiles: stored.tiles) }
    }
}
