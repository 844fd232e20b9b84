/// Turns normalised values into search tokens for one field of one tenant: keyed BLAKE2b-256, cut to whole bits.
///
/// A token is a hint and no proof: whoever finds a record through it opens the value and compares.
package struct SearchKey: Sendable {
    private let key: SymmetricKey
    private let bits: Int

    /// - Parameter master: the tenant's search master key; `gatehouse/v1/search` and the place give each field and kind its own.
    package init(master: SymmetricKey, entity: String, field: String, kind: String, bits: Int) {
        precondition((8...256).contains(bits), "a token has 8 to 256 bits")
        var info = Array("gatehouse/v1/search".utf8)
        for part in [entity, field, kind] {
            info.append(UInt8(truncatingIfNeeded: part.utf8.count))
            info += part.utf8
        }
        self.key = master.derive(info)
        self.bits = bits
    }

    /// The left bits of the digest; the rest of the last byte is zero.
    package func token(of normalised: [UInt8]) -> [UInt8] {
        var token = Array(Blake2b.hash(normalised, key: key).prefix((bits + 7) / 8))
        if bits % 8 != 0 { token[token.count - 1] &= 0xFF << UInt8(8 - bits % 8) }
        return token
    }
}
