import DataFormats
import Foundation
import TestPostgres
import Testing

/// Opt-out of sale and sharing, limited use of sensitive data, and Global Privacy Control.
@Suite(.timeLimit(.minutes(15)))
struct OptOutTests {
    private static let sale = ["Purpose": "partner-offers"]

    @Test func `who opts out is not found for sale or sharing, whatever was consented to`() async throws {
        let scene = try await ConsentScene()
        #expect(try await scene.officer.put("\(scene.path)/consents/partner-offers", ["state": "given"]).status == 204)
        #expect(try await scene.isFound(scene.app, Self.sale))
        #expect(try await scene.officer.put("\(scene.path)/opt-out", [:]).status == 204)
        #expect(try await !scene.isFound(scene.app, Self.sale))
        #expect(try await scene.isFound(scene.app, ["Purpose": "sales"]))
        #expect(try await scene.officer.put("\(scene.path)/consents/partner-offers", ["state": "renewed"]).status == 204)
        #expect(try await !scene.isFound(scene.app, Self.sale))
        // Nobody has the data for a sale by the shipped declaration, so nobody is told.
        #expect(try await scene.site.administer("SELECT count(*) FROM recipient_notice WHERE kind = 'opt-out'") == "0")
        let standing = try await scene.officer.get(scene.path)
        #expect(standing["opt_out"]?.objectValue?["source"] == "request")
        #expect(try await scene.officer.delete("\(scene.path)/opt-out", ifMatch: nil).status == 204)
        #expect(try await scene.isFound(scene.app, Self.sale))
        #expect(try await scene.officer.get(scene.path)["opt_out"] == .null)
    }

    @Test func `those to whom the data is sold are told of an opt-out, once`() async throws {
        let policies = try TemporaryFolder.make() + "/policies"
        try FileManager.default.copyItem(atPath: Repository.policies, toPath: policies)
        let file = policies + "/processing.yaml"
        let partner = "  partner: { label: Partner, role: third-party, purposes: [partner-offers], country: DE }\n  tax-adviser:"
        try Data(Program.text(file).replacing("  tax-adviser:", with: partner).utf8).write(to: URL(fileURLWithPath: file))
        // They get what is kept for the purpose they have it for.
        let contact = policies + "/catalog/contact.yaml"
        let purposes = "purposes: [sales, service, marketing"
        let wider = Program.text(contact).replacing("\(purposes)]", with: "\(purposes), partner-offers]")
        try Data(wider.utf8).write(to: URL(fileURLWithPath: contact))
        try await Site.with(policies: policies) { site in
            try await site.serve()
            let scene = try await ConsentScene(site)
            for _ in 0..<2 { #expect(try await scene.officer.put("\(scene.path)/opt-out", [:]).status == 204) }
            #expect(try await scene.app.post("\(scene.path)/signals", [:], ["Sec-GPC": "1"]).status == 200)
            #expect(try await site.administer("SELECT count(*), min(recipient) FROM recipient_notice WHERE kind = 'opt-out'") == "1|partner")
        }
    }

    @Test func `nobody who opted out is asked to opt in again within 12 months`() async throws {
        let scene = try await ConsentScene()
        let path = "\(scene.path)/consents/partner-offers/request"
        #expect(try await scene.officer.put("\(scene.path)/opt-out", [:]).status == 204)
        let early = try await scene.app.post(path, [:])
        #expect(early.status == 409 && early.text.contains("1798.135(c)(4)"))
        // Other purposes are another matter.
        #expect(try await scene.app.post("\(scene.path)/consents/marketing/request", [:]).status == 202)
        try await scene.site.administer(
            "UPDATE subject_opt_out SET since = now() - interval '1 year' - interval '1 day' WHERE subject_id = '\(scene.contact)'")
        #expect(try await scene.app.post(path, [:]).status == 202)
        // Two steps, the second by the person: that takes the opt-out back, unless the browser says otherwise.
        #expect(try await scene.press(try scene.lastLink(), "yes", ["Sec-GPC": "1"]).status == 200)
        #expect(try await !scene.isFound(scene.app, Self.sale))
        #expect(try await scene.app.post(path, [:]).status == 202)
        #expect(try await scene.press(try scene.lastLink()).status == 200)
        #expect(try await scene.isFound(scene.app, Self.sale))
        #expect(try await scene.officer.get(scene.path)["opt_out"] == .null)
    }

    @Test func `a signal opts out once, and says so`() async throws {
        let scene = try await ConsentScene()
        #expect(try await scene.officer.put("\(scene.path)/consents/partner-offers", ["state": "given"]).status == 204)
        let path = "\(scene.path)/signals"
        for value in ["0", "true", "1.0", ""] {
            #expect(try await scene.app.post(path, [:], ["Sec-GPC": value]).status == 400)
        }
        #expect(try await scene.app.post(path, [:]).status == 400)
        #expect(try await scene.isFound(scene.app, Self.sale))
        let first = try await scene.app.post(path, [:], ["Sec-GPC": "1"])
        #expect(first.status == 200 && first["honored"] == true)
        #expect(try await !scene.isFound(scene.app, Self.sale))
        for _ in 0..<3 { #expect(try await scene.app.post(path, [:], ["Sec-GPC": "1"])["since"] == first["since"]) }
        #expect(try await scene.site.administer("SELECT count(*), min(source) FROM subject_opt_out WHERE subject_id = '\(scene.contact)'") == "1|gpc")
        let events = try await scene.site.events("actor=\(scene.app.id)&limit=200").filter { $0["target"] == "opt-out:sale:stands" }
        #expect(events.count == 1)
        #expect(try await scene.marketer.post(path, [:], ["Sec-GPC": "1"]).code == "denied")
        // It never deletes anything.
        #expect(try await scene.states() == ["given"])
    }

    @Test func `a known person's browser is heard on the page of a link`() async throws {
        let scene = try await ConsentScene()
        #expect(try await scene.app.post("\(scene.path)/consents/marketing/request", [:]).status == 202)
        let link = try scene.lastLink()
        #expect(try await scene.look(link, ["Sec-GPC": "0"]).status == 200)
        #expect(try await scene.officer.get(scene.path)["opt_out"] == .null)
        for _ in 0..<2 { #expect(try await scene.look(link, ["Sec-GPC": "1"]).status == 200) }
        let optOut = try await scene.officer.get(scene.path)["opt_out"]?.objectValue
        #expect(optOut?["source"] == "gpc" && optOut?["recorded_by"] == "data-subject")
    }

    @Test func `a request that carries the signal is for no sale`() async throws {
        let scene = try await ConsentScene()
        #expect(try await scene.officer.put("\(scene.path)/consents/partner-offers", ["state": "given"]).status == 204)
        #expect(try await scene.isFound(scene.app, Self.sale))
        let signalled = Self.sale.merging(["Sec-GPC": "1"]) { first, _ in first }
        #expect(try await scene.app.get("/v1/contacts/\(scene.contact)", signalled).status != 200)
        #expect(try await scene.app.get("/v1/contacts", signalled).data.isEmpty)
        #expect(try await scene.isFound(scene.app, Self.sale))
        #expect(try await scene.isFound(scene.app, ["Purpose": "sales", "Sec-GPC": "1"]))
    }

    @Test func `the gateway says that it hears the signal`() async throws {
        let scene = try await ConsentScene()
        let support = try await scene.look("/.well-known/gpc.json", ["Accept": "application/json"])
        #expect(support.status == 200 && support["gpc"] == true && support.headers["content-type"] == "application/json")
        #expect(support["lastUpdate"]?.stringValue?.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil)
        let heard = try await scene.look("/privacy/signal", ["Sec-GPC": "1"])
        #expect(heard["gpc"] == true && heard["honored"] == true && heard.headers["vary"] == "Sec-GPC")
        #expect(try await scene.look("/privacy/signal")["gpc"] == false)
        #expect(try await scene.press("/privacy/signal").status == 405)
    }

    @Test func `limited use hides sensitive fields for what is not necessary, of this person alone`() async throws {
        let scene = try await ConsentScene()
        let rep = try await scene.site.caller("sales-manager", user: unique("lead"))
        for id in [scene.contact] {
            let change: JSONValue = ["bank_account": "DE02120300000000202051", "national_id": "QQ123456C"]
            #expect(try await scene.administrator.patch("/v1/contacts/\(id)", ifMatch: "*", change).status == 200)
        }
        let other = try await scene.administrator.make(
            "contacts", ["family_name": .string(scene.name), "bank_account": "DE02120300000000202099", "lifecycle": "customer"])
        func account(_ id: String, _ caller: Caller, _ purpose: String) async throws -> JSONValue? {
            try await caller.get("/v1/contacts/\(id)", ["Purpose": purpose])["bank_account"]
        }
        #expect(try await account(scene.contact, rep, "sales") == "***2051")
        #expect(try await scene.officer.put("\(scene.path)/limit", [:]).status == 204)
        #expect(try await account(scene.contact, rep, "sales") == nil)
        #expect(try await account(other, rep, "sales") == "***2099")
        // What was asked for, and what the law asks.
        #expect(try await account(scene.contact, rep, "service") == "***2051")
        #expect(try await account(scene.contact, scene.officer, "compliance") == "DE02120300000000202051")
        #expect(try await account(scene.contact, scene.administrator, "operations") == nil)
        #expect(try await account(scene.contact, scene.administrator, "accounting") == "DE02120300000000202051")
        // Hidden is hidden in lists and from changes, too.
        let listed = try await scene.administrator.get("/v1/contacts?email=\(percentEncoded(scene.address))", ["Purpose": "sales"]).data
        #expect(listed.count == 1 && listed.first?["national_id"] == nil)
        let write = try await scene.administrator.patch("/v1/contacts/\(scene.contact)", ifMatch: "*", ["national_id": "QQ999999C"])
        #expect(write.code == "field-not-writable")
        #expect(try await scene.officer.delete("\(scene.path)/limit", ifMatch: nil).status == 204)
        #expect(try await account(scene.contact, rep, "sales") == "***2051")
    }
}
