import Catalog
import PostgresLink
import Storage
import SubjectRights
import Vocabulary

/// The rules of the catalog at one moment, in the order in which they are carried out: what points to other records goes before those.
struct RetentionSelection: Sendable {
    let catalog: CompiledCatalog
    let calendar: WorkCalendar
    let now: Instant

    /// Entities with their rules; floors are no rules to carry out.
    var rules: [(entity: Entity, rule: RetentionRule)] {
        let people = Reach(catalog).entities
        let others = catalog.entities.filter { entity in !people.contains { $0 === entity } }
        return (people + others).flatMap { entity in entity.retention.filter { $0.action != .keep }.map { (entity, $0) } }
    }

    static func name(_ entity: Entity, _ rule: RetentionRule) -> String { "\(entity.name).\(rule.name)" }

    /// Rules by their name, `entity.rule`, or by that of the rule alone where only one has it.
    func rules(named name: String?) throws(Refusal) -> [(entity: Entity, rule: RetentionRule)] {
        guard let name else { return rules }
        let found = rules.filter { Self.name($0.entity, $0.rule) == name || $0.rule.name == name }
        let known = rules.map { Self.name($0.entity, $0.rule) }
        if found.isEmpty {
            throw Refusal(.notFound, "there is no retention rule of this name", hint: Spelling.hint(for: name, among: known))
        }
        if found.count > 1 {
            let names = found.map { Self.name($0.entity, $0.rule) }.joined(separator: ", ")
            throw Refusal(.parameterInvalid, "several rules have this name", hint: "one of \(names)")
        }
        return found
    }

    func term(_ rule: RetentionRule) -> RetentionTerm { RetentionTerm(rule, at: now, calendar) }

    /// What a rule is about, as a question to the database.
    func choice(_ entity: Entity, _ rule: RetentionRule, _ reach: HoldReach?, of tenant: TenantID) throws(Refusal) -> RetentionChoice {
        RetentionChoice(
            entity, rule, try term(rule, of: entity), floors: try entity.floors.map { rule throws(Refusal) in try term(rule, of: entity) }, reach,
            catalog, of: tenant)
    }

    private func term(_ rule: RetentionRule, of entity: Entity) throws(Refusal) -> RetentionChoice.Term {
        guard let since = entity.field(named: rule.since) else {
            throw Refusal(.internalError, "a retention rule of \(entity.name) has no anchor")
        }
        let term = term(rule)
        return RetentionChoice.Term(since: since, condition: rule.rows(at: now), lastDay: term.lastDay, before: term.before)
    }
}
