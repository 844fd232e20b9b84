package import Catalog
package import KeyRing
package import Sealing
package import Storage
import Synchronization
import Vocabulary

/// Makes search tokens: the one place where a value becomes what the vault knows of it.
///
/// Each kind of search of each field has a key of its own, so that the same name has another token as a given name, as a family
/// name, and as its beginning. Keys are derived once.
final class SearchIndex: Sendable {
    private struct Place: Hashable {
        let tenant: TenantID
        let generation: Int32
        let field: ObjectIdentifier
        let kind: SearchKind
    }

    private let keys = Mutex<[Place: SearchKey]>([:])

    /// Where tokens of a field and kind belong: `contact.email/exact`.
    static func name(_ entity: Entity, _ field: Field, _ kind: SearchKind) -> String { "\(entity.name).\(field.name)/\(kind.rawValue)" }

    func key(
        _ entity: Entity, _ field: Field, _ kind: SearchKind, _ generation: TenantKeys.SearchGeneration, _ tenant: TenantID
    ) -> SearchKey {
        let place = Place(tenant: tenant, generation: generation.number, field: ObjectIdentifier(field), kind: kind)
        return keys.withLock { keys in
            if let key = keys[place] { return key }
            let key = generation.key(entity: entity.name, field: field.name, kind: kind.rawValue, bits: field.tokenBits)
            keys[place] = key
            return key
        }
    }

    /// Everything that a value of a record is found by, under each of the generations; no token twice.
    func tokens(
        of value: FieldValue, _ entity: Entity, _ field: Field, record: RecordID, holder: UUIDv7, _ tenant: TenantID,
        _ generations: [TenantKeys.SearchGeneration]
    ) -> [SearchToken] {
        var tokens: [SearchToken] = []
        for kind in SearchKind.allCases where field.search.contains(kind) {
            let texts = field.searchTexts(of: value, kind)
            let place = Self.name(entity, field, kind)
            for generation in generations {
                let key = key(entity, field, kind, generation, tenant)
                // Short tokens of different words may be one.
                for token in Set(texts.map { key.token(of: $0) }) {
                    tokens.append(SearchToken(place: place, token: token, record: record, holder: holder, generation: generation.number))
                }
            }
        }
        return tokens
    }
}

extension RecordGateway {
    /// Everything that a stored record is found by, under the generations named: for whoever fills an index anew.
    ///
    /// - Parameters:
    ///   - stored: with its searchable fields, at least.
    ///   - key: what opens the record; with `nil`, and for a field that does not open, there are no tokens.
    package func searchTokens(
        of stored: StoredRecord, _ entity: Entity, key: DataKey?, tenantKeys: TenantKeys, generations: [TenantKeys.SearchGeneration]
    ) -> [SearchToken] {
        var opening = Opening(stored, entity, tenant: tenantKeys.tenant, key: key)
        let holder = stored.subject?.uuid ?? tenantKeys.tenant.uuid
        var tokens: [SearchToken] = []
        for (position, field) in entity.fields.enumerated() where field.isSearchable {
            guard case .value(let value?) = opening.content(position) else { continue }
            tokens += searchIndex.tokens(of: value, entity, field, record: stored.id, holder: holder, tenantKeys.tenant, generations)
        }
        return tokens
    }

    /// Everything that a value of a record is found by.
    func tokens(
        of value: FieldValue, _ entity: Entity, _ field: Field, _ id: RecordID, _ subject: SubjectID?, _ keys: TenantKeys
    ) -> [SearchToken] {
        guard field.isSearchable else { return [] }
        return searchIndex.tokens(
            of: value, entity, field, record: id, holder: subject?.uuid ?? keys.tenant.uuid, keys.tenant, keys.searchGenerations
        )
    }
}
