import ArgumentParser
import Foundation
import Sealing

struct OpenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open",
        abstract: "Open a file that was sealed with age or 'gatehouse seal'.",
        discussion: """
            From standard input to standard output, unless files are named; armor is recognised. Without -i the file is for a passphrase, which is
            asked for. What does not prove genuine never comes out. To standard output pieces go as they prove genuine: only exit
            code 0 says that they are all of it. A file named with -o is there as a whole or not at all.

            Examples:
              gatehouse open -i offline.txt -o report.pdf report.age
              gatehouse open -i offline.txt crm.age | zstd -d | pg_restore -d crm
              gatehouse open --passphrase-file words.txt note.txt.age
            """
    )

    @Option(
        name: .shortAndLong, help: ArgumentHelp("A file of age identities (age-keygen); may be repeated.", valueName: "file"), completion: .file())
    var identity: [String] = []
    @Option(
        help: ArgumentHelp("The passphrase is the first line of this file; with -i that of identity files.", valueName: "file"), completion: .file())
    var passphraseFile: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("Write to this file.", valueName: "file"), completion: .file()) var output: String?
    @Argument(help: "The file to open; standard input when not given.", completion: .file()) var input: String?

    func validate() throws { try ByteInput.checkStandardInput(identity + [passphraseFile].compactMap(\.self), and: input) }

    func run() throws {
        let told = try passphraseFile.map { (path) throws(CommandFailure) in TypedPassphrase(try PassphrasePrompt.read(path)) }
        let ask = { (question: String) in told?.copy() ?? PassphrasePrompt.ask(question) }
        var identities: [AgeIdentity] = []
        for path in identity { identities += try IdentityFile.read(path, ask: ask) }

        let source = try ByteInput(input)
        if source.isTerminal {
            throw CommandFailure(.invalid, "nothing says what is to be opened", hint: "name a file, or send it to standard input")
        }
        if let output, source.isSame(as: output) {
            throw CommandFailure(.invalid, "\(output) is what is to be opened", hint: "name another file with -o")
        }
        let name = source.name
        // What was sealed was for few to read.
        let destination = try ByteOutput(output, mode: 0o600)
        let reader = identities.isEmpty ? AgeReader(asking: { ask("passphrase of \(name)") }) : AgeReader(identities: identities)
        try Self.read(source, to: destination, reader, hasIdentities: !identities.isEmpty)
    }

    private static func read(
        _ source: consuming ByteInput, to destination: consuming ByteOutput, _ reader: consuming AgeReader, hasIdentities: Bool
    ) throws(CommandFailure) {
        var source = source
        var destination = destination
        var reader = reader
        var progress = StreamProgress("opening \(source.name)", source.byteCount, isQuiet: destination.isTerminal)
        var buffer = [UInt8](repeating: 0, count: StreamProgress.pieceByteCount)
        var written = 0
        var failure: AgeError?
        while failure == nil {
            let count = try source.read(into: &buffer)
            do throws(AgeError) {
                if count == 0 { try reader.finish() } else { try reader.write(buffer, count) }
            } catch {
                failure = error
            }
            var opened = reader.takeOutput()
            defer { wipe(&opened) }
            try destination.write(opened)
            written += opened.count
            progress.advance(by: count)
            if count == 0 { break }
        }
        if let failure {
            let error = CommandFailure(failure, source.name, hasIdentities: hasIdentities, isForPassphrase: reader.isForPassphrase)
            guard written > 0 else { throw error }
            let state = destination.isDirect ? "the \(written) bytes that came out before are genuine, and not all of it" : "nothing was written"
            throw CommandFailure(error.kind, "\(error.message): \(state)", hint: error.hint)
        }
        try destination.finish()
        progress.finish()
    }
}

extension AgeReader {
    /// Takes the first bytes of a buffer.
    fileprivate mutating func write(_ buffer: [UInt8], _ count: Int) throws(AgeError) {
        try buffer.withUnsafeBufferPointer { (bytes) throws(AgeError) in
            try write(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[..<count])))
        }
    }
}

/// A passphrase that may be asked for several times.
private final class TypedPassphrase {
    private let secret: SecretBytes
    init(_ secret: consuming SecretBytes) { self.secret = secret }
    func copy() -> SecretBytes { SecretBytes(count: secret.count) { copy in secret.withBytes { copy.copyMemory(from: $0) } } }
}
