import ArgumentParser
import Foundation
import Sealing

/// Bytes that a command reads: of a file, or of standard input. Reading blocks.
struct ByteInput: ~Copyable {
    /// What messages call it.
    let name: String
    /// How many bytes there are; `nil` when nobody knows.
    let byteCount: Int?
    private let descriptor: Int32
    private let status: stat

    /// - Parameter path: `nil` and `-` are standard input.
    init(_ path: String?) throws(CommandFailure) {
        if let path, path != "-" {
            name = path
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                if errno == ENOENT || errno == ENOTDIR { throw CommandFailure(.notFound, "there is no file \(path)") }
                throw CommandFailure(.invalid, "\(path) cannot be read: \(SystemError.last)")
            }
        } else {
            name = "standard input"
            descriptor = STDIN_FILENO
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw CommandFailure(.failed, "\(name) cannot be read: \(SystemError.last)") }
        let kind = status.st_mode & S_IFMT
        guard kind != S_IFDIR else { throw CommandFailure(.invalid, "\(name) is a folder", hint: "name a file") }
        byteCount = kind == S_IFREG ? Int(status.st_size) : nil
        self.status = status
    }

    /// What comes from standard input comes once.
    ///
    /// - Parameters:
    ///   - files: named by options, `-` among them perhaps.
    ///   - input: what the command works on; standard input when it is `nil`.
    static func checkStandardInput(_ files: [String], and input: String?) throws(ValidationError) {
        let readers = files.count { $0 == "-" } + (input == nil || input == "-" ? 1 : 0)
        guard readers <= 1 else { throw ValidationError("only one thing can come from standard input") }
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Whether others than its owner may read the file.
    var isReadByOthers: Bool { status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o044 != 0 }

    /// Whether a path leads to this very file.
    func isSame(as path: String) -> Bool {
        var other = stat()
        guard byteCount != nil, stat(path, &other) == 0 else { return false }
        return other.st_ino == status.st_ino && other.st_dev == status.st_dev
    }

    /// Fills the buffer as far as bytes are there.
    ///
    /// - Returns: how many came; none at the end.
    mutating func read(into buffer: inout [UInt8]) throws(CommandFailure) -> Int {
        while true {
            let count = buffer.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw CommandFailure(.failed, "\(name) cannot be read to its end: \(SystemError.last)") }
            return count
        }
    }

    /// Everything there is, into guarded memory.
    consuming func readSecret(limit: Int = 1 << 20) throws(CommandFailure) -> SecretBytes {
        var all: [UInt8] = []
        all.reserveCapacity(limit + 1)
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        defer {
            wipe(&all)
            wipe(&buffer)
        }
        while true {
            let count = try read(into: &buffer)
            if count == 0 { break }
            guard all.count + count <= limit else {
                throw CommandFailure(.invalid, "\(name) has more than \(limit) bytes", hint: "is it the file that was meant?")
            }
            all += buffer[..<count]
        }
        return SecretBytes(copying: all)
    }
}

/// What the system said of the last call of this thread that failed. Never names anything.
struct SystemError: CustomStringConvertible {
    let code: Int32
    static var last: SystemError { SystemError(code: errno) }
    var description: String { String(cString: strerror(code)).lowercased() }
}
