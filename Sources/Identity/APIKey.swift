import DataFormats
package import Sealing

/// `ghk_<12 characters of id>_<43 characters of secret>`: 256 random bits, shown once.
package struct APIKey: Sendable, CustomStringConvertible, CustomReflectable {
    package let id: String
    fileprivate let secret: [UInt8]

    package static func make() -> APIKey {
        let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789")
        let id = String(randomBytes(count: 12).map { alphabet[Int($0) % alphabet.count] })
        return APIKey(id: id, secret: Array(Base64URL.encode(randomBytes(count: 32)).utf8))
    }

    /// Another secret for a key that there is; `nil` when this is no id of one.
    package static func make(id: String) -> APIKey? { APIKey("ghk_\(id)_" + Base64URL.encode(randomBytes(count: 32))) }

    private init(id: String, secret: [UInt8]) {
        self.id = id
        self.secret = secret
    }

    /// Reads the form a caller sends; `nil` when it has another shape.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 60, bytes[0..<4].elementsEqual("ghk_".utf8), bytes[16] == UInt8(ascii: "_") else { return nil }
        let id = bytes[4..<16]
        guard id.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        self.init(id: String(decoding: id, as: UTF8.self), secret: Array(bytes[17...]))
    }

    /// What is stored instead of the secret.
    package func code(under pepper: SymmetricKey) -> [UInt8] {
        pepper.withBytes { HMACSHA256.authenticate(secret, key: $0) }
    }

    /// The whole key, for the one time it is shown.
    package var revealed: String { "ghk_\(id)_\(String(decoding: secret, as: UTF8.self))" }

    package var description: String { "ghk_\(id)_…" }
    package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}
