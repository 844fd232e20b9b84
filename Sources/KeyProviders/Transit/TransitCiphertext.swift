import Foundation

/// What the engine makes of a key, with exactly one form: `0x01 ‖ version of the transit key, four bytes big-endian ‖ nonce, ciphertext and tag`.
///
/// The engine's own text has more than one for the same: it takes version 0 for 1, and base 64 whose last digit has bits to spare.
struct TransitCiphertext: Equatable {
    private static let format: UInt8 = 1

    let keyVersion: UInt32
    let bytes: [UInt8]

    /// Reads `vault:v<version>:<base 64>`.
    init?(text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "vault", parts[1].first == "v", let version = UInt32(parts[1].dropFirst()), version > 0,
            let data = Data(base64Encoded: String(parts[2]))
        else { return nil }
        keyVersion = version
        bytes = Array(data)
    }

    var text: String { "vault:v\(keyVersion):\(Data(bytes).base64EncodedString())" }

    init?(wrapped: [UInt8]) {
        guard wrapped.count > 5, wrapped[0] == Self.format else { return nil }
        keyVersion = wrapped[1..<5].reduce(0) { $0 << 8 | UInt32($1) }
        guard keyVersion > 0 else { return nil }
        bytes = Array(wrapped[5...])
    }

    var wrapped: [UInt8] { [Self.format] + withUnsafeBytes(of: keyVersion.bigEndian) { Array($0) } + bytes }
}
