import Glibc

/// A file with the token that a collector lets this gateway in by.
///
/// It is read anew for each delivery, so that whoever renews tokens writes the new one there and needs no restart.
struct TokenFile: Sendable, Equatable {
    /// Why there is no token to be had.
    enum Problem: String, Error {
        case missing = "the token file cannot be opened"
        case irregular = "the token file is no regular file"
        case exposed = "the token file can be read by everybody, or written by others than its owner"
        case malformed = "the token file holds something else: a token is one word on one line"
    }

    private static let greatestByteCount = 8 << 10

    let path: String

    /// The group may read, which is how service managers lend credentials.
    func read() throws(Problem) -> String {
        // Without O_NONBLOCK, opening a named pipe would wait for somebody to write into it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw .missing }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw .irregular }
        guard status.st_mode & 0o037 == 0 else { throw .exposed }
        var bytes = [UInt8](repeating: 0, count: Self.greatestByteCount + 1)
        var count = 0
        while count < bytes.count {
            let filled = count
            let more = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled) }
            if more < 0 && errno == EINTR { continue }
            guard more >= 0 else { throw .missing }
            if more == 0 { break }
            count += more
        }
        guard count <= Self.greatestByteCount else { throw .malformed }
        var token = bytes[..<count]
        if token.last == UInt8(ascii: "\n") { token.removeLast() }
        if token.last == UInt8(ascii: "\r") { token.removeLast() }
        guard !token.isEmpty, token.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .malformed }
        return String(decoding: token, as: UTF8.self)
    }
}
