import Expressions
import Vocabulary

/// Reads one entity document.
struct EntityReader {
    let purposes: [String: Purpose]

    private static let known = [
        "entity", "plural", "subject", "label", "purposes", "fields", "retention", "erasure", "history_of", "converts",
        "duplicates",
    ]
    /// Members that every record has beside its fields.
    private static let reserved: Set<String> = ["id", "version", "tenant_id", "subject_id", "deleted_at", "deleted_by", "_meta", "_included"]
    /// Tables, resources and routes that the gateway has itself.
    private static let reservedNames: Set<String> = [
        "tenant", "credential", "audit", "audit_inbox", "audit_event", "audit_event_rest", "audit_subject", "audit_subject_rest", "audit_log",
        "audit_checkpoint", "audit_tile", "audit_witness", "audit_feed", "audit_wipe", "audit_prune", "log", "schema_change", "tokens", "consent",
        "subject_restriction", "subject_objection",
        "access_grant", "grants", "subjects", "consent_event", "consent_link", "subject_opt_out", "consents", "notices", "request", "requests",
        "subject_request", "request_event",
        "request_job", "approval", "hold", "holds", "legal_hold", "hold_gate", "hold_reach", "retention", "retention_run", "retention_item",
        "retention_tally", "retention_review", "retention_report",
        "archived_record", "kept_answer",
        "erasure", "erasures", "recipients", "suppressions", "suppression", "suppressed", "processing", "recipient_notice", "export_package",
        "exports", "export", "notice", "rights_agent", "webhook", "webhook_endpoint", "change_event", "event_delivery",
        "job", "jobs", "record_job", "record_job_part", "record_job_line",
        "user", "users", "user_account", "user_role", "user_team", "user_team_member", "teams",
        "drp", "reports", "metrics", "policy", "key", "grant", "merged_record", "merged_person", "honey",
        "honey_record", "limit", "limits", "limit_lift",
    ]

    func read(_ mapping: SourceMapping, _ problems: inout [Diagnostic]) throws(Diagnostic) -> Entity? {
        try mapping.refuseOthers(than: Self.known)
        let name = try entityName(mapping.required("entity"), "entity")
        let plural = try entityName(mapping.required("plural"), "plural")
        let label = try mapping["label"]?.text("label") ?? name
        let subject = try subject(mapping.required("subject"))
        let purposes = try purposeNames(mapping["purposes"])
        let before = problems.count
        var fields: [Field] = []
        var names: Set<String> = []
        let fieldReader = FieldReader(entityPurposes: purposes, subject: subject)
        for member in try mapping.required("fields").mapping("fields").members {
            do throws(Diagnostic) {
                let fieldName = try identifier(member.key, "a field's name")
                if Self.reserved.contains(fieldName) {
                    throw Diagnostic(member.key.position, "'\(fieldName)' is a name that every record has already")
                }
                if !names.insert(fieldName).inserted { throw Diagnostic(member.key.position, "'\(fieldName)' is declared twice") }
                fields.append(try fieldReader.read(fieldName, member.value, checkPurposes: purposeNames))
            } catch {
                problems.append(error)
            }
        }
        let retention = try retention(mapping["retention"], fields, subject, &problems)
        guard problems.count == before else { return nil }
        let entity = Entity(
            name: name, plural: plural, label: label, subject: subject, purposes: purposes, fields: fields, retention: retention,
            erasure: try erasure(mapping["erasure"], subject), historyOf: try historyOf(mapping["history_of"]),
            conversion: try ConversionReader.conversion(mapping["converts"], fields),
            duplicates: try ConversionReader.duplicates(mapping["duplicates"], fields)
        )
        try check(entity, mapping)
        return entity
    }

    private func check(_ entity: Entity, _ source: SourceMapping) throws(Diagnostic) {
        for required in ["created_at", "updated_at"] {
            guard let field = entity.field(named: required), field.type == .timestamp, field.isSystem, field.storage == .plain else {
                throw Diagnostic(
                    source.position, "\(entity.name) needs the field '\(required)'",
                    hint: "\(required): { type: timestamp, class: operational, store: plain, system: true }"
                )
            }
        }
        for field in entity.fields where field.type == .money {
            guard let currency = field.currencyField, entity.field(named: currency)?.type == .currency else {
                throw Diagnostic(
                    source.position, "the money field '\(field.name)' of \(entity.name) needs 'currency:' with the name of a currency field"
                )
            }
        }
        let isPersonal = entity.subject != .nobody && entity.fields.contains { $0.fieldClass.isPersonal }
        if isPersonal, entity.retention.isEmpty {
            throw Diagnostic(
                source.position, "\(entity.name) holds personal data and no retention rule reaches it (GDPR Art. 5(1)(e))",
                hint: "add 'retention:' with at least one rule"
            )
        }
        if entity.historyOf != nil {
            for required in ["from_value", "to_value", "changed_by"] where entity.field(named: required) == nil {
                throw Diagnostic(source.position, "a history needs the field '\(required)'")
            }
        }
    }

    private func identifier(_ node: SourceNode, _ what: String) throws(Diagnostic) -> String {
        let text = try node.text(what)
        let isFine =
            (1...48).contains(text.utf8.count) && ("a"..."z").contains(text.first ?? "_")
            && text.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == "_" }
        guard isFine else {
            throw Diagnostic(node.position, "\(what) takes small letters, digits and underscores, at most 48, beginning with a letter")
        }
        return text
    }

    private func entityName(_ node: SourceNode, _ what: String) throws(Diagnostic) -> String {
        let name = try identifier(node, what)
        if Self.reservedNames.contains(name) { throw Diagnostic(node.position, "'\(name)' is a name that the gateway uses itself") }
        return name
    }

    private func subject(_ node: SourceNode) throws(Diagnostic) -> SubjectRule {
        switch node.content {
        case .scalar("self", _): return .itself
        case .scalar("none", _): return .nobody
        case .mapping:
            let mapping = try node.mapping("subject")
            try mapping.refuseOthers(than: ["via"])
            let via = try mapping.required("via")
            if case .scalar(let relation, _) = via.content { return .via([relation]) }
            let relations = try via.texts("via").map(\.text)
            if relations.isEmpty { throw Diagnostic(via.position, "via names at least one reference") }
            return .via(relations)
        default:
            throw Diagnostic(node.position, "subject is self, none or { via: [relation] }")
        }
    }

    private func purposeNames(_ node: SourceNode?) throws(Diagnostic) -> [String] {
        guard let node else { return [] }
        let names = try node.texts("purposes")
        for name in names where purposes[name.text] == nil {
            throw Diagnostic(
                name.position, "purpose '\(name.text)' is not declared",
                hint: Spelling.hint(for: name.text, among: purposes.keys.sorted())
            )
        }
        return names.map(\.text)
    }

    private func historyOf(_ node: SourceNode?) throws(Diagnostic) -> (entity: String, field: String)? {
        guard let node else { return nil }
        let parts = try node.text("history_of").split(separator: ".")
        guard parts.count == 2 else { throw Diagnostic(node.position, "history_of names a field as entity.field") }
        return (String(parts[0]), String(parts[1]))
    }

    private func erasure(_ node: SourceNode?, _ subject: SubjectRule) throws(Diagnostic) -> ErasureRule {
        guard let node else { return ErasureRule(action: .delete, basis: "") }
        let mapping = try node.mapping("erasure")
        try mapping.refuseOthers(than: ["do", "basis"])
        let action = try mapping.required("do").choice("do", of: ErasureRule.Action.self)
        switch (action, subject) {
        case (_, .nobody): throw Diagnostic(node.position, "erasure is about records of people, and these are about nobody")
        case (.blank, .itself):
            throw Diagnostic(node.position, "a record that is the person cannot stay without the person", hint: "leave out 'erasure'")
        case (.delete, _): return ErasureRule(action: .delete, basis: try mapping["basis"]?.text("basis") ?? "")
        case (.blank, .via): return ErasureRule(action: .blank, basis: try mapping.required("basis").text("basis"))
        }
    }

    private func retention(
        _ node: SourceNode?, _ fields: [Field], _ subject: SubjectRule, _ problems: inout [Diagnostic]
    ) throws(Diagnostic) -> [RetentionRule] {
        guard let node else { return [] }
        guard case .sequence(let items) = node.content else { throw Diagnostic(node.position, "retention has to be a list of rules") }
        var rules: [RetentionRule] = []
        for item in items {
            do throws(Diagnostic) {
                let mapping = try item.mapping("a retention rule")
                try mapping.refuseOthers(than: ["name", "when", "since", "after", "do", "basis"])
                let since = try mapping.required("since")
                let sinceName = try since.text("since")
                guard let field = fields.first(where: { $0.name == sinceName }), field.type == .date || field.type == .timestamp else {
                    throw Diagnostic(since.position, "since '\(sinceName)' is no date or timestamp of this entity")
                }
                let after = try mapping.required("after")
                let period = try after.text("after")
                guard Self.isPeriod(period) else { throw Diagnostic(after.position, "after takes a period such as P3Y, P18M or P90D") }
                let (name, action) = (try mapping.required("name"), try mapping.required("do"))
                if rules.contains(where: { $0.name == (try? name.text("name")) }) {
                    throw Diagnostic(name.position, "two retention rules of an entity have one name")
                }
                switch (try action.choice("do", of: RetentionRule.Action.self), subject) {
                case (.anonymise, .itself), (.archive, .itself):
                    throw Diagnostic(action.position, "a record that is the person cannot stay without the person", hint: "do: erase")
                case (.anonymise, .nobody): throw Diagnostic(action.position, "these records are about nobody already")
                default: break
                }
                rules.append(
                    RetentionRule(
                        name: try mapping.required("name").text("name"), condition: try condition(mapping["when"], fields), since: sinceName,
                        after: period, action: try mapping.required("do").choice("do", of: RetentionRule.Action.self),
                        basis: try mapping.required("basis").text("basis")
                    )
                )
            } catch {
                problems.append(error)
            }
        }
        return rules
    }

    /// What a rule asks of a record; of plain fields only, because rules run over all records without opening any.
    private func condition(_ node: SourceNode?, _ fields: [Field]) throws(Diagnostic) -> Condition? {
        guard let node else { return nil }
        let columns = fields.map { $0.isSealed ? Column($0.name, $0.columnKind, isSealed: true) : $0.column }
        let scope = ExpressionScope(
            variables: ["now": .timestamp], columns: Dictionary(columns.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        )
        let text = try node.text("when")
        do throws(ExpressionProblem) { return try Condition.compile(text, scope: scope) } catch { throw error.diagnostic(in: node) }
    }

    private static func isPeriod(_ text: String) -> Bool {
        guard text.first == "P", let unit = text.last, "YMWD".contains(unit) else { return false }
        let digits = text.dropFirst().dropLast()
        return (1...4).contains(digits.count) && digits.allSatisfy { ("0"..."9").contains($0) }
    }
}
