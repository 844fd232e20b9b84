import DataFormats
import Foundation
import TestPostgres
import Testing

/// Changed policies come into force while the gateway runs; broken ones never do.
@Suite(.timeLimit(.minutes(15)))
struct PolicyReloadTests {
    private func withSite(_ body: (Site, ServerProcess, PolicyCopy) async throws -> Void) async throws {
        let folder = try PolicyCopy()
        try await Site.with(policies: folder.path) { site in
            let server = try await site.serve()
            try await body(site, server, folder)
        }
    }

    private let old = "country, city, employees, created_at"
    private let new = "country, employees, created_at"

    @Test func `a changed rule holds a moment after the file was written`() async throws {
        try await withSite { site, server, folder in
            let marketing = try await site.caller("marketing")
            let made = try await site.administrator.post("/v1/accounts", ["name": "Acme", "city": "Essen"])
            #expect(try await marketing.get("/v1/accounts/\(made.id)")["city"] == "Essen")
            try folder.edit("access/account.yaml", old, new)
            try await eventually("the change") { try await marketing.get("/v1/accounts/\(made.id)")["city"] == nil }
            #expect(Program.text(server.errors).contains("policies reloaded"))
            try folder.edit("access/account.yaml", new, old)
            try await eventually("the way back") { try await marketing.get("/v1/accounts/\(made.id)")["city"] == "Essen" }
        }
    }

    @Test func `a signal reads the folder even when nothing has changed`() async throws {
        try await withSite { _, server, _ in
            server.signal(SIGHUP)
            try await eventually("reloading") { Program.text(server.errors).contains("policies reloaded") }
        }
    }

    @Test func `a broken file never replaces a running policy, nor does one whose case fails`() async throws {
        try await withSite { site, server, folder in
            let marketing = try await site.caller("marketing")
            let made = try await site.administrator.post("/v1/accounts", ["name": "Acme", "city": "Essen"])
            func told(_ text: String) async throws { try await eventually(text) { Program.text(server.errors).contains(text) } }
            func stays() async throws { #expect(try await marketing.get("/v1/accounts/\(made.id)")["city"] == "Essen") }

            // One file is right and changes something, the other is broken: neither holds.
            // The folder is never right in between, however slow the writing is.
            try folder.edit("access/deal.yaml", "deny: [delete]", "deny: [deleet]")
            try folder.edit("access/account.yaml", old, new)
            server.signal(SIGHUP)
            try await told("did you mean 'delete'?")
            try await stays()

            try folder.edit("access/deal.yaml", "deny: [deleet]", "deny: [update]")
            server.signal(SIGHUP)
            try await told("a manager removes deals that are not won")
            try await stays()

            try folder.edit("catalog/deal.yaml", "label: Deal", "label: Bargain")
            try folder.edit("access/deal.yaml", "deny: [update]", "deny: [delete]")
            server.signal(SIGHUP)
            try await told("cannot change while the gateway runs")
            try await stays()

            try folder.edit("catalog/deal.yaml", "label: Bargain", "label: Deal # as before")
            try await eventually("the change") { try await marketing.get("/v1/accounts/\(made.id)")["city"] == nil }
        }
    }
}
