import DataFormats
import Foundation
import Testing

/// What people allow limits whose records are found, for each purpose, from the next request on.
@Suite(.timeLimit(.minutes(15)))
struct PurposeTests {
    /// A person and records about them.
    private struct Scene {
        let site: Site
        let administrator: Caller
        let officer: Caller
        let rep: Caller
        let marketer: Caller
        let name = unique("Purpose")
        let contact: String
        let deal: String

        init(_ more: JSONObject = [:]) async throws {
            site = try await Site.shared()
            administrator = try site.administrator
            officer = try await site.caller("compliance-officer", user: unique("officer"))
            rep = try await site.caller("sales-rep", user: unique("rep"))
            marketer = try await site.caller("marketing", user: unique("marketer"))
            var body: JSONObject = ["family_name": .string(name), "email": .string("\(name)@example.org"), "lifecycle": "customer"]
            for member in more.members { body[member.name] = member.value }
            contact = try await administrator.make("contacts", .object(body))
            deal = try await administrator.make("deals", ["name": .string(name), "contact_id": .string(contact)])
        }

        func say(_ path: String, _ body: JSONValue = [:]) async throws -> Int {
            try await officer.put("/v1/subjects/\(contact)/\(path)", body).status
        }

        /// Every way by which a caller may learn of the person: each has to answer that it found, or did not find.
        func finds(_ caller: Caller, _ headers: [String: String] = [:]) async throws -> Set<Bool> {
            let byAddress = "/v1/contacts?email=\(percentEncoded("\(name)@example.org"))"
            var found: Set<Bool> = []
            found.insert(try await caller.get("/v1/contacts/\(contact)", headers).status == 200)
            found.insert(try await !caller.get(byAddress, headers).data.isEmpty)
            found.insert(try await caller.get(byAddress + "&count=true&limit=1", headers)["count"] == 1)
            found.insert(try await !caller.filtered("contacts", "email == '\(name)@example.org'", "", headers).data.isEmpty)
            return found
        }

        func findsDeal(_ caller: Caller, _ headers: [String: String] = [:]) async throws -> Set<Bool> {
            var found: Set<Bool> = []
            found.insert(try await caller.get("/v1/deals/\(deal)", headers).status == 200)
            found.insert(try await caller.listed("/v1/deals?name=\(name)", headers) == [deal])
            found.insert(try await caller.get("/v1/deals?count=true&name=\(name)", headers)["count"] == 1)
            // Its history is part of it.
            let history = try await caller.get("/v1/stage_changes?count=true&deal_id=\(deal)", headers)
            found.insert(history.data.count == 1)
            found.insert(history["count"] == 1)
            if let change = try await administrator.listed("/v1/stage_changes?deal_id=\(deal)", ["Purpose": "compliance"]).first {
                found.insert(try await caller.get("/v1/stage_changes/\(change)", headers).status == 200)
            }
            found.insert(
                try await caller.get("/v1/deals?group_by=name&name=\(name)", headers)["groups"] == [["key": ["name": .string(name)], "count": 1]])
            return found
        }
    }

    @Test func `marketing finds whoever agreed, until the consent is withdrawn or over`() async throws {
        let scene = try await Scene()
        #expect(try await scene.finds(scene.marketer) == [false])
        #expect(try await scene.say("consents/marketing", ["state": "given", "evidence": "form 7"]) == 204)
        #expect(try await scene.finds(scene.marketer) == [true])
        #expect(try await scene.say("consents/marketing", ["state": "withdrawn"]) == 204)
        #expect(try await scene.finds(scene.marketer) == [false])
        #expect(try await scene.say("consents/marketing", ["state": "refused"]) == 204)
        #expect(try await scene.finds(scene.marketer) == [false])
        #expect(try await scene.say("consents/marketing", ["state": "given", "valid_until": "2099-01-01T00:00:00Z"]) == 204)
        #expect(try await scene.finds(scene.marketer) == [true])
        #expect(try await scene.say("consents/marketing", ["state": "given", "valid_until": "2020-01-01T00:00:00Z"]) == 204)
        #expect(try await scene.finds(scene.marketer) == [false])
        #expect(try await scene.finds(scene.rep) == [true])
    }

    @Test func `an objection to one purpose leaves the others alone`() async throws {
        let scene = try await Scene()
        #expect(try await scene.finds(scene.rep) == [true])
        #expect(try await scene.say("objections/sales") == 204)
        #expect(try await scene.finds(scene.rep) == [false])
        #expect(try await scene.findsDeal(scene.rep) == [false])
        #expect(try await scene.finds(scene.rep, ["Purpose": "service"]) == [true])
        #expect(try await scene.findsDeal(scene.rep, ["Purpose": "service"]) == [true])
        #expect(try await scene.officer.delete("/v1/subjects/\(scene.contact)/objections/sales", ifMatch: nil).status == 204)
        #expect(try await scene.finds(scene.rep) == [true])
        // Direct marketing ends with an objection, whatever was agreed to before.
        #expect(try await scene.say("consents/marketing", ["state": "given"]) == 204)
        #expect(try await scene.say("objections/marketing") == 204)
        #expect(try await scene.finds(scene.marketer) == [false])
        #expect(try await scene.say("objections/accounting") == 422)
        #expect(try await scene.say("objections/nothing") == 400)
    }

    @Test func `a restricted person is found by nobody but who answers to people and authorities`() async throws {
        let scene = try await Scene()
        let everyone = [scene.rep, scene.administrator, try await scene.site.caller("integration-app"), try await scene.site.caller("support-agent")]
        #expect(try await scene.say("restriction", ["ground": "accuracy contested"]) == 204)
        for caller in everyone.prefix(3) {
            #expect(try await scene.finds(caller) == [false])
            #expect(try await scene.findsDeal(caller) == [false])
        }
        #expect(try await everyone[3].get("/v1/contacts/\(scene.contact)").status == 404)
        #expect(try await scene.finds(scene.officer) == [true])
        #expect(try await scene.findsDeal(scene.officer) == [true])
        for path in ["contacts/\(scene.contact)", "deals/\(scene.deal)"] {
            #expect(try await scene.administrator.patch("/v1/\(path)", ifMatch: "*", ["owner_id": "new.owner"]).status == 404)
            #expect(try await scene.administrator.delete("/v1/\(path)", ifMatch: "*").status == 404)
        }
        // No duplicate is told, and an import finds nobody.
        let twin = try await scene.administrator.post("/v1/contacts", ["email": .string("\(scene.name)@example.org")])
        #expect(twin["_meta"]?.objectValue?["duplicates"] == nil)
        let row: JSONValue = ["line": 1, "members": ["email": .string("\(scene.name)@example.org"), "job_title": "New"]]
        let imported = try await scene.administrator.importRows("contacts", [row])
        #expect(imported.text.contains(twin.id))
        #expect(!imported.text.contains(scene.contact))
        #expect(try await scene.administrator.delete("/v1/contacts/\(twin.id)", ifMatch: "*").status == 204)
        // Nothing new is written about them.
        let noted = unique("note")
        let activity = try await scene.rep.post(
            "/v1/activities", ["kind": "note", "external_id": .string(noted), "contact_id": .string(scene.contact)])
        #expect(activity.code == "denied")
        #expect(try await scene.site.administer("SELECT count(*) FROM activity WHERE external_id = '\(noted)'") == "0")
        let rows: [JSONValue] = [
            ["line": 1, "members": ["kind": "note", "external_id": .string(noted), "contact_id": .string(scene.contact)]],
            ["line": 2, "members": ["kind": "note", "external_id": .string(noted + "-free")]],
        ]
        let outcomes = try await scene.administrator.importRows("activities", rows).object?["outcomes"]?.arrayValue ?? []
        #expect(outcomes.map { $0.objectValue?["fate"]?.stringValue } == ["refused", "created"])
        #expect(try await scene.officer.delete("/v1/subjects/\(scene.contact)/restriction", ifMatch: nil).status == 204)
        #expect(try await scene.finds(scene.rep) == [true])
    }

    @Test func `nobody is marketed to who no longer is a customer`() async throws {
        let scene = try await Scene()
        #expect(try await scene.say("consents/marketing", ["state": "given"]) == 204)
        _ = try await scene.administrator.patch("/v1/contacts/\(scene.contact)", ifMatch: "*", ["lifecycle": "former"])
        #expect(try await scene.finds(scene.marketer) == [false])
        // No lifecycle, no knowing: an error in a deny denies.
        _ = try await scene.administrator.patch("/v1/contacts/\(scene.contact)", ifMatch: "*", ["lifecycle": .null])
        #expect(try await scene.finds(scene.marketer) == [true])
    }

    @Test func `the purpose of a request is the header's, else the key's, else the role's`() async throws {
        let scene = try await Scene()
        let keyed = try await scene.site.caller(["roles": ["sales-rep"], "user": "keyed", "purpose": "service"])
        #expect(try await scene.say("objections/sales") == 204)
        #expect(try await scene.finds(scene.rep) == [false])
        #expect(try await scene.finds(keyed) == [true])
        #expect(try await scene.finds(keyed, ["Purpose": "sales"]) == [false])
        #expect(try await scene.rep.get("/v1/contacts", ["Purpose": "curiosity"]).code == "purpose-unknown")
        #expect(try await scene.marketer.get("/v1/contacts", ["Purpose": "sales"]).code == "denied")
        let event = try #require(try await scene.site.events("record=\(scene.contact)&actor=keyed").first { $0["outcome"] == "disclosed" })
        #expect(event["purpose"] == "service")
        #expect(event["basis"] == "contract")
    }

    @Test func `who may not record what people allow learns nothing of who they are`() async throws {
        let scene = try await Scene()
        let stranger = "0190b8a4-7d3e-7000-8000-000000000000"
        for (method, path) in [
            ("GET", ""), ("PUT", "/restriction"), ("DELETE", "/restriction"), ("PUT", "/consents/marketing"), ("PUT", "/objections/sales"),
            ("DELETE", "/objections/sales"),
        ] {
            func ask(_ caller: Caller, _ id: String) async throws -> Answer {
                let body = path == "/restriction" ? #"{"ground":"x"}"# : #"{"state":"given"}"#
                return try await caller.send(
                    method, "/v1/subjects/\(id)\(path)", ["Content-Type": "application/json"], body: method == "PUT" ? Array(body.utf8) : nil)
            }
            let known = try await ask(scene.rep, scene.contact)
            #expect(known.code == "denied")
            #expect(known.whole == (try await ask(scene.rep, stranger).whole))
            #expect(try await ask(scene.officer, stranger).status == 404)
        }
    }
}
