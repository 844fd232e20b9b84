import Catalog
import Expressions
import Foundation
import Policies
import PolicyFiles
import Testing
import Vocabulary

/// The policies that come with the product.
struct ShippedPolicyTests {
    private let path: String
    private let folder: PolicyFolder

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        path = root.appendingPathComponent("policies").path
        folder = try PolicyFolder.load(path)
    }

    @Test func `every case holds, every rule has a case that fails without it, and nothing looks like a mistake`() throws {
        let report = folder.policies.run(try PolicyFolder.cases(of: path, for: folder.policies))
        #expect(report.failures.map(\.description).isEmpty)
        #expect(report.unguarded.map(\.name).isEmpty)
        #expect(PolicyLint.warnings(folder.policies).map(\.description).isEmpty)
    }

    /// For the purpose that the role usually comes for.
    private func ruling(_ role: String, _ action: Action, on entity: String) -> Ruling {
        let purpose = folder.policies.purpose(of: [role]).flatMap { folder.catalog.purposes[$0] }
        return folder.policies.decide(AccessRequest(principal: Written.caller(role), purpose: purpose), action, on: entity)
    }

    @Test func `the shipped folder compiles and covers a CRM`() {
        let names = folder.catalog.entities.map(\.name)
        #expect(names == ["account", "activity", "contact", "deal", "lead", "stage_change", "task"])
        #expect(folder.catalog.history(of: "stage", in: "deal")?.name == "stage_change")
        #expect(folder.policies.roles.count == 11)
    }

    @Test func `every personal field is sealed, or says why not`() {
        for entity in folder.catalog.entities {
            for field in entity.fields where field.fieldClass.isPersonal && !field.isSealed {
                #expect(field.exemption?.isEmpty == false, "\(entity.name).\(field.name)")
            }
            if entity.fields.contains(where: { $0.fieldClass.isPersonal }) { #expect(!entity.retention.isEmpty, "\(entity.name)") }
        }
    }

    @Test func `no role but the named ones sees special and financial fields in the clear`() throws {
        for entity in folder.catalog.entities {
            for role in folder.policies.roles {
                let decision = ruling(role, .read, on: entity.name).widest
                for (field, access) in zip(entity.fields, decision.access) where field.fieldClass.isNamedOnly && access == .clear {
                    #expect(["administrator", "compliance-officer"].contains(role), "\(role) sees \(entity.name).\(field.name)")
                }
            }
        }
    }

    @Test(arguments: [
        ("sales-rep", "email", FieldAccess.clear), ("sales-rep", "birth_date", .masked(.year)), ("sales-rep", "street", .hidden),
        ("sales-rep", "mobile", .masked(.last4)), ("sales-rep", "national_id", .hidden), ("marketing", "email", .clear),
        ("marketing", "phone", .hidden), ("marketing", "family_name", .masked(.initial)), ("support-agent", "email", .masked(.email)),
        ("support-agent", "phone", .masked(.last4)), ("integration-app", "bank_account", .masked(.last4)),
        ("compliance-officer", "health_notes", .clear), ("administrator", "bank_account", .clear),
    ])
    func `roles see of a contact what they are meant to`(role: String, field: String, expected: FieldAccess) throws {
        let contact = try #require(folder.catalog.entity(named: "contact"))
        let purpose = folder.policies.purpose(of: [role]).flatMap { folder.catalog.purposes[$0] }
        let request = AccessRequest(principal: Written.caller(role), purpose: purpose)
        // Somebody else's contact, who agreed to mails.
        let record = RecordFacts(values: ["owner_id": .string("bob")], person: PersonFacts(consents: ["marketing"]))
        let verdict = folder.policies.verdict(request, .read, on: "contact", record)
        #expect(try verdict.shown[#require(contact.position(of: field))] == expected)
    }

    @Test(arguments: ["birth_date", "street", "mobile"])
    func `who sells sees and writes of its own contacts what it may not of others`(field: String) throws {
        let contact = try #require(folder.catalog.entity(named: "contact"))
        let position = try #require(contact.position(of: field))
        for action in [Action.read, .update] {
            let ruling = ruling("sales-rep", action, on: "contact")
            let (own, others) = (ruling.decision(ruling.questions.map { _ in true }), ruling.decision(ruling.questions.map { _ in false }))
            #expect(own.access[position].isClear)
            #expect(!others.access[position].isClear)
            guard action == .update else { continue }
            #expect(own.writable[position])
            #expect(ruling.widest.writable[position])
            #expect(!others.writable[position])
        }
    }

    @Test(arguments: ["auditor", "operator"]) func `who runs or audits the system sees no record`(role: String) {
        for entity in folder.catalog.entities {
            for action in Action.allCases { #expect(!ruling(role, action, on: entity.name).isAllowed) }
        }
    }

    @Test func `a folder without files, and one that is not there, are told`() throws {
        let empty = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        #expect(Written.problems { try PolicyFolder.load(empty.path) }.contains("this file cannot be read"))
        try FileManager.default.createDirectory(at: empty.appendingPathComponent("catalog"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: empty) }
        try Written.purposes.write(to: empty.appendingPathComponent("purposes.yaml"), atomically: true, encoding: .utf8)
        try Written.processing.write(to: empty.appendingPathComponent("processing.yaml"), atomically: true, encoding: .utf8)
        try Written.roles.write(to: empty.appendingPathComponent("roles.yaml"), atomically: true, encoding: .utf8)
        #expect(Written.problems { try PolicyFolder.load(empty.path) }.contains("there is no .yaml file in this folder"))
    }
}
