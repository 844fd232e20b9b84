import Foundation
import Testing

@testable import Sealing

/// The `age` program of other people opens what is made here, and the other way round.
@Suite(.enabled(if: AgeProgram.isInstalled, "age is not on the PATH: what it makes of our files is not tried"))
struct AgeProgramTests {
    private static let counts = [0, 1, 65_536, 65_537, 300_000]

    @Test(arguments: counts) func `age opens what is sealed here`(count: Int) throws {
        let program = try AgeProgram()
        defer { program.remove() }
        let identity = AgeIdentity.make()
        let plaintext = randomBytes(count: count)
        let file = AgeFile.seal(plaintext, to: [AgeIdentity.make().recipient, identity.recipient])
        let identityFile = try program.write("identity.txt", identity.text().withBytes { Array($0) } + Array("\n".utf8))
        let sealed = try program.write("sealed.age", file)
        #expect(try program.run("age", ["--decrypt", "--identity", identityFile, sealed]) == plaintext)
    }

    @Test(arguments: counts) func `what age seals opens here`(count: Int) throws {
        let program = try AgeProgram()
        defer { program.remove() }
        let identity = AgeIdentity.make()
        let plaintext = randomBytes(count: count)
        let plain = try program.write("plain", plaintext)
        let other = AgeIdentity.make().recipient
        let file = try program.run("age", ["--recipient", "\(other)", "--recipient", "\(identity.recipient)", plain])
        #expect(try AgeFile.open(file, with: [identity]) == plaintext)
        // Nothing stands in a header of ours that another program would have written otherwise.
        #expect(try AgeHeader(from: file).bytes == Array(file.prefix(AgeHeader(from: file).bytes.count)))
    }

    /// A payload, header and tags together fill lines of armor, or leave one half.
    @Test(arguments: [0, 1, 20, 21, 22, 65_536, 65_537, 3 << 20]) func `armor is read and written as age does`(count: Int) throws {
        let program = try AgeProgram()
        defer { program.remove() }
        let identity = AgeIdentity.make()
        let plaintext = randomBytes(count: count)
        let identityFile = try program.write("identity.txt", identity.text().withBytes { Array($0) } + Array("\n".utf8))
        let plain = try program.write("plain", plaintext)
        let theirs = try program.run("age", ["--armor", "--recipient", "\(identity.recipient)", plain])
        #expect(try AgeFile.open(theirs, with: [identity]) == plaintext)

        var armor = AgeArmorWriter()
        AgeFile.seal(plaintext, to: [identity.recipient]).withUnsafeBytes { armor.write($0) }
        armor.finish()
        let ours = armor.takeOutput()
        let sealed = try program.write("sealed.age", ours)
        #expect(try program.run("age", ["--decrypt", "--identity", identityFile, sealed]) == plaintext)
        // Both write as many lines.
        #expect(ours.count == theirs.count)
    }

    @Test func `age agrees on a file that was made one for others`() throws {
        let program = try AgeProgram()
        defer { program.remove() }
        let (before, after) = (AgeIdentity.make(), AgeIdentity.make())
        let plaintext = randomBytes(count: 100_000)
        let plain = try program.write("plain", plaintext)
        let file = try program.run("age", ["--recipient", "\(before.recipient)", plain])
        let (header, replaced) = try AgeFile.rewrapped(file, with: [before], to: [AgeIdentity.make().recipient, after.recipient])
        let rekeyed = try program.write("rekeyed.age", header + file[replaced...])
        let identityFile = try program.write("identity.txt", after.text().withBytes { Array($0) } + Array("\n".utf8))
        #expect(try program.run("age", ["--decrypt", "--identity", identityFile, rekeyed]) == plaintext)
        let formerFile = try program.write("former.txt", before.text().withBytes { Array($0) } + Array("\n".utf8))
        #expect(throws: AgeProgram.Failure.self) { try program.run("age", ["--decrypt", "--identity", formerFile, rekeyed]) }
    }

    @Test func `age agrees on the recipient of an identity`() throws {
        let program = try AgeProgram()
        defer { program.remove() }
        let identity = AgeIdentity.make()
        let identityFile = try program.write("identity.txt", identity.text().withBytes { Array($0) } + Array("\n".utf8))
        let answer = try program.run("age-keygen", ["-y", identityFile])
        #expect(String(decoding: answer, as: UTF8.self) == "\(identity.recipient)\n")
    }

    @Test func `an identity that age makes is read`() throws {
        let program = try AgeProgram()
        defer { program.remove() }
        let lines = String(decoding: try program.run("age-keygen", []), as: UTF8.self).split(separator: "\n")
        let text = try #require(lines.first { $0.hasPrefix("AGE-SECRET-KEY-") })
        let recipient = try #require(lines.first { $0.hasPrefix("# public key: ") }).dropFirst("# public key: ".count)
        #expect(try AgeKeyTests.identity(String(text)).recipient.description == recipient)
    }
}

/// Runs the program in a folder of its own.
struct AgeProgram {
    struct Failure: Error {
        let status: Int32
    }

    private let folder: URL

    static var isInstalled: Bool { path(of: "age") != nil && path(of: "age-keygen") != nil }

    private static func path(of name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-age-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = folder.appending(path: name)
        try Data(bytes).write(to: file)
        return file.path
    }

    /// What the program wrote to its standard output, which goes to a file so that no pipe fills.
    func run(_ name: String, _ arguments: [String]) throws -> [UInt8] {
        let output = folder.appending(path: "output")
        try Data().write(to: output)
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.path(of: name)))
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
        return Array(try Data(contentsOf: output))
    }
}
