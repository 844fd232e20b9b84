import DataFormats
import Foundation
import NIOSSL
import TestAuthority
import TestPostgres
import Testing

/// Double opt-in and withdrawal by links whose token reaches only the mailbox.
@Suite(.timeLimit(.minutes(15)))
struct ConsentLinkTests {
    @Test func `a consent is asked for, confirmed by a press and taken back by another`() async throws {
        let scene = try await ConsentScene()
        #expect(try await scene.app.post("\(scene.path)/consents/marketing/request", ["language": "de"]).status == 202)
        #expect(try await scene.states() == ["requested"])
        #expect(try await !scene.isFound(scene.marketer))
        let message = try #require(try scene.mail().last)
        #expect(message.contains("Ich möchte per E-Mail"))
        let link = try ConsentScene.link(in: message)
        // Whoever checks mail follows links: looking gives nothing away and consents to nothing.
        for _ in 0..<3 {
            let page = try await scene.look(link)
            #expect(page.status == 200 && page.text.contains("<form method=\"post\">") && page.text.contains("lang=\"de\""))
            #expect(!page.text.contains(scene.name) && !page.text.contains(scene.contact))
            #expect(page.headers["referrer-policy"] == "no-referrer" && page.headers["cache-control"] == "no-store")
            #expect(page.headers["content-security-policy"]?.contains("frame-ancestors 'none'") == true)
        }
        #expect(try await scene.states() == ["requested"])
        let thanks = try await scene.press(link)
        #expect(thanks.status == 200 && thanks.text.contains("Danke"))
        #expect(try await scene.isFound(scene.marketer))
        let word = try #require((try await scene.officer.get("\(scene.path)/consents"))["events"]?.arrayValue?.last?.objectValue)
        #expect(word["method"] == "confirmed-link" && word["recorded_by"] == "data-subject" && word["valid_until"] != .null)
        // As easy to withdraw as to give: the page and a message have the same link.
        let back = try scene.lastLink()
        #expect(try scene.mail().count == 2 && back != link && thanks.text.contains(back))
        #expect(try await scene.look(back).text.contains("Einwilligung widerrufen"))
        #expect(try await scene.isFound(scene.marketer))
        #expect(try await scene.press(back, nil).text.contains("widerrufen"))
        #expect(try await !scene.isFound(scene.marketer))
        #expect(try await scene.states() == ["requested", "given", "withdrawn"])
        // Each step stands in the trail, in the name of the person.
        let events = try await scene.site.events("action=update&actor=data-subject&limit=200")
        #expect(events.contains { $0["target"] == "consent:marketing:given" } && events.contains { $0["target"] == "consent:marketing:withdrawn" })
    }

    @Test func `whoever has lost the link is sent one that takes the consent back`() async throws {
        let scene = try await ConsentScene()
        let path = "\(scene.path)/consents/marketing"
        #expect(try await scene.app.send("POST", "\(path)/withdrawal-link").code == "consent-not-askable")
        #expect(try await scene.app.put(path, ["state": "given", "notice": "marketing", "language": "de"]).status == 204)
        #expect(try scene.mail().isEmpty)
        let sent = try await scene.app.send("POST", "\(path)/withdrawal-link")
        #expect(sent.status == 202, "\(sent.text)")
        let link = try scene.lastLink()
        #expect(!sent.text.contains(link.split(separator: "/").last ?? "?"), "the token goes to the mailbox alone")
        #expect(try await scene.isFound(scene.marketer))
        #expect(try await scene.look(link).text.contains("Einwilligung widerrufen"))
        #expect(try await scene.press(link, nil).status == 200)
        #expect(try await !scene.isFound(scene.marketer))
        #expect(try await scene.states() == ["given", "withdrawn"])
    }

    @Test func `a no is a refusal, and so is any answer but yes`() async throws {
        let scene = try await ConsentScene()
        for answer in ["no", nil, "maybe"] {
            #expect(try await scene.app.post("\(scene.path)/consents/marketing/request", [:]).status == 202)
            #expect(try await scene.press(try scene.lastLink(), answer).text.contains("no consent"))
        }
        #expect(try await scene.states().filter { $0 != "requested" } == ["refused", "refused", "refused"])
        #expect(try await !scene.isFound(scene.marketer))
        // Three times a day are enough.
        let fourth = try await scene.app.post("\(scene.path)/consents/marketing/request", [:])
        #expect(fourth.status == 409 && fourth.code == "consent-not-askable" && fourth.text.contains("within a day"))
    }

    @Test func `links that are unknown, used, replaced or too old answer alike`() async throws {
        let scene = try await ConsentScene()
        func ask() async throws -> String {
            #expect(try await scene.app.post("\(scene.path)/consents/marketing/request", [:]).status == 202)
            return try scene.lastLink()
        }
        let replaced = try await ask()
        let used = try await ask()
        #expect(try await scene.press(used).status == 200)
        let old = try await ask()
        try await scene.site.administer("UPDATE consent_link SET expires_at = now() WHERE subject_id = '\(scene.contact)' AND kind = 'confirm'")
        let stranger = "/consent/" + String(repeating: "A", count: 64)
        let near = String(old.dropLast()) + (old.hasSuffix("A") ? "B" : "A")
        var pages: Set<String> = []
        for link in [replaced, used, old, stranger, near, "/consent/x", "/consent/\(scene.contact)"] {
            for page in [try await scene.look(link), try await scene.press(link), try await scene.press(link, "no")] {
                #expect(page.status == 404)
                pages.insert(page.whole)
            }
        }
        #expect(pages.count == 1)
        #expect(try await scene.states() == ["requested", "requested", "given", "requested"])
    }

    @Test func `of many presses at the same moment one counts`() async throws {
        let scene = try await ConsentScene()
        #expect(try await scene.app.post("\(scene.path)/consents/marketing/request", [:]).status == 202)
        let link = try scene.lastLink()
        let answers = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { try await scene.press(link).status } }
            var answers: [Int] = []
            for try await answer in group { answers.append(answer) }
            return answers
        }
        #expect(answers.filter { $0 == 200 }.count == 1)
        #expect(try await scene.states() == ["requested", "given"])
    }

    @Test func `who objects, is restricted or has no address is not asked`() async throws {
        let scene = try await ConsentScene()
        let path = "\(scene.path)/consents/marketing/request"
        #expect(try await scene.officer.put("\(scene.path)/objections/marketing", [:]).status == 204)
        #expect(try await scene.app.post(path, [:]).text.contains("GDPR Art. 21(3)"))
        #expect(try await scene.officer.delete("\(scene.path)/objections/marketing", ifMatch: nil).status == 204)
        #expect(try await scene.officer.put("\(scene.path)/restriction", ["ground": "accuracy"]).status == 204)
        #expect(try await scene.app.post(path, [:]).text.contains("GDPR Art. 18"))
        #expect(try await scene.officer.delete("\(scene.path)/restriction", ifMatch: nil).status == 204)
        #expect(try await scene.app.post(path, ["language": "fr"]).status == 422)
        #expect(try await scene.app.post("\(scene.path)/consents/sales/request", [:]).status == 422)
        #expect(try await scene.administrator.patch("/v1/contacts/\(scene.contact)", ifMatch: "*", ["email": .null]).status == 200)
        #expect(try await scene.app.post(path, [:]).code == "mailbox-unknown")
        #expect(try scene.mail().isEmpty)
        #expect(try await scene.states() == [])
        #expect(try await scene.marketer.post(path, [:]).code == "denied")
    }

    @Test func `over SMTP the same message arrives, and a server that is away is told`() async throws {
        let authority = try OpenSSLAuthority()
        try authority.issue("server", extensions: "server")
        var offer = StrictMailServer.Offer()
        offer.tls = try authority.serverContext()
        offer.isImplicit = true
        try await Site.with { site in
            let server = try await StrictMailServer(offer)
            let password = site.folder + "/smtp.password"
            try Data("open, sesame\n".utf8).write(to: URL(fileURLWithPath: password))
            site.add([
                "GATEHOUSE_SMTP_URL": "smtps://gate@127.0.0.1:\(server.port)", "GATEHOUSE_SMTP_PASSWORD_FILE": password,
                "GATEHOUSE_SMTP_CA_FILE": authority.rootPath, "GATEHOUSE_MAIL_FROM": "consents@firm.example",
            ])
            try await site.serve()
            let scene = try await ConsentScene(site)
            #expect(try await scene.app.post("\(scene.path)/consents/marketing/request", [:]).status == 202)
            let delivery = try #require(server.deliveries.first)
            #expect(delivery.sender == "consents@firm.example" && delivery.recipient == scene.address && delivery.wasEncrypted)
            #expect(try await scene.press(try ConsentScene.link(in: delivery.message)).status == 200)
            #expect(try await scene.isFound(scene.marketer))
            #expect(server.deliveries.count == 2)
            #expect(server.faults == [])
            await server.stop()
            let away = try await scene.app.post("\(scene.path)/consents/marketing/request", [:])
            #expect(away.status == 503 && away.code == "mail-unavailable")
            // The question stays on record, and the consent that stood goes on.
            #expect(try await scene.states() == ["requested", "given", "requested"])
            #expect(try await scene.isFound(scene.marketer))
        }
    }
}
