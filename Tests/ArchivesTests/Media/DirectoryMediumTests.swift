import Archives
import DurableFiles
import Foundation
import Glibc
import TestPostgres
import Testing

/// What is so in a folder alone.
struct DirectoryMediumTests {
    private let path: String

    init() throws { path = try TemporaryFolder.make() + "/repository" }

    private func mode(_ name: String) -> mode_t {
        var status = stat()
        return lstat(path + name, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test("everything is for its owner's eyes only, a draft that was open to others, too")
    func modes() async throws {
        let medium = try await DirectoryMedium.open(path, making: true)
        try await medium.put("text", at: "a/b/c")
        let draft = try Draft(medium, [1])
        chmod(draft.path, 0o666)
        try await medium.publish(draft.path, at: "a/d") { _ in }
        try await medium.copy("a/d", replacing: 0, by: [2], to: "e/f") { _ in }
        for folder in ["", "/.drafts", "/a", "/a/b", "/e"] { #expect(mode(folder) == 0o700, "\(folder)") }
        for file in ["/a/b/c", "/a/d", "/e/f"] { #expect(mode(file) == 0o600, "\(file)") }
    }

    @Test("drafts, half-written files and strange names are no objects")
    func strangers() async throws {
        let medium = try await DirectoryMedium.open(path, making: true)
        try await medium.put("text", at: "a/b")
        _ = try Draft(medium, [1])
        for name in ["/a/.hidden", "/a/UPPER", "/a/with space"] { try Data([1]).write(to: URL(fileURLWithPath: path + name)) }
        #expect(try await medium.keys() == ["a/b"])
    }

    @Test("no link leads out of the folder, nor to another object")
    func links() async throws {
        let medium = try await DirectoryMedium.open(path, making: true)
        let outside = try TemporaryFolder.make()
        try Data("secret".utf8).write(to: URL(fileURLWithPath: outside + "/secret"))
        try await medium.put("text", at: "a/b")
        for (link, target) in [("/out", outside), ("/file", outside + "/secret"), ("/inside", path + "/a")] {
            try FileManager.default.createSymbolicLink(atPath: path + link, withDestinationPath: target)
        }
        #expect(try await medium.keys() == ["a/b"])
        #expect(try await medium.keys("out/") == [])
        for key in ["out/secret", "file", "inside/b"] { await refused(.missing) { _ = try await medium.read(key, from: 0, count: 10) } }
        for key in ["out/secret", "out/more", "inside/b"] {
            await refused(.misconfigured) { try await medium.put("changed", at: key) }
            try await medium.remove([key])
        }
        // A link that has the name of an object is replaced, not followed.
        try await medium.put("mine", at: "file")
        #expect(try String(contentsOfFile: outside + "/secret", encoding: .utf8) == "secret")
        #expect(try await medium.text("file") == "mine")
        #expect(try await medium.text("a/b") == "text")
    }

    @Test("the last object of a folder takes the folder with it, and others may put there at the same moment")
    func emptyFolders() async throws {
        let medium = try await DirectoryMedium.open(path, making: true)
        try await medium.put("text", at: "a/b/c/d")
        try await medium.put("text", at: "a/e")
        try await medium.remove(["a/b/c/d"])
        #expect(mode("/a/b") == 0 && mode("/a") == 0o700)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for _ in 0..<100 {
                        try await medium.put("text", at: "x/y/\(number)")
                        try await medium.remove(["x/y/\(number)"])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await medium.keys() == ["a/e"])
    }

    @Test("drafts that nobody goes on with are removed at the next opening, younger ones are not")
    func oldDrafts() async throws {
        let medium = try await DirectoryMedium.open(path, making: true)
        let (old, young) = (try Draft(medium, [1]), try Draft(medium, [2]))
        var times = [timespec(tv_sec: time(nil) - 8 * 86_400, tv_nsec: 0), timespec(tv_sec: time(nil) - 8 * 86_400, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, old.path, &times, 0) == 0)
        _ = try await DirectoryMedium.open(path, making: false)
        #expect(!old.exists && young.exists)
    }

    @Test("a folder that is missing is made only on demand, and one that is no folder is told of")
    func opening() async throws {
        await refused(.missing) { _ = try await DirectoryMedium.open(path, making: false) }
        await refused(.missing) { _ = try await DirectoryMedium.open(path + "/below", making: true) }
        await refused(.misconfigured) { _ = try await DirectoryMedium.open("relative", making: true) }
        try Data().write(to: URL(fileURLWithPath: path))
        await refused(.misconfigured) { _ = try await DirectoryMedium.open(path, making: true) }
        unlink(path)
        let medium = try await DirectoryMedium.open(path + "/", making: true)
        #expect(medium.name == path)
        // Unmounted, or removed, while it is in use: the medium is gone, and nothing is said about an object.
        try FileManager.default.removeItem(atPath: path)
        await refused(.unavailable) { _ = try await medium.read("a", from: 0, count: 1) }
        await refused(.unavailable) { _ = try await medium.list("") }
    }

    @Test("a full disk is told of, leaves nothing half-written, and goes on once there is room", .enabled(if: TemporaryDisk.isPossible))
    func fullDisk() async throws {
        try await TemporaryDisk.with(path, bytes: 4 << 20) { disk in
            let medium = try await DirectoryMedium.open(path, making: true)
            try await medium.put([UInt8](repeating: 1, count: 100_000), at: "a/b", ifAbsent: false)
            try disk.fill()
            let large = [UInt8](repeating: 2, count: 100_000)
            await refused(.full) { try await medium.put(large, at: "a/b", ifAbsent: false) }
            await refused(.full) { try await medium.put(large, at: "a/c", ifAbsent: true) }
            await refused(.full) { try await medium.copy("a/b", replacing: 10, by: large, to: "a/d") { _ in } }
            #expect(try await medium.keys("a/") == ["a/b"])
            #expect(try await medium.readAll("a/b") == [UInt8](repeating: 1, count: 100_000))
            #expect(try FileManager.default.contentsOfDirectory(atPath: medium.drafts) == [])
            disk.free()
            try await medium.put(large, at: "a/b", ifAbsent: false)
            #expect(try await medium.readAll("a/b") == large)
        }
    }

    @Test("bytes are copied from one file system to another, too", .enabled(if: TemporaryDisk.isPossible))
    func acrossDisks() async throws {
        let source = try TemporaryFolder.make() + "/source"
        let bytes = Bytes.random((2 << 20) + 7)
        try OpenFile.create(source).write(bytes, at: 0)
        try await TemporaryDisk.with(path, bytes: 8 << 20) { disk in
            let target = try OpenFile.create(disk.path + "/target")
            try target.copy(bytes.count - 5, of: OpenFile.forReading(source), from: 5, to: 3)
            #expect(try target.readAll() == [0, 0, 0] + bytes.dropFirst(5))
            #expect(throws: FileError.missing) { try target.copy(6, of: OpenFile.forReading(source), from: bytes.count - 5, to: 0) }
        }
    }

    @Test("a cancelled task begins nothing more")
    func cancellation() async throws {
        let medium = try await DirectoryMedium.open(path, making: true)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await medium.put("text", at: "a")
        }
        await refused(.unavailable) { try await task.value }
        #expect(try await medium.keys() == [])
    }
}
