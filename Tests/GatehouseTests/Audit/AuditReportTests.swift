import DataFormats
import Foundation
import TestPostgres
import Testing

/// Reports of a running gateway and of commands, against what was done before.
@Suite(.timeLimit(.minutes(15)))
struct AuditReportTests {
    private static let always = "days=mon-sun&hours=00:00-24:00"

    private static func contacts(_ count: Int, _ caller: Caller, more: JSONObject = [:]) async throws -> [String] {
        var ids: [String] = []
        for number in 0..<count {
            var body: JSONObject = [
                "given_name": "Kvztest", "family_name": .string("Kvzname\(number)"), "email": .string("kvz\(number)@example.org"),
                "lifecycle": "customer",
            ]
            for member in more.members { body[member.name] = member.value }
            let made = try await caller.post("/v1/contacts", .object(body))
            try #require(made.status == 201, "\(made.text)")
            ids.append(made.id)
        }
        return ids
    }

    private static func number(_ value: JSONValue?) -> Int? {
        if case .number(let number)? = value { number.integer.map { Int($0) } } else { nil }
    }

    private static func objects(_ value: JSONValue?) -> [JSONObject] { (value?.arrayValue ?? []).compactMap(\.objectValue) }
    private static func texts(_ value: JSONValue?) -> [String] { (value?.arrayValue ?? []).compactMap(\.stringValue) }

    @Test func `a stolen key reads contacts, and the report counts exactly what it reached`() async throws {
        try await Site.with { site in
            try await site.serve()
            let ids = try await Self.contacts(7, site.administrator, more: ["national_id": "X-815"])
            let eve = try await site.caller("compliance-officer", user: "eve")
            let other = try await site.caller("compliance-officer", user: "eve")
            let auditor = try await site.caller("auditor")
            for id in ids[0..<3] { #expect(try await eve.get("/v1/contacts/\(id)").status == 200) }
            let listed = try await eve.get("/v1/contacts?limit=4").data.compactMap { $0["id"]?.stringValue }
            #expect(listed.count == 4)
            let reached = Set(ids[0..<3]).union(listed)
            #expect(try await eve.post("/v1/contacts", ["family_name": "Kvzdenied"]).status == 403)
            #expect(try await other.get("/v1/contacts/\(ids[6])").status == 200)

            let path = "/v1/audit/reports/breach?app=\(eve.id)"
            let report = try await auditor.get(path + "&user=eve&list=true")
            #expect(report.status == 200, "\(report.text)")
            #expect(Self.number(report["people"]) == reached.count && Self.number(report["records"]) == reached.count)
            #expect(report["is_exact"] == true)
            #expect(Self.number(report["events"]) == 5 && Self.number(report["denials"]) == 1 && Self.number(report["changes"]) == 0)
            #expect(report["lists"] == ["events": 1, "rows": 4])
            let special = try #require(Self.objects(report["seen"]).first)
            #expect(special["class"] == "special" || special["class"] == "financial")
            #expect(special["is_sensitive"] == true)
            let fields = Self.objects(report["seen"]).flatMap { Self.objects($0["fields"]) }
            #expect(fields.first { $0["field"] == "contact.national_id" }?["times"] == 4)
            let article = try #require(report["article_33"]?.objectValue)
            #expect(article["categories_of_people"] == [["category": "Contact", "people": .number(JSONNumber(reached.count))]])
            let list = try #require(report["list"]?.objectValue)
            #expect(Set(Self.texts(list["records"]?.objectValue?["contact"])) == reached)
            #expect(Set(Self.texts(list["pseudonyms"])).count == reached.count)
            #expect(list["subjects"] == nil && list["is_complete"] == true)
            #expect(!report.text.lowercased().contains("kvz") && !report.text.contains("X-815"))

            // By the key alone it is the same; by the user alone the other key counts, too.
            #expect(try await auditor.get(path)["people"] == report["people"])
            let whole = try await auditor.get("/v1/audit/reports/breach?user=eve")
            #expect(Self.number(whole["people"]) == reached.union([ids[6]]).count && Self.number(whole["events"]) == 6)
            #expect(whole["list"] == nil)
            let before = try await auditor.get("/v1/audit/reports/breach?user=eve&until=2020-01-01T00:00:00Z")
            #expect(Self.number(before["events"]) == 0 && before["first_at"] == .null)

            // Nobody else's tenant, no other parameter, nothing without a name.
            let stranger = try await site.stranger()
            #expect(Self.number(try await stranger.get("/v1/audit/reports/breach?user=eve")["events"]) == 0)
            #expect(try await stranger.get(path).code == "not-found")
            for wrong in ["", "?user=eve&email=x", "?user=eve&list=1", "?user=eve&since=yesterday", "?app=a%22b"] {
                #expect(try await auditor.get("/v1/audit/reports/breach" + wrong).code == "parameter-invalid", "\(wrong)")
            }
            // On the host the people are told, without a key.
            let said = try object(try await site.run("audit", "report", "breach", "--user", "eve", "--app", eve.id, "--list", "--json"))
            #expect(Set(Self.texts(said["list"]?.objectValue?["subjects"])) == reached)
            let text = try await site.run("audit", "report", "breach", "--user", "eve", "--since", "1h")
            #expect(text.status == 0 && text.output.contains("GDPR Art. 33(3)(a)") && text.output.contains("contact.national_id"))
            #expect(try await site.run("audit", "report", "breach").status == 64)

            // Whoever asks is on record.
            let events = try await auditor.get("/v1/audit/events?entity=audit&limit=200").data
            #expect(events.contains { $0["target"] == "report:breach" && $0["user"] == "host" })
        }
    }

    @Test func `a person's report lists exactly who saw or changed their data, and who tried`() async throws {
        try await Site.with { site in
            try await site.serve()
            let adam = try await site.caller("administrator", user: "adam")
            let ids = try await Self.contacts(2, adam, more: ["birth_date": "1990-01-02"])
            let (person, nobody) = (ids[0], ids[1])
            let rep = try await site.caller("sales-rep", user: "rita")
            let agent = try await site.caller("support-agent", user: "sam")
            let manager = try await site.caller("sales-manager", user: "mona")
            let auditor = try await site.caller("auditor", user: "otto")
            #expect(try await rep.get("/v1/contacts/\(person)").status == 200)
            #expect(try await rep.get("/v1/contacts/\(person)").status == 200)
            #expect(try await agent.get("/v1/contacts/\(person)").status == 200)
            #expect(try await manager.patch("/v1/contacts/\(person)", ifMatch: "*", ["notes": "Kvznote"]).status == 200)
            #expect(try await auditor.get("/v1/contacts/\(person)").status == 403)
            #expect(try await auditor.get("/v1/contacts/\(nobody)").status == 403)
            #expect(try await site.caller("marketing", user: "max").get("/v1/contacts?limit=200").status == 200)

            let path = "/v1/audit/reports/subjects/\(person)"
            let report = try await auditor.get(path)
            #expect(report.status == 200, "\(report.text)")
            let recipients = Self.objects(report["recipients"])
            #expect(recipients.map { $0["actor"]?.stringValue } == ["adam", "mona", "rita", "sam"])
            let rita = try #require(recipients.first { $0["actor"] == "rita" })
            #expect(rita["roles"] == ["sales-rep"] && rita["accesses"] == 2 && rita["changes"] == [])
            #expect(rita["purposes"] == [["purpose": "sales", "basis": "legitimate-interests"]])
            #expect(Self.texts(rita["clear"]).contains("contact.email") && Self.texts(rita["masked"]).contains("contact.birth_date"))
            let sam = try #require(recipients.first { $0["actor"] == "sam" })
            #expect(!Self.texts(sam["clear"]).contains("contact.email") && Self.texts(sam["masked"]).contains("contact.email"))
            let mona = try #require(recipients.first { $0["actor"] == "mona" })
            #expect(mona["changes"] == [["action": "update", "entity": "contact", "times": 1, "fields": ["contact.notes"]]])
            let attempts = Self.objects(report["attempts"])
            #expect(attempts.map { $0["actor"]?.stringValue } == ["otto"])
            #expect(attempts.first?["times"] == 1 && attempts.first?["outcome"] == "refused")
            #expect(!report.text.lowercased().contains("kvz") && !report.text.contains("1990-01-02"))

            // Looking into a person's part of the trail is one more access.
            let again = Self.objects(try await auditor.get(path)["recipients"])
            #expect(again.first { $0["actor"] == "otto" }?["entities"] == ["audit"])
            #expect(try await auditor.get(path + "?email=x").code == "parameter-invalid")
            #expect(try await site.stranger().get(path).code == "not-found")

            // A removed record is still found by its id, and its person by the pseudonym.
            #expect(try await manager.delete("/v1/contacts/\(person)", ifMatch: "*").status == 204)
            let found = try await site.run("audit", "search", "--record", person, "--outcome", "changed", "--json")
            #expect(found.output.split(separator: "\n").count == 3, "\(found.output)")
            let csv = try await site.run("audit", "report", "subject", person, "--csv")
            #expect(csv.status == 0, "\(csv.errors)")
            let rows = csv.output.split(whereSeparator: \.isNewline)
            #expect(rows.first?.hasPrefix("kind,actor,roles,purposes") == true)
            #expect(rows.contains { $0.hasPrefix("recipient,mona") && $0.contains("delete contact 1x") })
            #expect(rows.contains { $0.hasPrefix("attempt,otto") })
            let remote = ["GATEHOUSE_URL": try site.url, "GATEHOUSE_TOKEN": auditor.token ?? ""]
            let table = try await site.run("audit", "report", "subject", person, environment: remote)
            #expect(table.status == 0 && table.output.contains("rita") && table.output.contains("Tried, and got nothing:"))

            // Without the key nobody can tell any more.
            #expect(try await site.run("key", "destroy", person, "--reason", "request 17", "--yes").status == 0)
            let erased = try await site.run("audit", "report", "subject", person)
            #expect(erased.status == 5 && erased.errors.contains("nobody can tell any more"), "\(erased.errors)")
            #expect(try await site.run("audit", "report", "subject", "x").status == 64)
        }
    }

    @Test func `what is unusual is on the list, and a calm day is not`() async throws {
        try await Site.with { site in
            try await site.serve()
            let ids = try await Self.contacts(6, site.administrator)
            let auditor = try await site.caller("auditor", user: "otto")
            // In a zone where it is about noon, so that everything happens on one day.
            let ahead = 12 - (try #require(Calendar(identifier: .gregorian).dateComponents(in: .gmt, from: Date()).hour))
            let path = "/v1/audit/reports/unusual?zone=Etc/GMT\(ahead < 0 ? "%2B" : "-")\(abs(ahead))&"
            let rep = try await site.caller("sales-rep", user: "rita")
            for id in ids.prefix(3) { #expect(try await rep.get("/v1/contacts/\(id)").status == 200) }
            #expect(try await auditor.get(path + Self.always)["findings"] == [])
            let silent = try await site.run("audit", "report", "unusual", "--days", "mon-sun", "--hours", "00:00-24:00")
            #expect(silent.status == 0 && silent.output.hasPrefix("nothing unusual from "), "\(silent.errors)")

            for id in ids { #expect(try await rep.get("/v1/contacts/\(id)").status == 200) }
            for id in ids.prefix(4) { #expect(try await auditor.get("/v1/contacts/\(id)").status == 403) }
            let manager = try await site.caller("sales-manager", user: "mona")
            for id in ids.prefix(3) { #expect(try await manager.delete("/v1/contacts/\(id)", ifMatch: "*").status == 204) }
            #expect(try await manager.delete("/v1/contacts/\(ids[0])", ifMatch: "*").status == 404)
            let officer = try await site.caller("compliance-officer", user: "olga")
            #expect(try await officer.get("/v1/contacts/\(ids[5])?fields=national_id").status == 200)
            let agent = try await site.caller("support-agent", user: "sam")
            let glass = try await agent.post("/v1/grants", ["rule": "support-in-an-emergency"], ["Reason": "locked out"])
            #expect(glass.status == 201)
            #expect(try await agent.get("/v1/contacts/\(ids[5])", ["Grant": glass.id]).status == 200)

            func lines(_ query: String) async throws -> [String] {
                let answer = try await auditor.get(path + query)
                #expect(answer.status == 200, "\(answer.text)")
                #expect(!answer.text.lowercased().contains("kvz") && !answer.text.contains("locked out"))
                return Self.objects(answer["findings"]).map {
                    "\($0["what"]?.stringValue ?? "") \($0["actor"]?.stringValue ?? "") \(Self.number($0["amount"]) ?? -1)"
                }
            }
            #expect(
                try await lines(Self.always + "&people=5&denials=3&deletions=2") == [
                    "broken-glass sam 1", "bulk-read rita 6", "first-use olga 1", "deletions mona 3", "denials otto 4",
                ])
            // The usual numbers are far away, and what came before the report is no news.
            #expect(try await lines(Self.always) == ["broken-glass sam 1", "first-use olga 1"])
            #expect(try await lines(Self.always + "&until=2020-01-02T00:00:00Z").isEmpty)

            let other = try #require(
                ["sun", "mon", "tue", "wed", "thu", "fri", "sat"].enumerated().first { day, _ in
                    var calendar = Calendar(identifier: .gregorian)
                    calendar.timeZone = .gmt
                    let today = calendar.component(.weekday, from: Date()) - 1
                    return day == (today + 3) % 7
                }?.element)
            let odd = try await lines("days=\(other)&hours=00:00-24:00").filter { $0.hasPrefix("out-of-hours") }
            #expect(odd.contains { $0.hasPrefix("out-of-hours rita 9") }, "\(odd)")
            #expect(try await site.stranger().get(path + Self.always + "&people=0&denials=0&deletions=0")["findings"] == [])
            for wrong in ["email=x", "people=many", "hours=7-8", "zone=Nowhere", "since=2026-11-22T00:00:00Z&until=2026-11-21T00:00:00Z"] {
                #expect(try await auditor.get(path + wrong).code == "parameter-invalid", "\(wrong)")
            }
            let csv = try await site.run("audit", "report", "unusual", "--days", "mon-sun", "--hours", "00:00-24:00", "--csv")
            #expect(csv.output.contains("broken-glass,sam,") && csv.output.contains("first-use,olga,"), "\(csv.errors)")
        }
    }

    @Test func `a search goes by person and outcome, and on to the last event`() async throws {
        try await Site.with { site in
            try await site.serve()
            let ids = try await Self.contacts(3, site.administrator)
            let rep = try await site.caller("sales-rep", user: "rita")
            for _ in 0..<5 { #expect(try await rep.get("/v1/contacts/\(ids[0])").status == 200) }
            let probe = try await rep.get("/v1/contacts?national_id=1")
            #expect(probe.code == "field-unknown", "\(probe.text)")
            let auditor = try await site.caller("auditor")
            let remote = ["GATEHOUSE_URL": try site.url, "GATEHOUSE_TOKEN": auditor.token ?? ""]
            for environment in [remote, [:]] {
                func count(_ arguments: String...) async throws -> Int {
                    let outcome = try await site.run(["audit", "search", "--json"] + arguments, environment: environment)
                    #expect(outcome.status == 0, "\(outcome.errors)")
                    return outcome.output.split(separator: "\n").count
                }
                #expect(try await count("--actor", "rita", "--subject", ids[0]) == 5)
                #expect(try await count("--actor", "rita", "--subject", ids[1]) == 0)
                #expect(try await count("--actor", "rita", "--outcome", "refused") == 1)
                #expect(try await count("--actor", "rita", "--outcome", "disclosed", "--limit", "2") == 2)
                #expect(try await count("--actor", "rita", "--outcome", "disclosed", "--limit", "2", "--all") == 5)
                #expect(try await count("--actor", "rita", "--since", "2099-01-01") == 0)
                #expect(try await count("--actor", "rita", "--since", "2026-01-01", "--until", "2099-01-01") == 6)
                let csv = try await site.run("audit", "search", "--actor", "rita", "--all", "--limit", "4", "--csv", environment: environment)
                let rows = csv.output.split(whereSeparator: \.isNewline)
                #expect(rows.count == 7 && rows[0].hasPrefix("at,id,actor,roles"), "\(csv.errors)")
                #expect(try await site.run("audit", "search", "--outcome", "maybe", environment: environment).status == 5)
                #expect(try await site.run("audit", "search", "--json", "--csv", environment: environment).status == 64)
                #expect(try await site.run("audit", "search", "--since", "soon", environment: environment).status == 64)
                #expect(try await site.run("audit", "search", "--subject", "x", environment: environment).status == 64)
            }
        }
    }
}
