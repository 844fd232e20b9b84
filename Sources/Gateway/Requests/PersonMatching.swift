import Catalog
import Expressions
import KeyRing
import Sealing
import Storage
import SubjectRights
import Vocabulary

/// A record that is a person and shares values with what somebody says of themselves.
struct PersonCandidate: Sendable {
    let subject: SubjectID
    /// How many of the values the record has, too.
    let matched: Int
    /// A value is another one in the record.
    let contradicts: Bool
    /// Names and dates that tell people apart, by field, in the form in which they are compared.
    let identity: [String: [UInt8]]
    /// The address of the record.
    let address: String?
}

/// Finds the people that somebody may be. Values are compared in here; what leaves is who fits, and never which value did.
extension RecordGateway {
    /// More candidates than this of one value are not looked at: nobody is identified by something that so many share.
    private static var candidateLimit: Int { 200 }

    /// Entities whose records are people.
    private var personEntities: [Entity] { catalog.entities.filter { $0.subject == .itself } }

    /// A field of people's records that somebody can say the value of.
    func personField(_ name: String) -> Field? {
        personEntities.lazy.compactMap { $0.field(named: name) }.first { field in
            field.isSealed && !field.isSystem && [.text, .email, .phone, .date].contains(field.type)
        }
    }

    /// What is wrong with what somebody says of a person; never a value.
    func personProblems(_ person: [String: String], _ member: String) -> [Refusal.Member] {
        person.sorted { $0.key < $1.key }.prefix(20).compactMap { name, text in
            guard let field = personField(name) else {
                return Refusal.Member("\(member)/\(name)", Refusal.Code.memberUnknown.rawValue, "no record of a person has such a field")
            }
            do throws(ValueProblem) {
                _ = try field.read(text: text)
                return nil
            } catch {
                return Refusal.Member("\(member)/\(name)", error.code.rawValue, error.detail)
            }
        }
    }

    /// Those of whom at least so many values fit and none is another; nobody when they could be several people.
    func people(
        fitting person: [String: String], atLeast count: Int, among known: [SubjectID], _ context: RequestContext
    ) async throws(Refusal) -> [PersonCandidate] {
        let fitting = try await candidates(person, among: known, context).filter { $0.matched >= count && !$0.contradicts }
        // A contact and a lead of one person agree in whatever both say of a name or a birthday; two people who share a mailbox do not.
        var identity: [String: [UInt8]] = [:]
        for candidate in fitting {
            for (name, form) in candidate.identity {
                if let other = identity[name], other != form { return [] }
                identity[name] = form
            }
        }
        return fitting
    }

    /// Everybody who has one of these addresses or numbers: for what is granted without proof.
    func people(reachedBy person: [String: String], _ context: RequestContext) async throws(Refusal) -> [SubjectID] {
        let reach = person.filter { name, _ in personField(name).map { $0.type == .email || $0.type == .phone } ?? false }
        return reach.isEmpty ? [] : try await candidates(reach, among: [], context).filter { $0.matched > 0 }.map(\.subject)
    }

    /// - Parameter known: nobody else is looked at, unless it is empty.
    private func candidates(
        _ person: [String: String], among known: [SubjectID], _ context: RequestContext
    ) async throws(Refusal) -> [PersonCandidate] {
        var found: [PersonCandidate] = []
        for entity in personEntities {
            let points = person.compactMap { name, text in point(name, text, entity) }
            if points.isEmpty, known.isEmpty { continue }
            let ids = known.isEmpty ? try await hints(points, entity, context) : known.map { RecordID($0.uuid) }
            if ids.isEmpty { continue }
            let identifying = entity.fields.indices.filter { Self.tellsPeopleApart(entity.fields[$0]) }
            let addresses = entity.fields.indices.filter { entity.fields[$0].type == .email }
            let needed = Set(points.flatMap(\.positions) + identifying + addresses)
            let shape = RecordShape(entity) { needed.contains($0) }
            let rows = try await read(context, [table(entity).select(ids, shape, tenant: context.tenant, where: .constant(true))])[0]
            let records = table(entity).records(rows, shape)
            let keys = try await keys(for: records, context)
            for record in records {
                guard let subject = record.subject, let key = keys.key(for: record) else { continue }
                var opening = Opening(record, entity, tenant: context.tenant, key: key)
                found.append(candidate(subject, &opening, points, identifying, addresses))
            }
        }
        return found
    }

    /// A value somebody says, where an entity may have it, in the form in which values are compared.
    private struct Point {
        let type: FieldType
        let positions: [Int]
        let form: [UInt8]
    }

    /// An address or number fits wherever the record has one; everything else fits in the field of its name.
    private func point(_ name: String, _ text: String, _ entity: Entity) -> Point? {
        guard let field = personField(name), let value = try? field.read(text: text) else { return nil }
        let positions = entity.fields.indices.filter { position in
            let other = entity.fields[position]
            return field.type == .email || field.type == .phone ? other.type == field.type : other.name == name && other.type == field.type
        }
        return positions.isEmpty ? nil : Point(type: field.type, positions: positions, form: field.searchForm(of: value))
    }

    private static func tellsPeopleApart(_ field: Field) -> Bool {
        field.fieldClass == .identifying && (field.type == .date || field.type == .text && field.search.contains(.word))
    }

    /// Records to look at: by address and number, else by whatever can be looked up whole.
    private func hints(_ points: [Point], _ entity: Entity, _ context: RequestContext) async throws(Refusal) -> [RecordID] {
        guard let generation = try await tenantKeys(context).searchGenerations.first else { return [] }
        let reach = points.filter { $0.type == .email || $0.type == .phone }
        var tokens: Set<[UInt8]> = []
        for point in reach.isEmpty ? points : reach {
            for position in point.positions where entity.fields[position].isExactlySearchable {
                tokens.insert(searchIndex.key(entity, entity.fields[position], .exact, generation, context.tenant).token(of: point.form))
            }
        }
        if tokens.isEmpty { return [] }
        let (wanted, limit, tenant) = (Array(tokens), Self.candidateLimit, context.tenant)
        let windows = try await inVault { () async throws(StorageError) in
            try await vault.records(having: wanted, after: wanted.map { _ in nil }, limit: limit, tenant: tenant)
        }
        return Set(windows.filter(\.isWhole).flatMap(\.records)).sorted()
    }

    private func candidate(
        _ subject: SubjectID, _ opening: inout Opening, _ points: [Point], _ identifying: [Int], _ addresses: [Int]
    ) -> PersonCandidate {
        var (matched, contradicts) = (0, false)
        var address: String?
        for point in points {
            let forms = point.positions.compactMap { position -> (position: Int, form: [UInt8])? in
                guard case .value(let value?) = opening.content(position) else { return nil }
                return (position, opening.entity.fields[position].searchForm(of: value))
            }
            if let hit = forms.first(where: { $0.form == point.form }) {
                matched += 1
                if point.type == .email { address = Self.text(hit.position, &opening) }
            } else if !forms.isEmpty {
                contradicts = true
            }
        }
        var identity: [String: [UInt8]] = [:]
        for position in identifying {
            guard case .value(let value?) = opening.content(position) else { continue }
            identity[opening.entity.fields[position].name] = opening.entity.fields[position].searchForm(of: value)
        }
        for position in addresses where address == nil { address = Self.text(position, &opening) }
        return PersonCandidate(subject: subject, matched: matched, contradicts: contradicts, identity: identity, address: address)
    }

    private static func text(_ position: Int, _ opening: inout Opening) -> String? {
        guard case .value(.text(let text)?) = opening.content(position) else { return nil }
        return text
    }
}
