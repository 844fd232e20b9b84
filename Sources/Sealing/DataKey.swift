import CSodium
import Vocabulary

/// The opened data key of a person (or of a tenant), ready for its uses: sealing fields and naming the person in the audit trail.
///
/// While a key is being replaced, the newest one knows the versions before it: it seals, and each value opens with the version
/// that its header names, for the place that it was sealed for under that version.
///
/// SAFETY: immutable; the memory is a slot of a ``DataKeySlab`` that is wiped and given back in `deinit`.
package final class DataKey: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
    package let holder: KeyHolder
    package let version: UInt32
    /// What this key seals with; it opens every suite.
    package let suite: Envelope.Suite
    /// The version before this one, for as long as a value may still be sealed with it.
    package let previous: DataKey?
    /// Keyed by the first version of the data key, and carried over to the others: when the key is destroyed, nothing links the
    /// pseudonym to the person any more.
    package let pseudonym: Pseudonym
    private let slab: DataKeySlab
    private let slot: Int
    private let field: UnsafeMutableRawPointer

    private static let fieldUse = Array("gatehouse/v1/field".utf8)
    private static let pseudonymUse = Array("gatehouse/v1/pseudonym".utf8)

    /// Derives the uses of `master`, which the caller wipes. `nil` when the slab has no slot left.
    ///
    /// - Parameter master: the key's 32 bytes, and behind them the pseudonym where it was carried over; as ``KeyEnvelope`` lends them.
    /// - Parameter previous: the version before, with its own `previous` if there are more; of the same holder, and lower.
    package init?(
        master: UnsafeRawBufferPointer, holder: KeyHolder, version: UInt32, suite: Envelope.Suite = .xchacha20Poly1305,
        previous: DataKey? = nil, in slab: DataKeySlab
    ) {
        if let previous { precondition(previous.holder == holder && previous.version < version, "no version before this one of its holder") }
        guard let slot = slab.take() else { return nil }
        self.holder = holder
        self.version = version
        self.suite = suite
        self.previous = previous
        self.slab = slab
        self.slot = slot
        let field = slab.address(of: slot)
        self.field = field
        let (master, carried) = (UnsafeRawBufferPointer(rebasing: master.prefix(SymmetricKey.byteCount)), master.dropFirst(SymmetricKey.byteCount))
        var pseudonym = carried.isEmpty ? [UInt8](repeating: 0, count: Pseudonym.byteCount) : Array(carried)
        HKDF.withExtracted(input: master, salt: []) { pseudorandomKey in
            HKDF.expand(
                pseudorandomKey, info: Self.fieldUse, into: UnsafeMutableRawBufferPointer(start: field, count: SymmetricKey.byteCount)
            )
            if !carried.isEmpty { return }
            pseudonym.withUnsafeMutableBytes { HKDF.expand(pseudorandomKey, info: Self.pseudonymUse, into: $0) }
        }
        self.pseudonym = Pseudonym(bytes: pseudonym)
    }

    deinit { slab.giveBack(slot) }

    /// Seals a field's plaintext for its place.
    package func seal(_ plaintext: UnsafeRawBufferPointer, field name: [UInt8], at place: inout CellPlace) -> [UInt8] {
        place.with(field: name, holder: holder, version: version) { associatedData in
            Envelope.seal(
                plaintext, keyVersion: version, associatedData: associatedData,
                key: UnsafeRawBufferPointer(start: field, count: SymmetricKey.byteCount), suite: suite
            )
        }
    }

    /// Opens a field into `scratch` and answers the part of it that was written; `nil` when this is not the key, or not the
    /// place, that it was sealed for, or when it was sealed with a version that is not known here.
    package func open(
        _ sealed: UnsafeRawBufferPointer, field name: [UInt8], at place: inout CellPlace, into scratch: borrowing Scratch
    ) -> UnsafeRawBufferPointer? {
        guard let header = Envelope.header(of: sealed), let count = Envelope.openedByteCount(sealed) else { return nil }
        if header.keyVersion != version {
            return header.keyVersion < version ? previous?.open(sealed, field: name, at: &place, into: scratch) : nil
        }
        let room = scratch.room(for: count)
        let isGenuine = place.with(field: name, holder: holder, version: version) { associatedData in
            Envelope.open(
                sealed, keyVersion: version, associatedData: associatedData,
                key: UnsafeRawBufferPointer(start: field, count: SymmetricKey.byteCount), into: room
            )
        }
        return isGenuine ? UnsafeRawBufferPointer(rebasing: room[0..<count]) : nil
    }

    /// Whether this key would seal the value as it is sealed: by the newest version and in its suite. Says nothing of who sealed it.
    package func isCurrent(_ sealed: UnsafeRawBufferPointer) -> Bool {
        Envelope.header(of: sealed) == Envelope.Header(suite: suite, keyVersion: version)
    }

    package var description: String { "redacted" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Memory that fields are opened into, one after the other; wiped when it goes.
///
/// What ``DataKey/open(_:field:at:into:)`` answers points into it and holds until the next opening.
package struct Scratch: ~Copyable {
    private final class Room {
        var start: UnsafeMutableRawPointer
        var capacity: Int

        init(_ capacity: Int) {
            start = .allocate(byteCount: capacity, alignment: 16)
            self.capacity = capacity
        }

        deinit { clear() }

        func clear() {
            sodium_memzero(start, capacity)
            start.deallocate()
        }
    }

    private let memory = Room(1024)

    package init() {}

    borrowing func room(for count: Int) -> UnsafeMutableRawBufferPointer {
        if count > memory.capacity {
            memory.clear()
            memory.start = .allocate(byteCount: count * 2, alignment: 16)
            memory.capacity = count * 2
        }
        return UnsafeMutableRawBufferPointer(start: memory.start, count: memory.capacity)
    }
}

/// The name of a data subject in the audit trail: 128 bits that only the subject's key can produce.
package struct Pseudonym: Hashable, Sendable {
    package static let byteCount = 16
    package let bytes: [UInt8]
    init(bytes: [UInt8]) { self.bytes = bytes }
}
