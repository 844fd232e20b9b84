import Glibc
package import Sealing

/// Reads files that only their owner may read. A symbolic link is not followed, and nothing but a regular file is read.
enum GuardedFile {
    /// More than any key file, passphrase or token has; what is longer is something else.
    static let greatestByteCount = 64 << 10

    /// Who may own a file, and who else may read it.
    enum Owner: Sendable, Equatable {
        /// This process's user alone.
        case ourselves
        /// As systemd lends credentials: owned by this user or by root. Where it lets the user in by an access control list, the mode shows
        /// that as a right of the group.
        case serviceManager
    }

    /// - Parameter what: what the file is, for messages: `the passphrase file`.
    /// - Returns: `nil` when there is no such file.
    /// - Throws: `exposed`, `malformed` (a link, a folder, too long) or `unavailable`.
    static func read(_ path: String, _ what: String, owner: Owner = .ourselves) throws(KeyProviderError) -> SecretBytes? {
        // Without O_NONBLOCK, opening a named pipe would wait for somebody to write into it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: return nil
            case ELOOP: throw .link(path, what)
            case let code: throw .unavailable("\(what) \(path) cannot be opened", code)
            }
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unavailable("\(what) \(path) cannot be opened", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw KeyProviderError(.malformed, "\(what) \(path) is not a regular file", hint: "put the file itself there")
        }
        try check(status, path, what, owner)
        guard status.st_size <= greatestByteCount else {
            throw KeyProviderError(.malformed, "\(what) \(path) is too long to be one", hint: "put the right file there")
        }
        var failure: Int32 = 0
        var filled = 0
        let bytes = SecretBytes(count: Int(status.st_size)) { memory in
            while filled < memory.count {
                let count = Glibc.read(descriptor, memory.baseAddress?.advanced(by: filled), memory.count - filled)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { failure = errno }
                guard count > 0 else { return }
                filled += count
            }
        }
        guard failure == 0, filled == bytes.count else { throw .unavailable("\(what) \(path) cannot be read", failure) }
        return bytes
    }

    private static func check(_ status: stat, _ path: String, _ what: String, _ owner: Owner) throws(KeyProviderError) {
        let isOurs = status.st_uid == geteuid() || (owner == .serviceManager && status.st_uid == 0)
        guard isOurs else {
            throw KeyProviderError(
                .exposed, "\(what) \(path) belongs to another user", hint: "give it to the user that the gateway runs as (chown)"
            )
        }
        let forbidden: mode_t = owner == .serviceManager ? 0o137 : 0o177
        guard status.st_mode & forbidden == 0 else {
            throw KeyProviderError(
                .exposed, "\(what) \(path) is open to others than its owner (mode \(String(status.st_mode & 0o7777, radix: 8)))",
                hint: "run chmod 600 on it; if others may have read it, replace what it holds"
            )
        }
    }
}

/// A file that the operator provides, with one secret in it: a passphrase, a credential, a PIN, a token.
package struct SecretFile: Sendable, Equatable {
    package let path: String
    private let owner: GuardedFile.Owner

    /// - Parameter credentialsDirectory: where systemd puts the credentials of this service (`CREDENTIALS_DIRECTORY`). What stands
    ///   directly in it may belong to root.
    package init(_ path: String, credentialsDirectory: String? = nil) {
        self.path = path
        let folder = path.lastIndex(of: "/").map { path[..<$0] }
        owner = credentialsDirectory != nil && folder == credentialsDirectory?[...] ? .serviceManager : .ourselves
    }

    /// The file's bytes without the line break at their end.
    ///
    /// - Parameter kind: `passphrase`, `PIN` and so on, for messages.
    /// - Throws: `missing`, `exposed`, `malformed`, `unavailable`, and `refused` when there is nothing in it.
    package func read(_ kind: String) throws(KeyProviderError) -> SecretBytes {
        guard let bytes = try GuardedFile.read(path, "the \(kind) file", owner: owner) else {
            throw KeyProviderError(.missing, "there is no \(kind) file at \(path)", hint: "put it there, or name another")
        }
        let count = bytes.withBytes { bytes in
            var count = bytes.count
            if count > 0, bytes[count - 1] == UInt8(ascii: "\n") { count -= 1 }
            if count > 0, count < bytes.count, bytes[count - 1] == UInt8(ascii: "\r") { count -= 1 }
            return count
        }
        guard count > 0 else {
            throw KeyProviderError(.refused, "the \(kind) file \(path) is empty", hint: "write the \(kind) into it, on one line")
        }
        return SecretBytes(count: count) { memory in
            bytes.withBytes { memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}

extension KeyProviderError {
    static func unavailable(_ message: String, _ code: Int32) -> KeyProviderError {
        let reason = code == 0 ? "it ends too early" : String(cString: strerror(code)).lowercased()
        return KeyProviderError(
            .unavailable, "\(message): \(reason)", hint: "may the gateway's user read and write there, and is there room on the disk?"
        )
    }

    static func link(_ path: String, _ what: String) -> KeyProviderError {
        KeyProviderError(.malformed, "\(what) \(path) is a symbolic link, which is not followed", hint: "put the file itself there")
    }
}
