import DataFormats
import Foundation
import TestPostgres
import Testing

/// The shipped policies and an entity more, whose rules depend on the record in every way that rules can.
enum TicketPolicies {
    private static let catalog = """
        entity: ticket
        plural: tickets
        subject: { via: [contact_id] }
        label: Ticket
        purposes: [sales, service]
        fields:
          external_id: { type: text, max: 120, class: operational, store: plain, unique: true }
          title: { type: text, max: 200, class: business, store: plain, required: true, indexed: true }
          region: { type: text, max: 80, class: business, store: plain, indexed: true }
          level: { type: integer, class: business, store: plain, indexed: true }
          secret: { type: text, max: 200, class: business, store: plain, indexed: true, mask: redacted }
          note: { type: text, max: 200, class: personal, store: sealed, search: [exact, word, prefix], unique: warn, mask: redacted }
          contact_id: { type: reference, to: contact, class: business, store: plain, indexed: true }
          owner_id: { type: user, class: operational, store: plain, indexed: true }
          team_id: { type: team, class: operational, store: plain, indexed: true }
          created_at: { type: timestamp, class: operational, store: plain, system: true, indexed: true }
          updated_at: { type: timestamp, class: operational, store: plain, system: true, indexed: true }
        retention:
          - { name: old-tickets, since: updated_at, after: P3Y, do: erase, basis: "GDPR Art. 5(1)(e)" }
        """

    private static let access = """
        policy: ticket
        roles_derived:
          keeper: { from: [support-agent], when: "record.owner_id == principal.id" }
          helper: { from: [support-agent], when: "record.team_id in principal.teams" }
        rules:
          - name: support-works-in-its-regions
            allow: [read, create, import]
            to: [support-agent]
            when: "record.region in principal.countries"
            fields: { clear: ["*"], except: [secret, note], mask: { secret: redacted } }
            write: { fields: ["*"], except: [secret, note] }
          - name: keepers-do-everything
            allow: [read, update, import]
            to: [keeper]
            fields: { clear: ["*"] }
            write: { fields: ["*"] }
          - name: helpers-read-secrets
            allow: [read]
            to: [helper]
            fields: { clear: [title, secret] }
          - name: helpers-write-titles
            allow: [update]
            to: [helper]
            fields: { clear: [title] }
            write: { fields: [title] }
          - name: support-clears-small-ones
            allow: [delete]
            to: [support-agent]
            when: "record.level <= 3"
          - name: managers-remove
            allow: [read, delete]
            to: [sales-manager]
            fields: { clear: ["*"] }
          - name: but-not-large-ones
            deny: [delete]
            to: [sales-manager]
            when: "record.level > 3"
          - name: secrets-of-large-ones-stay
            deny: [read]
            to: [sales-manager]
            when: "record.level > 3"
            fields: { hide: [secret], mask: { note: redacted } }
          - name: officers-in-person
            allow: [delete]
            to: [compliance-officer]
            require: [step-up]
          - name: programs-with-a-reason
            allow: [delete]
            to: [integration-app]
            reason: required
        """

    static func folder() throws -> String {
        let folder = try TemporaryFolder.make() + "/policies"
        try FileManager.default.copyItem(atPath: Repository.policies, toPath: folder)
        try Data(catalog.utf8).write(to: URL(fileURLWithPath: folder + "/catalog/ticket.yaml"))
        try Data(access.utf8).write(to: URL(fileURLWithPath: folder + "/access/ticket.yaml"))
        return folder
    }

    /// One gateway with these policies for all tests of the process.
    static func site() async throws -> Site { try await starting.value }
    private static let starting = Task {
        let site = try await Site(policies: folder())
        let applied = try await site.run("schema", "apply")
        guard applied.status == 0 else { throw TestFailure(applied.errors) }
        try await site.serve()
        return site
    }

    /// Somebody of support who looks after a region of its own, so that no other test's tickets are in sight.
    static func agent(_ site: Site, region: String, user: String = unique("agent"), teams: [String] = []) async throws -> Caller {
        try await site.caller([
            "roles": ["support-agent"], "user": .string(user), "teams": .array(teams.map { .string($0) }),
            "attributes": ["countries": [.string(region)]],
        ])
    }
}

extension Caller {
    /// A record made by somebody who may.
    func make(_ plural: String, _ body: JSONValue) async throws -> String {
        let answer = try await post("/v1/\(plural)", body)
        guard answer.status == 201 else { throw MarkingFailure(description: answer.text) }
        return answer.id
    }

    func listed(_ path: String, _ headers: [String: String] = [:]) async throws -> [String] {
        try await get(path, headers).data.compactMap { $0["id"]?.stringValue }
    }

    func filtered(_ plural: String, _ filter: String, _ more: String = "", _ headers: [String: String] = [:]) async throws -> Answer {
        try await get("/v1/\(plural)?filter=\(percentEncoded(filter))\(more)", headers)
    }
}

extension Site {
    /// Events about a record, newest first.
    func events(_ query: String) async throws -> [JSONObject] { try await administrator.get("/v1/audit/events?limit=200&\(query)").data }
}
