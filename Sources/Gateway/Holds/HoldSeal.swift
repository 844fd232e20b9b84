import DataFormats
import KeyRing
import Sealing
import Storage
import SubjectRights
import Vocabulary

/// Seals the words of legal holds, which may name people, under a key of the tenant's own.
struct HoldSeal: Sendable {
    private let key: SymmetricKey
    private let tenant: TenantID

    init(_ keys: TenantKeys) {
        key = keys.derive("gatehouse/v1/legal-hold")
        tenant = keys.tenant
    }

    private enum Place: UInt8 { case words = 1, release = 2 }

    /// The row of a new hold.
    func row(_ hold: LegalHold) -> HoldRow {
        var words: JSONObject = ["matter": .string(hold.matter.value), "basis": .string(hold.basis.value)]
        let (kind, subject): (HoldRow.Kind, SubjectID?) =
            switch hold.scope {
            case .subject(let subject): (.subject, subject)
            case .entity: (.entity, nil)
            case .query: (.query, nil)
            }
        if case .query(_, let condition) = hold.scope { words["condition"] = .string(condition) }
        return HoldRow(
            id: hold.id, kind: kind, subject: subject, entity: hold.scope.entity, words: seal(JSONValue.object(words).encoded(), hold.id, .words),
            reviewOn: hold.reviewOn, placedAt: hold.placedAt, placedBy: hold.placedBy
        )
    }

    func seal(reason: String, of hold: UUIDv7) -> [UInt8] { seal(Array(reason.utf8), hold, .release) }

    /// A hold as it was placed. One whose words do not open still stands, and a query among such reaches every record of its entity: a hold may
    /// keep too much, and never too little.
    func hold(_ row: HoldRow) -> LegalHold {
        let words = open(row.words, row.id, .words).flatMap { try? JSONReader.read($0) }?.objectValue
        let scope: LegalHold.Scope =
            switch row.kind {
            case .subject: .subject(row.subject ?? SubjectID(row.id))
            case .entity: .entity(row.entity ?? "")
            case .query:
                if let condition = words?["condition"]?.stringValue {
                    .query(entity: row.entity ?? "", condition: condition)
                } else {
                    .entity(row.entity ?? "")
                }
            }
        return LegalHold(
            id: row.id, scope: scope, matter: Personal(words?["matter"]?.stringValue ?? ""), basis: Personal(words?["basis"]?.stringValue ?? ""),
            reviewOn: row.reviewOn, placedAt: row.placedAt, placedBy: row.placedBy, reach: HoldCounts(records: row.records, people: row.people),
            release: row.releasedAt.map { at in
                let reason = row.releaseReason.flatMap { open($0, row.id, .release) }.map { String(decoding: $0, as: UTF8.self) }
                return LegalHold.Release(at: at, by: row.releasedBy ?? "", reason: Personal(reason ?? ""))
            }
        )
    }

    // MARK: Parts

    private func binding(_ hold: UUIDv7, _ place: Place) -> [UInt8] { tenant.uuid.bytes + hold.bytes + [place.rawValue] }

    private func seal(_ plaintext: [UInt8], _ hold: UUIDv7, _ place: Place) -> [UInt8] {
        key.withBytes { key in
            plaintext.withUnsafeBytes { Envelope.seal($0, keyVersion: 0, associatedData: binding(hold, place), key: key) }
        }
    }

    private func open(_ sealed: [UInt8], _ hold: UUIDv7, _ place: Place) -> [UInt8]? {
        var plaintext: [UInt8] = []
        let isGenuine = key.withBytes { key in
            sealed.withUnsafeBytes { Envelope.open($0, keyVersion: 0, associatedData: binding(hold, place), key: key, into: &plaintext) }
        }
        return isGenuine ? plaintext : nil
    }
}
