import Catalog
import DataFormats
import Expressions
import Identity
import Policies
import PolicyFiles
import Testing
import Vocabulary

/// What cases, explanations and replays work out in memory, against what the gateway answers out of its database.
@Suite(.timeLimit(.minutes(15)))
struct VerdictTests {
    private struct Person: Sendable {
        let body: JSONObject
        let facts: PersonFacts
        var id = ""
    }

    private struct Somebody: Sendable {
        let role: String
        let user: String
        var teams: [String] = []
        var purpose: String?
    }

    private static let values: JSONObject = [
        "given_name": "Ada", "family_name": "Example", "phone": "+44 117 496 0143", "mobile": "+44 7700 900123", "street": "1 High Street",
        "birth_date": "1984-03-02", "national_id": "QQ123456C", "bank_account": "GB33BUKB20201555555555", "notes": "tall", "city": "Bristol",
        "country": "GB", "source": "web",
    ]

    private static func people() -> [Person] {
        let standings = [
            PersonFacts(), PersonFacts(consents: ["marketing"]), PersonFacts(isRestricted: true), PersonFacts(objections: ["sales"]),
            PersonFacts(consents: ["marketing"], objections: ["marketing"]),
        ]
        let places: [(owner: String, team: String, lifecycle: String)] = [
            ("verdict-ann", "verdict-south", "customer"), ("verdict-bob", "verdict-north", "customer"), ("verdict-bob", "verdict-south", "former"),
        ]
        return standings.flatMap { facts in
            places.map { place in
                var body = values
                body["owner_id"] = .string(place.owner)
                body["team_id"] = .string(place.team)
                body["lifecycle"] = .string(place.lifecycle)
                return Person(body: body, facts: facts)
            }
        }
    }

    private static let callers = [
        Somebody(role: "sales-rep", user: "verdict-ann", teams: ["verdict-north"]),
        Somebody(role: "sales-rep", user: "verdict-ann", purpose: "accounting"), Somebody(role: "sales-manager", user: "verdict-eve"),
        Somebody(role: "marketing", user: "verdict-mia"), Somebody(role: "support-agent", user: "verdict-sam"),
        Somebody(role: "compliance-officer", user: "verdict-con"), Somebody(role: "administrator", user: "verdict-adm", purpose: "marketing"),
        Somebody(role: "integration-app", user: "verdict-app"), Somebody(role: "operator", user: "verdict-op"),
    ]

    @Test func `the gateway answers what the policies come to in memory`() async throws {
        let site = try await Site.shared()
        let folder = try site.catalog()
        let contact = try #require(folder.catalog.entity(named: "contact"))
        let administrator = try site.administrator
        let officer = try await site.caller("compliance-officer", user: "verdict-officer")
        var people = Self.people()
        for index in people.indices {
            people[index].id = try await administrator.make("contacts", .object(people[index].body))
            let path = "/v1/subjects/\(people[index].id)"
            let facts = people[index].facts
            var answers: [Int] = []
            for purpose in facts.consents { answers.append(try await officer.put("\(path)/consents/\(purpose)", ["state": "given"]).status) }
            for purpose in facts.objections { answers.append(try await officer.put("\(path)/objections/\(purpose)", [:]).status) }
            if facts.isRestricted { answers.append(try await officer.put("\(path)/restriction", ["ground": "contested"]).status) }
            #expect(answers.allSatisfy { $0 == 204 })
        }
        for somebody in Self.callers {
            var order: JSONObject = ["roles": [.string(somebody.role)], "user": .string(somebody.user)]
            if !somebody.teams.isEmpty { order["teams"] = .array(somebody.teams.map { .string($0) }) }
            if let purpose = somebody.purpose { order["purpose"] = .string(purpose) }
            let caller = try await site.caller(order)
            let purpose = somebody.purpose ?? folder.policies.purpose(of: [somebody.role])
            let request = AccessRequest(
                principal: .described(
                    tenant: TenantID(UUIDv7(high: 0, low: 1)), user: somebody.user, roles: [somebody.role], teams: somebody.teams),
                purpose: purpose.flatMap { folder.catalog.purposes[$0] }
            )
            for person in people {
                let record = facts(of: person, contact)
                let what = "\(somebody), \(person.facts), \(person.body["owner_id"] ?? .null) \(person.body["lifecycle"] ?? .null)"
                let seen = folder.policies.verdict(request, .read, on: "contact", record)
                try await compare(seen, caller.get("/v1/contacts/\(person.id)"), person, contact, what)
                for name in ["notes", "mobile", "owner_id"] {
                    let changed = folder.policies.verdict(request, .update, on: "contact", record)
                    let answer = try await caller.patch("/v1/contacts/\(person.id)", ifMatch: "*", .object([name: person.body[name] ?? .null]))
                    let position = try #require(contact.position(of: name))
                    // What may be written of no record is refused before any is looked at.
                    let isEverWritable = folder.policies.decide(request, .update, on: "contact").widest.writable[position]
                    let expected =
                        switch changed.outcome {
                        case .allow: changed.writable[position] ? 200 : 403
                        case .deny: 403
                        case .notVisible: isEverWritable ? 404 : 403
                        }
                    #expect(answer.status == expected, "\(what): \(name)")
                }
            }
        }
    }

    private func compare(_ verdict: Verdict, _ answer: Answer, _ person: Person, _ contact: Entity, _ what: String) throws {
        let expected: [Verdict.Outcome: Int] = [.allow: 200, .deny: 403, .notVisible: 404]
        #expect(answer.status == expected[verdict.outcome], "\(what)")
        guard answer.status == 200 else { return }
        for (field, access) in zip(contact.fields, verdict.shown) {
            guard let value = person.body[field.name] else { continue }
            let found: String =
                switch answer[field.name] {
                case nil: "hidden"
                case value?: "clear"
                default: "masked"
                }
            let wanted = if case .masked = access { "masked" } else { access.words }
            #expect(found == wanted, "\(what): \(field.name)")
        }
    }

    private func facts(of person: Person, _ contact: Entity) -> RecordFacts {
        var values: [String: Value] = ["id": .string(person.id)]
        for field in contact.fields where !field.isSealed {
            values[field.name] = person.body[field.name].flatMap { try? field.read($0) }?.expressionValue
        }
        return RecordFacts(values: values, person: person.facts)
    }
}
