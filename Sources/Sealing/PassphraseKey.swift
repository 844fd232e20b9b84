import CSodium

/// A key out of a passphrase: Argon2id (RFC 9106) of libsodium, version 1.3, one lane.
package enum PassphraseKey {
    package static let saltByteCount = 16

    /// How much work a guess costs. libsodium's MODERATE: three passes over 256 MiB, about half a second.
    package struct Cost: Sendable, Equatable {
        package let passes: UInt64
        package let memoryBytes: Int

        package static let moderate = Cost(passes: 3, memoryBytes: 256 << 20)

        package init(passes: UInt64, memoryBytes: Int) {
            self.passes = passes
            self.memoryBytes = memoryBytes
        }
    }

    /// `nil` when the memory cannot be had, or the salt or the cost is out of range.
    package static func derive(_ passphrase: borrowing SecretBytes, salt: [UInt8], cost: Cost) -> SymmetricKey? {
        var isDerived = false
        let bytes = SecretBytes(count: SymmetricKey.byteCount) { output in
            isDerived = passphrase.withBytes { fill(output, passphrase: $0, salt: salt, cost: cost) }
        }
        return isDerived ? SymmetricKey(bytes) : nil
    }

    /// Output of any length, as the published vectors have it; each length is another output.
    static func fill(
        _ output: UnsafeMutableRawBufferPointer, passphrase: UnsafeRawBufferPointer, salt: [UInt8], cost: Cost
    ) -> Bool {
        _ = Sodium.isReady
        guard salt.count == saltByteCount, let start = output.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let text = passphrase.baseAddress?.assumingMemoryBound(to: CChar.self)
        else { return false }
        return crypto_pwhash(
            start, UInt64(output.count), text, UInt64(passphrase.count), salt, cost.passes, cost.memoryBytes, crypto_pwhash_ALG_ARGON2ID13
        ) == 0
    }
}
