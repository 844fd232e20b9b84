import DurableFiles
import Sealing
import Synchronization

/// What lets a gateway into a bucket: an AWS-style file with `aws_access_key_id`, `aws_secret_access_key` and, when they are lent for a while,
/// `aws_session_token`; without a section, or in `[default]`.
///
/// The file is its owner's alone. It is read again when the service no longer takes what stood in it.
package final class S3Credentials: Sendable, CustomStringConvertible, CustomReflectable {
    /// What a request is signed with.
    struct Keys: ~Copyable {
        let accessKeyID: String
        let sessionToken: String?
        /// `AWS4` and the secret key, which signing begins with.
        let secret: SecretBytes
    }

    package let path: String
    private let keys: Mutex<Keys>

    /// - Throws: `misconfigured`, `missing` or `denied`, with a sentence for operators.
    package init(file path: String) throws(MediumError) {
        self.path = path
        keys = Mutex(try Self.read(path))
    }

    func withKeys<Value: Sendable>(_ body: (borrowing Keys) -> Value) -> Value { keys.withLock { body($0) } }

    /// Reads the file again, for somebody whose request was refused.
    ///
    /// - Returns: whether other keys are in it than were used until now.
    func renew(after accessKeyID: String) -> Bool {
        keys.withLock { keys in
            guard let fresh = try? Self.read(path) else { return false }
            let isOther =
                !keys.secret.withBytes { old in fresh.secret.withBytes { $0.elementsEqual(old) } } || keys.sessionToken != fresh.sessionToken
            keys = fresh
            return isOther || keys.accessKeyID != accessKeyID
        }
    }

    private static func read(_ path: String) throws(MediumError) -> Keys {
        var content: [UInt8]
        let isPrivate: Bool
        do throws(FileError) {
            let file = try OpenFile.forReading(path)
            isPrivate = try file.isPrivate()
            content = try file.readAll(limit: 64 << 10)
        } catch {
            throw MediumError(file: error, path)
        }
        defer { wipe(&content) }
        guard isPrivate else {
            throw MediumError(.misconfigured, path, "the credentials file is open to others than its owner, or belongs to another user")
        }
        guard let keys = parse(content) else {
            throw MediumError(.misconfigured, path, "the credentials file has no aws_access_key_id and aws_secret_access_key")
        }
        return keys
    }

    private static func parse(_ content: [UInt8]) -> Keys? {
        var accessKeyID: String?
        var sessionToken: String?
        var secret = Array("AWS4".utf8)
        defer { wipe(&secret) }
        var isDefault = true
        for line in content.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let line = trimmed(line)
            if line.first == UInt8(ascii: "[") {
                isDefault = line.elementsEqual("[default]".utf8)
                continue
            }
            guard isDefault, let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let value = trimmed(line[(equals + 1)...])
            guard !value.isEmpty, value.allSatisfy({ (0x21...0x7E).contains($0) }) else { continue }
            switch String(decoding: trimmed(line[..<equals]), as: UTF8.self).lowercased() {
            case "aws_access_key_id": accessKeyID = String(decoding: value, as: UTF8.self)
            case "aws_session_token": sessionToken = String(decoding: value, as: UTF8.self)
            case "aws_secret_access_key": secret = Array("AWS4".utf8) + value
            default: break
            }
        }
        guard let accessKeyID, secret.count > 4 else { return nil }
        return Keys(accessKeyID: accessKeyID, sessionToken: sessionToken, secret: SecretBytes(copying: secret))
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        guard let first = text.firstIndex(where: { !isSpace($0) }), let last = text.lastIndex(where: { !isSpace($0) }) else { return [] }
        return text[first...last]
    }

    package var description: String { "redacted" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
