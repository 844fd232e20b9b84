import CSodium
import Vocabulary

/// The opened data key of a person (or of a tenant), ready for its uses: sealing fields and naming the person in the audit trail.
///
/// SAFETY: immutable; the memory is a slot of a ``DataKeySlab`` that is wiped and given back in `deinit`.
package final class DataKey: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
    package let holder: KeyHolder
    package let version: UInt32
    /// Keyed by the data key: when that is destroyed, nothing links the pseudonym to the person any more.
    package let pseudonym: Pseudonym
    private let slab: DataKeySlab
    private let slot: Int
    private let field: UnsafeMutableRawPointer

    /// Derives the uses of `master`, which the caller wipes. `nil` when the slab has no slot left.
    package init?(master: UnsafeRawBufferPointer, holder: KeyHolder, version: UInt32, in slab: DataKeySlab) {
        guard let slot = slab.take() else { return nil }
        self.holder = holder
        self.version = version
        self.slab = slab
        self.slot = slot
        self.field = slab.address(of: slot)
        HKDF.expand(
            input: master, salt: [], info: Array("gatehouse/v1/field".utf8),
            into: UnsafeMutableRawBufferPointer(start: field, count: SymmetricKey.byteCount)
        )
        var pseudonym = [UInt8](repeating: 0, count: 16)
        pseudonym.withUnsafeMutableBytes {
            HKDF.expand(input: master, salt: [], info: Array("gatehouse/v1/pseudonym".utf8), into: $0)
        }
        self.pseudonym = Pseudonym(bytes: pseudonym)
    }

    deinit { slab.giveBack(slot) }

    /// Seals a field's plaintext for its place.
    package func seal(_ plaintext: UnsafeRawBufferPointer, field name: [UInt8], at place: inout CellPlace) -> [UInt8] {
        Envelope.seal(
            plaintext, keyVersion: version, associatedData: place.of(field: name, holder: holder, version: version),
            key: UnsafeRawBufferPointer(start: field, count: SymmetricKey.byteCount)
        )
    }

    /// Opens a field into the end of `output`; false when this is not the key, or not the place, that it was sealed for.
    package func open(
        _ sealed: UnsafeRawBufferPointer, field name: [UInt8], at place: inout CellPlace, into output: inout [UInt8]
    ) -> Bool {
        Envelope.open(
            sealed, keyVersion: version, associatedData: place.of(field: name, holder: holder, version: version),
            key: UnsafeRawBufferPointer(start: field, count: SymmetricKey.byteCount), into: &output
        )
    }

    package var description: String { "redacted" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The name of a data subject in the audit trail: 128 bits that only the subject's key can produce.
package struct Pseudonym: Hashable, Sendable {
    package let bytes: [UInt8]
    package init(bytes: [UInt8]) { self.bytes = bytes }
}
