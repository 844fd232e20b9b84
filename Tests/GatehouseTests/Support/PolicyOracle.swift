import Catalog
import DataFormats
import Expressions
import Identity
import Policies
import PolicyFiles
import Vocabulary

/// What is known of a record without asking the gateway.
struct KnownRecord: Sendable {
    /// What the person said whom the record is about.
    struct Person: Sendable {
        var consents: Set<String> = []
        var objections: Set<String> = []
        var isRestricted = false
    }

    let entity: Entity
    let id: String
    let values: [String: Value]
    let person: Person
    /// The record whose history this one is part of.
    private let origins: [KnownRecord]
    var origin: KnownRecord? { origins.first }

    init(_ entity: Entity, id: String, body: JSONObject, person: Person, origin: KnownRecord? = nil) {
        var values: [String: Value] = ["id": .string(id)]
        for field in entity.fields { values[field.name] = body[field.name].flatMap { try? field.read($0) }?.expressionValue }
        self.entity = entity
        self.id = id
        self.values = values
        self.person = person
        origins = origin.map { [$0] } ?? []
    }

    fileprivate func fits(_ condition: RowCondition) -> Bool {
        let truth = condition.truth(
            value: { column in
                switch column.origin {
                case .stored: values[column.name] ?? .null
                case .restricted: .bool(person.isRestricted)
                case .objected: .bool(!person.objections.isEmpty)
                }
            },
            subject: { condition in
                if entity.subject == .nobody { return true }
                return switch condition {
                case .consents(let purpose, _): person.consents.contains(purpose)
                case .isUnrestricted: !person.isRestricted
                case .doesNotObject(to: nil): person.objections.isEmpty
                case .doesNotObject(to: let purpose?): !person.objections.contains(purpose)
                case .allowsSale, .allowsSensitiveUse: true
                }
            }
        )
        return truth == .yes
    }
}

/// What the policies say to a role that comes for its usual purpose, worked out in memory: the database is not asked.
struct PolicyOracle: Sendable {
    let folder: PolicyFolder
    let role: String
    let user: String

    private var request: AccessRequest { request(reason: nil) }

    private func request(reason: String?) -> AccessRequest {
        AccessRequest(
            principal: .described(tenant: TenantID(.make()), user: user, roles: [role]),
            purpose: folder.policies.purpose(of: [role]).flatMap { folder.catalog.purposes[$0] }, reason: reason
        )
    }

    func ruling(_ action: Action, _ entity: Entity) -> Ruling { folder.policies.decide(request, action, on: entity.name) }
    func allows(_ action: Action, on resource: String) -> Bool { folder.policies.decide(request, action, on: resource).isAllowed }

    /// Whether it is denied for nothing but a proof that the caller, who gives a reason, has not given.
    func missesProof(_ action: Action, on resource: String) -> Bool {
        let request = request(reason: "test")
        return folder.policies.decide(request, action, on: resource).missing(for: request)?.obligation == .stepUp
    }

    func admits(_ action: Action, _ record: KnownRecord) -> Bool {
        let ruling = ruling(action, record.entity)
        return ruling.isAllowed && record.fits(ruling.filter) && (record.origin.map { admits(.read, $0) } ?? true)
    }

    /// What holds for the record; of one that the caller may not know, that everything is hidden.
    func decision(_ action: Action, _ record: KnownRecord) -> Decision {
        let ruling = ruling(action, record.entity)
        guard admits(action, record) else { return ruling.excluded }
        return ruling.decision(ruling.questions.map { record.fits($0) })
    }

    /// Fields that the role may use in queries about some record.
    func usable(_ entity: Entity) -> [Field] {
        let ruling = ruling(.read, entity)
        return entity.fields.indices.filter { ruling.isUsable($0) }.map { entity.fields[$0] }
    }

    /// The records that a list shows; with fields used in the query, those that show all of these in the clear.
    func listed(_ records: [KnownRecord], _ entity: Entity, by names: [String] = []) -> Set<String> {
        let shown = records.filter { record in
            guard record.entity.name == entity.name, admits(.read, record) else { return false }
            let decision = decision(.read, record)
            return names.allSatisfy { name in entity.position(of: name).map { decision.access[$0].isClear } ?? false }
        }
        return Set(shown.map(\.id))
    }
}
