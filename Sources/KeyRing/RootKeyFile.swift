import Glibc
package import Sealing

/// The root key as a file: one line `gatehouse-root-1 <64 hex digits>`, for its owner's eyes only.
package enum RootKeyFile {
    package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        case missing(path: String)
        case tooOpen(path: String, mode: UInt32)
        case notOurs(path: String)
        case malformed(path: String)
        case unwritable(path: String)

        package var description: String {
            switch self {
            case .missing(let path): "there is no root key at \(path)"
            case .tooOpen(let path, let mode): "the root key \(path) may be read by others (mode \(String(mode, radix: 8))): run chmod 600 on it"
            case .notOurs(let path): "the root key \(path) belongs to another user"
            case .malformed(let path): "\(path) is not a root key"
            case .unwritable(let path): "the root key \(path) cannot be written"
            }
        }
    }

    private static let prefix = Array("gatehouse-root-1 ".utf8)

    package static func read(_ path: String) throws(Failure) -> SymmetricKey {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw errno == ENOENT ? .missing(path: path) : .malformed(path: path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .malformed(path: path) }
        guard status.st_mode & 0o077 == 0 else { throw .tooOpen(path: path, mode: UInt32(status.st_mode) & 0o777) }
        guard status.st_uid == geteuid() else { throw .notOurs(path: path) }
        var text = [UInt8](repeating: 0, count: 128)
        let count = Glibc.read(descriptor, &text, text.count)
        defer { wipe(&text) }
        guard count >= prefix.count + 64, text.starts(with: prefix) else { throw .malformed(path: path) }
        var bytes: [UInt8] = []
        defer { wipe(&bytes) }
        for index in 0..<32 {
            guard let high = digit(text[prefix.count + 2 * index]), let low = digit(text[prefix.count + 2 * index + 1]) else {
                throw .malformed(path: path)
            }
            bytes.append(high << 4 | low)
        }
        return SymmetricKey(SecretBytes(copying: bytes))
    }

    /// Makes a key that was not there; durable before it is used, so that nothing is ever sealed under a lost key.
    package static func create(_ path: String) throws(Failure) -> SymmetricKey {
        let key = SymmetricKey.random()
        var text = prefix
        defer { wipe(&text) }
        key.withBytes { bytes in
            for byte in bytes {
                for nibble in [byte >> 4, byte & 0xF] {
                    text.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
                }
            }
        }
        text.append(UInt8(ascii: "\n"))
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unwritable(path: path) }
        defer { close(descriptor) }
        guard write(descriptor, text, text.count) == text.count, fsync(descriptor) == 0 else {
            unlink(path)
            throw .unwritable(path: path)
        }
        return key
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
