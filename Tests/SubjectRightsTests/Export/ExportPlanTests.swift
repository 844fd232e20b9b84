import Catalog
import Foundation
import PolicyFiles
import SubjectRights
import Testing

/// What the shipped catalog makes of the three rights.
struct ExportPlanTests {
    private let catalog: CompiledCatalog

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        catalog = try PolicyFolder.load(root.path + "/policies").catalog
    }

    private func treatment(_ scope: ExportScope, _ entity: String, _ field: String) -> ExportPlan.Treatment? {
        ExportPlan(catalog, scope).entities.first { $0.entity.name == entity }?.fields.first { $0.field.name == field }?.treatment
    }

    @Test func `access reaches every field of every entity about people, and the history of such records`() {
        let plan = ExportPlan(catalog, .access)
        for entity in catalog.entities where entity.subject != .nobody || entity.historyOf?.entity == "deal" {
            let planned = plan.entities.first { $0.entity === entity }
            #expect(planned?.fields.map(\.field.name) == entity.fields.map(\.name), "\(entity.name)")
        }
        #expect(!plan.entities.contains { $0.entity.name == "account" })
    }

    @Test func `what a law or somebody else keeps back is said to be held`() {
        #expect(treatment(.access, "contact", "national_id") == .shown)
        #expect(treatment(.know, "contact", "national_id") == .held)
        #expect(treatment(.know, "contact", "bank_account") == .held)
        // No number: what somebody told of their health is theirs to know.
        #expect(treatment(.know, "contact", "health_notes") == .shown)
        for scope in [ExportScope.access, .know] {
            #expect(treatment(scope, "contact", "owner_id") == .another)
            #expect(treatment(scope, "stage_change", "changed_by") == .another)
            #expect(treatment(scope, "activity", "lead_id") == .ownOnly)
        }
    }

    @Test func `portability hands out what the person gave, for purposes of consent or contract`() {
        let plan = ExportPlan(catalog, .portability)
        #expect(plan.entities.map(\.entity.name) == ["contact", "lead"])
        #expect(treatment(.portability, "contact", "email") == .shown)
        #expect(treatment(.portability, "lead", "company") == .shown)
        for (entity, field) in [("contact", "notes"), ("contact", "lifecycle"), ("lead", "notes"), ("contact", "owner_id"), ("deal", "notes")] {
            #expect(treatment(.portability, entity, field) == nil, "\(entity).\(field)")
        }
        #expect(plan.mentions.isEmpty)
    }

    @Test func `a record about somebody else shows that it names the person, and no text or number`() throws {
        let plan = try #require(ExportPlan(catalog, .access).mentions.first { $0.entity.name == "activity" })
        for planned in plan.fields {
            let expected: ExportPlan.Treatment =
                switch planned.field.name {
                case "contact_id", "lead_id": .ownOnly
                case "kind", "direction", "occurred_at", "created_at", "updated_at": .shown
                default: .another
                }
            #expect(planned.treatment == expected, "\(planned.field.name)")
        }
    }
}
