import ArgumentParser
import Catalog
import Expressions
import Foundation
import Identity
import Policies
import PolicyFiles
import PostgresLink
import Storage
import Vocabulary

/// What a decision with its row plan costs, for the shipped policies and for five hundred rules, and how fast expressions are
/// evaluated. A plan is the ruling and the SQL of its row condition and questions.
struct PolicyCost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "policies")
    @Option(help: "The folder of policies.") var policies: String
    @Option var rounds = 50_000

    func run() async throws {
        print("policies                                                   µs each")
        try measure("shipped", try PolicyFolder.load(policies), rounds)
        let many = try Self.withManyRules(policies, 500)
        defer { try? FileManager.default.removeItem(atPath: many) }
        try measure("500 rules", try PolicyFolder.load(many), rounds / 10)
        for (name, share) in [("500 rules, 5 of the request", 100), ("500 of the request", 1)] {
            let timed = try Self.withManyRules(policies, 500, oneIn: share, "request.time > timestamp('2020-01-01T00:00:00Z')")
            defer { try? FileManager.default.removeItem(atPath: timed) }
            try measure(name, try PolicyFolder.load(timed), rounds / 100)
        }
        try expressions()
    }

    private func measure(_ name: String, _ folder: PolicyFolder, _ rounds: Int) throws {
        guard let entity = folder.catalog.entity(named: "contact") else { return }
        let callers: [(String, Principal, String)] = [
            ("administrator", .described(tenant: TenantID(.make()), user: "root", roles: ["administrator"]), "operations"),
            ("sales-rep", .described(tenant: TenantID(.make()), user: "ann", roles: ["sales-rep"], teams: ["north", "east"]), "sales"),
            ("marketing", .described(tenant: TenantID(.make()), user: "mia", roles: ["marketing"]), "marketing"),
        ]
        for (label, principal, purpose) in callers {
            let decided = folder.policies.decide(
                AccessRequest(principal: principal, purpose: folder.catalog.purposes[purpose]), .read, on: entity.name)
            var length = 0
            let cost = try Stages.time(rounds) {
                let request = AccessRequest(principal: principal, purpose: folder.catalog.purposes[purpose])
                let ruling = folder.policies.decide(request, .read, on: entity.name)
                length = ruling.filter.filter(entity).text.utf8.count
                for question in ruling.questions { length += question.sql(entity).text.utf8.count }
            }
            Stages.line("\(name), \(label): \(decided.findings.count) rules, \(length) B SQL", cost)
        }
    }

    /// The shipped policies and, for contacts, rules of a sales rep with a condition each.
    private static func withManyRules(_ folder: String, _ count: Int, oneIn share: Int = 1, _ more: String = "true") throws -> String {
        let copy = NSTemporaryDirectory() + "gatehouse-bench-" + UUID().uuidString
        try FileManager.default.copyItem(atPath: folder, toPath: copy)
        try? FileManager.default.removeItem(atPath: copy + "/cases")
        let path = copy + "/access/contact.yaml"
        var text = try String(contentsOfFile: path, encoding: .utf8)
        for number in 0..<count {
            text += """
                  - name: bench-\(number)
                    allow: [read]
                    to: [sales-rep]
                    when: "record.owner_id == 'user-\(number)' && record.lifecycle == 'customer' && principal.id != 'user-\(number)' && \(number % share == 0 ? more : "true")"
                    fields: { clear: [given_name] }

                """
        }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return copy
    }

    private func expressions() throws {
        print("expressions                                                µs each")
        let row = Row()
        for text in [
            "record.stage == 'won'", "principal.id == record.owner_id && record.amount > 1000.0",
            "record.amount > 1000.0 && record.stage in ['won', 'negotiation'] && now > timestamp('2026-01-01T00:00:00Z')",
            "record.name.startsWith('Bo') || record.name.matches('^B.*r$')",
        ] {
            let node = try ExpressionParser.parse(text)
            let cost = try Stages.time(200_000) { _ = try node.evaluate(row) }
            Stages.line(String(text.prefix(57)), cost)
        }
    }

    private struct Row: Bindings {
        func value(of variable: String) -> Value? { variable == "now" ? Timestamp(seconds: 1_800_000_000).map { .timestamp($0) } : nil }
        func member(_ name: String, of variable: String) -> MemberValue? {
            switch (variable, name) {
            case ("principal", "id"), ("record", "owner_id"): .value(.string("ann"))
            case ("record", "amount"): .value(.double(1200.5))
            case ("record", "stage"): .value(.string("won"))
            case ("record", "name"): .value(.string("Berger"))
            default: .missing
            }
        }
    }
}
