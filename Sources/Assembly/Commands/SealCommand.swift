import ArgumentParser
import Foundation
import Sealing

struct SealCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Seal a file for keys or a passphrase (age version 1).",
        discussion: """
            From standard input to standard output, unless files are named. Sealed for recipients, any of them opens it alone; without any, for a
            passphrase, which is asked for. A file named with -o is there as a whole or not at all. The age program opens what is made here
            (age --decrypt), and 'gatehouse open' what age makes.

            Examples:
              gatehouse seal -r age1… -o report.age report.pdf
              pg_dump -Fc crm | zstd | gatehouse seal -R recipients.txt > crm.age
              gatehouse seal --armor -o note.txt.age note.txt
            """
    )

    @Option(name: .shortAndLong, help: ArgumentHelp("Seal for this recipient; may be repeated.", valueName: "age1…")) var recipient: [String] = []
    @Option(
        name: [.customShort("R"), .long],
        help: ArgumentHelp("Seal for the recipients in this file, one a line, comments behind #; may be repeated.", valueName: "file"),
        completion: .file())
    var recipientsFile: [String] = []
    @Option(help: ArgumentHelp("Seal for the passphrase in the first line of this file.", valueName: "file"), completion: .file())
    var passphraseFile: String?
    @Flag(name: .shortAndLong, help: "Write text that can go through mail, a third longer.") var armor = false
    @Option(name: .shortAndLong, help: ArgumentHelp("Write to this file.", valueName: "file"), completion: .file()) var output: String?
    @Argument(help: "The file to seal; standard input when not given.", completion: .file()) var input: String?

    /// The header, which names each of them, has to stay within what a reader takes.
    private static let recipientLimit = 1000

    func validate() throws {
        guard passphraseFile == nil || recipient.isEmpty && recipientsFile.isEmpty else {
            throw ValidationError("seal either for recipients or for a passphrase")
        }
        try ByteInput.checkStandardInput(recipientsFile + [passphraseFile].compactMap(\.self), and: input)
    }

    func run() throws {
        var recipients: [AgeRecipient] = []
        for (number, text) in recipient.enumerated() {
            recipients.append(try RecipientFile.recipient(text, recipient.count == 1 ? "--recipient" : "--recipient \(number + 1)", .invalid))
        }
        for path in recipientsFile {
            let file = try ByteInput(path)
            let name = file.name
            let found = try RecipientFile.recipients(in: file.readSecret().withBytes { Array($0) }, of: name, .invalid)
            guard !found.isEmpty else { throw CommandFailure(.invalid, "\(name) has no age recipient", hint: "one age1… a line") }
            recipients += found
        }
        guard recipients.count <= Self.recipientLimit else {
            throw CommandFailure(.invalid, "\(recipients.count) recipients are too many", hint: "at most \(Self.recipientLimit)")
        }

        let source = try ByteInput(input)
        if let output, source.isSame(as: output) {
            throw CommandFailure(.invalid, "\(output) is what is to be sealed", hint: "name another file with -o")
        }
        let destination = try ByteOutput(output, mode: 0o666)
        if destination.isTerminal, !armor, output == nil {
            throw CommandFailure(.invalid, "a sealed file is not for a terminal", hint: "--armor writes text; -o FILE writes a file; -o - insists")
        }
        if recipients.isEmpty {
            try write(source, to: destination, AgeWriter(to: try passphraseKey(isTyped: passphraseFile == nil)))
        } else {
            try write(source, to: destination, AgeWriter(to: recipients))
        }
    }

    private func passphraseKey(isTyped: Bool) throws(CommandFailure) -> AgePassphraseKey {
        let passphrase: SecretBytes
        if let passphraseFile {
            passphrase = try PassphrasePrompt.read(passphraseFile)
        } else {
            guard let typed = PassphrasePrompt.ask("passphrase") else {
                throw CommandFailure(
                    .invalid, "nobody says whom to seal for",
                    hint: "-r age1…, -R FILE or --passphrase-file FILE; on a terminal a passphrase is asked for")
            }
            passphrase = typed
        }
        guard passphrase.count >= Passphrase.minimumByteCount else {
            throw CommandFailure(
                .invalid, "the passphrase is too short",
                hint: "\(Passphrase.minimumByteCount) bytes at least; five or six words that nobody chose for their sense are good")
        }
        if isTyped {
            guard let again = PassphrasePrompt.ask("the same again"), Self.areEqual(passphrase, again) else {
                throw CommandFailure(.invalid, "the second passphrase is another one", hint: "nothing was sealed; type the same twice")
            }
        }
        guard let key = AgePassphraseKey.make(from: passphrase) else {
            throw CommandFailure(.unavailable, "there is no memory to seal for a passphrase", hint: "it takes 256 MiB for a moment")
        }
        return key
    }

    private static func areEqual(_ one: borrowing SecretBytes, _ other: borrowing SecretBytes) -> Bool {
        one.withBytes { one in other.withBytes { other in one.elementsEqual(other) } }
    }

    private func write(
        _ source: consuming ByteInput, to destination: consuming ByteOutput, _ writer: consuming AgeWriter
    ) throws(CommandFailure) {
        var source = source
        var destination = destination
        var writer = writer
        var armored = armor ? AgeArmorWriter() : nil
        var progress = StreamProgress("sealing \(source.name)", source.byteCount, isQuiet: destination.isTerminal)
        var buffer = [UInt8](repeating: 0, count: StreamProgress.pieceByteCount)
        defer { wipe(&buffer) }
        while true {
            let count = try source.read(into: &buffer)
            if count == 0 { break }
            buffer.withUnsafeBytes { writer.write(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            try Self.pass(writer.takeOutput(), through: &armored, to: &destination)
            progress.advance(by: count)
        }
        writer.finish()
        try Self.pass(writer.takeOutput(), through: &armored, to: &destination)
        armored?.finish()
        if let rest = armored?.takeOutput() { try destination.write(rest) }
        try destination.finish()
        progress.finish()
    }

    private static func pass(_ sealed: [UInt8], through armored: inout AgeArmorWriter?, to destination: inout ByteOutput) throws(CommandFailure) {
        sealed.withUnsafeBytes { armored?.write($0) }
        try destination.write(armored?.takeOutput() ?? sealed)
    }
}
