import Foundation
import Sealing

/// A passphrase that somebody types, or that a file holds.
enum PassphrasePrompt {
    /// Longer ones are no passphrases.
    private static let limit = 1024

    /// Asks on the terminal, which shows nothing of what is typed; `nil` when there is no terminal, or nothing was typed.
    static func ask(_ question: String) -> SecretBytes? {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        var before = termios()
        guard tcgetattr(terminal, &before) == 0 else { return nil }
        Interruption.remember(terminal: terminal, before)
        var hidden = before
        hidden.c_lflag &= ~tcflag_t(ECHO)
        hidden.c_lflag |= tcflag_t(ECHONL | ICANON | ISIG)
        tcsetattr(terminal, TCSAFLUSH, &hidden)
        defer {
            tcsetattr(terminal, TCSAFLUSH, &before)
            Interruption.forgetTerminal()
        }
        Console.write("\(question): ", to: terminal)
        var line = [UInt8](repeating: 0, count: limit + 1)
        defer { wipe(&line) }
        let count = line.withUnsafeMutableBytes { line in
            while true {
                let count = Foundation.read(terminal, line.baseAddress, line.count)
                if count < 0, errno == EINTR { continue }
                return count
            }
        }
        guard count > 0 else { return nil }
        return firstLine(line[..<count])
    }

    /// The first line of a file, so that an end of line behind it is no other passphrase.
    ///
    /// - Parameter path: `-` is standard input.
    static func read(_ path: String) throws(CommandFailure) -> SecretBytes {
        let input = try ByteInput(path)
        let name = input.name
        let content = try input.readSecret(limit: 1 << 16)
        var bytes = content.withBytes { Array($0) }
        defer { wipe(&bytes) }
        guard let passphrase = firstLine(bytes[...]) else {
            throw CommandFailure(.invalid, "the first line of \(name) is no passphrase", hint: "one line, of at most \(limit) bytes")
        }
        return passphrase
    }

    private static func firstLine(_ bytes: ArraySlice<UInt8>) -> SecretBytes? {
        var line = Array(bytes.prefix { $0 != UInt8(ascii: "\n") })
        defer { wipe(&line) }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard (1...limit).contains(line.count) else { return nil }
        return SecretBytes(copying: line)
    }
}
