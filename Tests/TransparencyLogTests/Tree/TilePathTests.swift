import Testing

@testable import TransparencyLog

struct TilePathTests {
    @Test(arguments: [
        ("tile/0/x001/x234/067", 0, 1_234_067, 256), ("tile/0/000", 0, 0, 256), ("tile/0/273.p/112", 0, 273, 112), ("tile/2/000.p/1", 2, 0, 1),
        ("tile/63/x001/000", 63, 1000, 256), ("tile/1/x999/999.p/255", 1, 999_999, 255),
    ]) func `a path names a tile`(text: String, level: Int, index: Int, width: Int) throws {
        let path = try #require(TilePath(text))
        #expect(path == TilePath(TileID(level: level, index: index), width: width))
        #expect(path.description == text)
    }

    @Test(arguments: [("tile/entries/000", 0, 256), ("tile/entries/x001/x234/067", 1_234_067, 256), ("tile/entries/003.p/7", 3, 7)])
    func `a path names a bundle of entries`(text: String, index: Int, width: Int) throws {
        let path = try #require(TilePath(text))
        #expect(path == TilePath(entries: index, width: width))
        #expect(path.description == text)
    }

    @Test(arguments: [
        "", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/0000", "tile/0/x000", "tile/0/x000/000", "tile/0/001/000", "tile/0/x1/000",
        "tile/0/x001/x000", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256",
        "tile/0/000.p/01", "tile/0/000.p/1/", "tile/0/x000.p/1", "/tile/0/000", "tile/0/000 ", "Tile/0/000", "tile/entry/000", "tile/0/00a",
        "tile/0/+00", "tile/0//000", "tile/0/x999/x999/x999/x999/x999/x999/999", "checkpoint", "tile/0/.p/1", "tile/0/000.q/1", "tile/.p/1",
        "tile/0/x000/x001/000",
    ]) func `a text that is no path is refused`(text: String) {
        #expect(TilePath(text) == nil)
    }

    @Test func `whatever is written reads back`() {
        var random = SplitMix64(seed: 5)
        for _ in 0..<3000 {
            let index = Int.random(in: 0...Int.max, using: &random) >> Int.random(in: 0..<63, using: &random)
            let width = Int.random(in: 1...256, using: &random)
            let level = Int.random(in: 0...63, using: &random)
            for path in [TilePath(TileID(level: level, index: index), width: width), TilePath(entries: index, width: width)] {
                #expect(TilePath(path.description) == path)
            }
        }
    }

    @Test func `a tile that no log has is of no width`() {
        for index in [-1, Int.max, Int.max / 256, 4] {
            for level in [0, 7, 8, 63] { #expect(TileID(level: level, index: index).width(size: 1000) == 0) }
        }
        #expect(TileID(level: 0, index: 3).width(size: 1000) == 232)
        #expect(TileID(level: 0, index: 4).width(size: 1024) == 0)
        #expect(TileID(level: 7, index: 0).width(size: Int.max) == 127)
    }

    @Test func `entries come back from a bundle, and a cut one says so`() throws {
        let entries: [[UInt8]] = [[1, 2, 3], [], Array(repeating: 7, count: 65_535), [9]]
        var bundle: [UInt8] = []
        for entry in entries { try EntryBundle.append(entry, to: &bundle) }
        #expect(bundle.prefix(7) == [0, 3, 1, 2, 3, 0, 0])
        let (places, isWhole) = bundle.withUnsafeBytes { EntryBundle.places(in: $0) }
        #expect(isWhole)
        #expect(places.map { Array(bundle[$0]) } == entries)
        for cut in [1, 2, 3] {
            let (places, isWhole) = Array(bundle.dropLast(cut)).withUnsafeBytes { EntryBundle.places(in: $0) }
            #expect(isWhole == (cut == 3))
            #expect(places.count == 3)
        }
        #expect(throws: LogError.entryTooLong) { try EntryBundle.append([UInt8](repeating: 0, count: 65_536), to: &bundle) }
    }
}
