import DataFormats
import Sealing

/// The public keys that an issuer of tokens publishes (RFC 7517), as far as they can verify one.
package struct KeySet: Sendable {
    /// Why a set is not taken, as a word for observations.
    package enum Flaw: String, Error, Sendable {
        case malformed = "keys-malformed"
        case tooMany = "keys-too-many"
        case duplicate = "keys-duplicate"
        /// Keys that sign with what everybody who verifies would have to know.
        case symmetric = "keys-symmetric"
        case empty = "keys-none"
    }

    struct Key: Sendable {
        let publicKey: PublicKey
        let algorithm: String?
    }

    private static let greatestCount = 100
    private let keys: [String: Key]
    /// SHA-256 of the set as it came: what tells whether another is the same.
    package let digest: [UInt8]

    package var count: Int { keys.count }

    /// Reads a JWK Set. Keys for other uses, of other kinds, or too weak are left out; a set that says one thing twice, or that has
    /// symmetric keys in it, is refused as a whole.
    package init(_ bytes: [UInt8]) throws(Flaw) {
        guard let set = (try? JSONReader.read(bytes, maximumDepth: 8))?.objectValue, let list = set["keys"]?.arrayValue else { throw .malformed }
        guard list.count <= Self.greatestCount else { throw .tooMany }
        var keys: [String: Key] = [:]
        var names: Set<[UInt8]> = []
        for item in list {
            guard let key = item.objectValue, let type = key["kty"]?.stringValue else { throw .malformed }
            guard type != "oct" else { throw .symmetric }
            guard let name = key["kid"]?.stringValue, (1...256).contains(name.utf8.count) else { continue }
            guard names.insert(Array(name.utf8)).inserted else { throw .duplicate }
            guard Self.isForSignatures(key), let publicKey = Self.publicKey(type, key) else { continue }
            if let algorithm = key["alg"], algorithm.stringValue == nil { throw .malformed }
            keys[name] = Key(publicKey: publicKey, algorithm: key["alg"]?.stringValue)
        }
        guard !keys.isEmpty else { throw .empty }
        self.keys = keys
        digest = SHA256.hash(bytes)
    }

    /// The key of this name, when it is one for the algorithm.
    func key(_ name: String, for algorithm: SignatureAlgorithm) -> PublicKey? {
        guard let key = keys[name], key.publicKey.fits(algorithm), key.algorithm == nil || key.algorithm == algorithm.rawValue else { return nil }
        return key.publicKey
    }

    package func has(_ name: String) -> Bool { keys[name] != nil }

    private static func isForSignatures(_ key: JSONObject) -> Bool {
        if let use = key["use"], use.stringValue != "sig" { return false }
        if let operations = key["key_ops"], operations.arrayValue?.contains(.string("verify")) != true { return false }
        return true
    }

    private static func publicKey(_ type: String, _ key: JSONObject) -> PublicKey? {
        func bytes(_ name: String) -> [UInt8]? { key[name]?.stringValue.flatMap { Base64URL.decode($0) } }
        switch (type, key["crv"]?.stringValue) {
        case ("RSA", _):
            guard let modulus = bytes("n"), let exponent = bytes("e") else { return nil }
            return .rsa(modulus: modulus, exponent: exponent)
        case ("EC", "P-256"):
            guard let x = bytes("x"), let y = bytes("y") else { return nil }
            return .p256(x: x, y: y)
        case ("OKP", "Ed25519"): return bytes("x").flatMap { .ed25519($0) }
        default: return nil
        }
    }
}
