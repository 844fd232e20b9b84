import Foundation
import Sealing

/// An age identity file: one identity a line, comments behind `#`; the whole of it may be sealed under a passphrase.
enum IdentityFile {
    /// - Parameters:
    ///   - path: `-` is standard input.
    ///   - ask: for the passphrase when the file is sealed under one.
    static func read(
        _ path: String, ask: @escaping (_ question: String) -> SecretBytes? = PassphrasePrompt.ask
    ) throws(CommandFailure) -> [AgeIdentity] {
        let input: ByteInput
        do throws(CommandFailure) { input = try ByteInput(path) } catch {
            guard error.kind == .notFound else { throw error }
            throw CommandFailure(.notFound, "there is no identity at \(path)", hint: "age-keygen -o \(path) makes one")
        }
        let name = input.name
        if input.isReadByOthers { Console.note("warning: others than its owner may read \(name)\n  hint: chmod 600 \(name)") }
        let content = try input.readSecret()
        if content.withBytes({ isSealed($0) }) {
            var opened: [UInt8]
            do throws(AgeError) { opened = try open(content, name, ask) } catch {
                throw CommandFailure(error, name, hasIdentities: false, isForPassphrase: error != .identityMissing)
            }
            defer { wipe(&opened) }
            return try identities(in: opened[...], of: name)
        }
        var bytes = content.withBytes { Array($0) }
        defer { wipe(&bytes) }
        return try identities(in: bytes[...], of: name)
    }

    private static func open(
        _ content: borrowing SecretBytes, _ name: String, _ ask: @escaping (String) -> SecretBytes?
    ) throws(AgeError) -> [UInt8] {
        var reader = AgeReader(asking: { ask("passphrase of \(name)") })
        try content.withBytes { (bytes) throws(AgeError) in try reader.write(bytes) }
        try reader.finish()
        return reader.takeOutput()
    }

    /// Whether it begins as an age file does, binary or armored; no identity does.
    private static func isSealed(_ content: UnsafeRawBufferPointer) -> Bool {
        content.starts(with: "age-encryption.org/".utf8) || content.starts(with: "-----BEGIN AGE ENCRYPTED FILE-----".utf8)
    }

    private static func identities(in content: ArraySlice<UInt8>, of name: String) throws(CommandFailure) -> [AgeIdentity] {
        var identities: [AgeIdentity] = []
        for (number, line) in content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            var text = line.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\t") }
            defer { wipe(&text) }
            if text.isEmpty || text.first == UInt8(ascii: "#") { continue }
            do throws(AgeError) { identities.append(try AgeIdentity(SecretBytes(copying: text))) } catch {
                throw CommandFailure(.invalid, "\(name):\(number + 1) is not an age identity", hint: "AGE-SECRET-KEY-1… in capitals")
            }
        }
        if identities.isEmpty { throw CommandFailure(.invalid, "\(name) has no age identity", hint: "AGE-SECRET-KEY-1… on a line of its own") }
        return identities
    }
}
