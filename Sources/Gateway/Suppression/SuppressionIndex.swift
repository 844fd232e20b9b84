import Catalog
import KeyRing
import Sealing

/// Makes the keyed digests that an erased person is kept from being brought back by.
///
/// E-mail addresses and telephone numbers have the same digest in whatever entity they stand, so that a contact does not come back as a lead; ids
/// of other systems are those of one entity. Digests have their full length: nobody is kept out by a coincidence.
struct SuppressionIndex {
    private let key: SymmetricKey

    init(_ keys: TenantKeys) { key = keys.derive("gatehouse/v1/suppression") }

    /// What a record says by which its person would be known again.
    func tokens(of entity: Entity, _ value: (Int) -> FieldValue?) -> [[UInt8]] {
        guard entity.subject == .itself else { return [] }
        return entity.fields.enumerated().compactMap { position, field in
            guard let place = Self.place(field, entity), let value = value(position) else { return nil }
            return token(of: value, field, place)
        }
    }

    /// What a new record is kept out by. People share telephones more than e-mail addresses: a number counts where there is no address.
    func decisiveTokens(of entity: Entity, _ value: (Int) -> FieldValue?) -> [[UInt8]] {
        guard entity.subject == .itself else { return [] }
        let hasEmail = entity.fields.enumerated().contains { $1.type == .email && value($0) != nil }
        return tokens(of: entity) { hasEmail && entity.fields[$0].type == .phone ? nil : value($0) }
    }

    func token(of value: FieldValue, _ field: Field, _ place: String) -> [UInt8] {
        SearchKey(master: key, entity: "", field: place, kind: "suppression", bits: 256).token(of: field.searchForm(of: value))
    }

    static func place(_ field: Field, _ entity: Entity) -> String? {
        switch field.type {
        case .email: "email"
        case .phone: "phone"
        case .text where field.uniqueness == .enforced: "\(entity.name).\(field.name)"
        default: nil
        }
    }
}
