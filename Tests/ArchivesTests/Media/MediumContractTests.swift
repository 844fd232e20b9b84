import Archives
import DurableFiles
import Foundation
import Synchronization
import Testing
import Vocabulary

/// What every medium promises, asked of each.
struct MediumContractTests {
    @Test("what was put is read and listed, in the order of the keys' bytes", arguments: MediumPlace.kinds)
    func listing(_ kind: MediumPlace.Kind) async throws {
        let medium = try await MediumPlace.make(kind).open()
        let keys = ["a/b", "a-b", "a.b", "a/b-c", "a0", "b/c/d/e.json", "gatehouse.json", "erasures/000000000002.json", "erasures/000000000010.json"]
        for key in keys { try await medium.put("at \(key)", at: key) }
        let sorted = keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(try await medium.keys() == sorted)
        #expect(try await medium.keys("a") == ["a-b", "a.b", "a/b", "a/b-c", "a0"])
        #expect(try await medium.keys("a/") == ["a/b", "a/b-c"])
        #expect(try await medium.keys("a/b-") == ["a/b-c"])
        #expect(try await medium.keys("nothing/at/all") == [])
        for key in keys { #expect(try await medium.text(key) == "at \(key)") }
        #expect(try await medium.list("a0").map(\.byteCount) == [5])
    }

    @Test("another opening of the same medium sees the same", arguments: MediumPlace.kinds)
    func openings(_ kind: MediumPlace.Kind) async throws {
        let place = try await MediumPlace.make(kind)
        try await place.open().put("text", at: "a/b")
        let other = try await place.open()
        #expect(try await other.text("a/b") == "text")
        #expect(try await other.keys() == ["a/b"])
    }

    @Test("an object is replaced as a whole, and its time moves on by the medium's clock", arguments: MediumPlace.kinds)
    func replacing(_ kind: MediumPlace.Kind) async throws {
        let medium = try await MediumPlace.make(kind).open()
        try await medium.put("a longer text", at: "k")
        let first = try #require(try await medium.list("k").first)
        try await medium.put("short", at: "k")
        let second = try #require(try await medium.list("k").first)
        #expect(try await medium.text("k") == "short")
        #expect(second.byteCount == 5 && second.modifiedAt >= first.modifiedAt)
        try await medium.put("", at: "k")
        #expect(try await medium.text("k") == "")
    }

    @Test("of many who put what was absent one wins, and nobody changes it", arguments: MediumPlace.kinds)
    func firstWins(_ kind: MediumPlace.Kind) async throws {
        let place = try await MediumPlace.make(kind)
        let winners = try await withThrowingTaskGroup(of: Int?.self) { group in
            for number in 0..<16 {
                group.addTask {
                    let medium = try await place.open()
                    do {
                        try await medium.put("number \(number)", at: "one", ifAbsent: true)
                        return number
                    } catch let error as MediumError where error.code == .exists {
                        return nil
                    }
                }
            }
            return try await group.reduce(into: [Int]()) { if let winner = $1 { $0.append(winner) } }
        }
        #expect(winners.count == 1)
        let medium = try await place.open()
        #expect(try await medium.text("one") == "number \(winners[0])")
        await refused(.exists) { try await medium.put("late", at: "one", ifAbsent: true) }
        #expect(try await medium.keys() == ["one"])
        // Once it is gone, the name is free.
        try await medium.remove(["one"])
        try await medium.put("again", at: "one", ifAbsent: true)
        #expect(try await medium.text("one") == "again")
    }

    @Test("reading gives exactly the bytes that are there", arguments: MediumPlace.kinds)
    func ranges(_ kind: MediumPlace.Kind) async throws {
        let medium = try await MediumPlace.make(kind).open()
        let bytes = Bytes.random(300_000)
        try await medium.put(bytes, at: "a/b", ifAbsent: false)
        for (offset, count) in [(0, 300_000), (0, 1), (1, 65_536), (299_999, 1), (299_999, 100), (300_000, 5), (400_000, 5), (0, 0), (0, 1 << 30)] {
            let expected = offset < bytes.count ? Array(bytes[offset..<min(bytes.count, offset + count)]) : []
            #expect(try await medium.read("a/b", from: offset, count: count) == expected, "\(count) from \(offset)")
        }
        #expect(try await medium.readAll("a/b", limit: 300_000) == bytes)
        await refused(.garbled) { _ = try await medium.readAll("a/b", limit: 299_999) }
    }

    @Test("what is not there is missing, and removing it is no error", arguments: MediumPlace.kinds)
    func missing(_ kind: MediumPlace.Kind) async throws {
        let medium = try await MediumPlace.make(kind).open()
        try await medium.put("text", at: "a/b/c")
        for key in ["a", "a/b", "a/b/d", "a/b/c/d", "z"] {
            await refused(.missing) { _ = try await medium.read(key, from: 0, count: 10) }
            await refused(.missing) { _ = try await medium.read(key, from: 5, count: 0) }
        }
        try await medium.remove(["z", "a", "a/b", "a/b/c/d"])
        #expect(try await medium.keys() == ["a/b/c"])
        try await medium.remove(["a/b/c", "a/b/c", "z"])
        #expect(try await medium.keys() == [])
        try await medium.remove([])
    }

    @Test("many objects are listed and removed as few are", arguments: MediumPlace.kinds)
    func many(_ kind: MediumPlace.Kind) async throws {
        let medium = try await MediumPlace.make(kind).open()
        // More than S3 lists, and removes, at once.
        let keys = (0..<1103).map { "erasures/\(100_000 + $0).json" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in 0..<8 {
                group.addTask { for number in stride(from: part, to: keys.count, by: 8) { try await medium.put("\(number)", at: keys[number]) } }
            }
            try await group.waitForAll()
        }
        #expect(try await medium.keys("erasures/") == keys)
        try await medium.remove(Array(keys.dropLast(2)))
        #expect(try await medium.keys() == Array(keys.suffix(2)))
    }

    @Test(
        "what is no key is refused",
        arguments: MediumPlace.kinds,
        ["", "/", "a/", "/a", "a//b", ".", "..", "a/../b", ".drafts/x", "a/.b", "A", "a b", "a\0b", "ä", "a\\b", String(repeating: "a", count: 200)])
    func keys(_ kind: MediumPlace.Kind, _ key: String) async throws {
        let medium = try await MediumPlace.make(kind).open()
        await refused(.misconfigured) { try await medium.put("text", at: key) }
        await refused(.misconfigured) { _ = try await medium.read(key, from: 0, count: 1) }
        await refused(.misconfigured) { try await medium.remove([key]) }
        let draft = try Draft(medium, [1])
        await refused(.misconfigured) { try await medium.publish(draft.path, at: key) { _ in } }
    }

    @Test("a published draft is an object, and no draft any more", arguments: MediumPlace.kinds)
    func publishing(_ kind: MediumPlace.Kind) async throws {
        let medium = try await MediumPlace.make(kind).open()
        for byteCount in [0, 1, 100_000, (5 << 20) + 17] {
            let bytes = Bytes.random(byteCount)
            let draft = try Draft(medium, bytes)
            #expect(try await medium.keys().contains("b/x.age") == (byteCount != 0))
            let told = Mutex<[Int]>([])
            try await medium.publish(draft.path, at: "b/x.age") { done in told.withLock { $0.append(done) } }
            #expect(try await medium.readAll("b/x.age") == bytes)
            #expect(!draft.exists)
            #expect(told.withLock { $0.last } == byteCount)
            #expect(told.withLock { $0 == $0.sorted() })
            #expect(try await medium.keys() == ["b/x.age"])
        }
    }

    @Test("a draft that is not there, or not among the drafts, is not published", arguments: MediumPlace.kinds)
    func noDraft(_ kind: MediumPlace.Kind) async throws {
        let medium = try await MediumPlace.make(kind).open()
        await refused(.missing) { try await medium.publish(medium.drafts + "/none", at: "a") { _ in } }
        await refused(.misconfigured) { try await medium.publish("/etc/hostname", at: "a") { _ in } }
        await refused(.misconfigured) { try await medium.publish(medium.drafts + "/../../hostname", at: "a") { _ in } }
        let draft = try Draft(medium, [1, 2, 3])
        let link = medium.drafts + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: draft.path)
        await refused(.misconfigured) { try await medium.publish(link, at: "a") { _ in } }
        #expect(try await medium.keys() == [])
    }

    @Test("a copy has another front, and its source is as it was", arguments: MediumPlace.kinds)
    func copying(_ kind: MediumPlace.Kind) async throws {
        let medium = try await MediumPlace.make(kind).open()
        for (byteCount, replaced, front) in [
            (10, 0, 0), (10, 10, 5), (10, 3, 0), (0, 0, 4), (200_000, 400, 700), ((5 << 20) + 300, 300, 500), ((17 << 20) + 5, 200, 6 << 20),
        ] {
            let (bytes, start) = (Bytes.random(byteCount), Bytes.random(front))
            try await medium.publish(Draft(medium, bytes).path, at: "a/source.1.age") { _ in }
            let told = Mutex<[Int]>([])
            try await medium.copy("a/source.1.age", replacing: replaced, by: start, to: "a/source.2.age") { done in told.withLock { $0.append(done) }
            }
            let expected = start + bytes.dropFirst(replaced)
            #expect(try await medium.read("a/source.2.age", from: 0, count: 1 << 30) == expected, "\(byteCount), \(replaced), \(front)")
            #expect(try await medium.read("a/source.1.age", from: 0, count: 1 << 30) == bytes)
            #expect(told.withLock { $0 == $0.sorted() && ($0.last ?? expected.count) == expected.count })
        }
        await refused(.missing) { try await medium.copy("a/none", replacing: 0, by: [], to: "b") { _ in } }
        try await medium.put("short", at: "a/short")
        await refused(.garbled) { try await medium.copy("a/short", replacing: 6, by: [], to: "b") { _ in } }
        #expect(try await medium.keys() == ["a/short", "a/source.1.age", "a/source.2.age"])
    }

    @Test("whoever reads while others replace finds one of the states, whole", arguments: MediumPlace.kinds)
    func readersBesideWriters(_ kind: MediumPlace.Kind) async throws {
        let place = try await MediumPlace.make(kind)
        let medium = try await place.open()
        try await medium.put([UInt8](repeating: 0, count: 50_000), at: "a/k", ifAbsent: false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 1...3 {
                group.addTask {
                    let medium = try await place.open()
                    for round in 0..<10 {
                        try await medium.put([UInt8](repeating: UInt8(writer * 16 + round), count: 50_000 + writer), at: "a/k", ifAbsent: false)
                    }
                }
            }
            for _ in 0..<3 {
                group.addTask {
                    for _ in 0..<20 {
                        let bytes = try await medium.read("a/k", from: 0, count: 100_000)
                        #expect(Set(bytes).count == 1 && bytes.count == 50_000 + Int(bytes[0] / 16))
                        #expect(try await medium.keys("a/") == ["a/k"])
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

enum Bytes {
    static func random(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count { withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) } }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}

/// A finished file among the drafts of a medium.
struct Draft {
    let path: String

    init(_ medium: any ArchiveMedium, _ bytes: [UInt8]) throws {
        path = medium.drafts + "/\(UUIDv7.make())"
        try OpenFile.create(path).write(bytes, at: 0)
    }

    var exists: Bool { FileManager.default.fileExists(atPath: path) }
}
