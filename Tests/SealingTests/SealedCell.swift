import DataFormats
import Testing
import Vocabulary

@testable import Sealing

/// A cell of the tests: a place, a holder and a key that any of them can be changed of.
struct SealedCell {
    var tenant: UInt64 = 1
    var entity = "contact"
    var record: UInt64 = 2
    var field = "email"
    var holder = Holder.subject(2)
    var version: UInt32 = 1
    var suite = Envelope.Suite.xchacha20Poly1305
    var master: [UInt8] = Array(0x00...0x1F)

    enum Holder {
        case subject(UInt64), tenant(UInt64)
    }

    static func id(_ number: UInt64) -> UUIDv7 { UUIDv7(high: 0x0190_A000_0000_7000, low: 0x8000_0000_0000_0000 | number) }

    var place: CellPlace { CellPlace(tenant: TenantID(Self.id(tenant)), entity: entity, record: RecordID(Self.id(record))) }

    func key(in slab: DataKeySlab = DataKeySlab(capacity: 1), after previous: DataKey? = nil) throws -> DataKey {
        let holder: KeyHolder =
            switch holder {
            case .subject(let number): .subject(SubjectID(Self.id(number)))
            case .tenant(let number): .tenant(TenantID(Self.id(number)))
            }
        return try #require(
            master.withUnsafeBytes { DataKey(master: $0, holder: holder, version: version, suite: suite, previous: previous, in: slab) }
        )
    }

    func seal(_ text: String) throws -> [UInt8] { try seal(text, with: key()) }

    func seal(_ text: String, with key: DataKey) -> [UInt8] {
        var place = place
        return Array(text.utf8).withUnsafeBytes { key.seal($0, field: Array(field.utf8), at: &place) }
    }

    func open(_ sealed: [UInt8]) throws -> String? { try open(sealed, with: key()) }

    func open(_ sealed: [UInt8], with key: DataKey) -> String? {
        var place = place
        let scratch = Scratch()
        return sealed.withUnsafeBytes { sealed in
            key.open(sealed, field: Array(field.utf8), at: &place, into: scratch).map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
