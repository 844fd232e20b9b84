import DataFormats
import Foundation
import Gateway
import Identity
import Sealing
import TestPostgres
import Testing
import Vocabulary

@testable import Assembly

/// Links to packages: good once, for a while, and for nobody else.
@Suite(.timeLimit(.minutes(15)))
struct DownloadTests {
    private func person(_ site: Site) async throws -> String {
        let made = try await site.administrator.post(
            "/v1/contacts", ["given_name": "Kvaznia", "email": "kvaznia@example.org", "notes": "Qxvrm notes"])
        try #require(made.status == 201, "\(made.text)")
        return made.id
    }

    @Test func `a link works again for an hour, three times in all, and then answers like one that never was`() async throws {
        try await Site.with(.embedded) { site in
            try await site.serve()
            let desk = ExportDesk(site: site)
            let identity = AgeIdentity.make()
            let (package, token) = try await desk.export([try await person(site)], to: .recipient(identity.recipient))

            // Looking at the page uses nothing up, and the page is the same for every link.
            let nobody = Caller(url: try site.url)
            let page = try await nobody.get("/downloads/\(token)")
            #expect(page.status == 200 && page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.headers["content-security-policy"]?.contains("default-src 'none'") == true)
            #expect(page.headers["referrer-policy"] == "no-referrer" && page.text.contains("<form method=\"post\">"))
            #expect(try await nobody.get("/downloads/none").whole == page.whole)

            var answers: [[UInt8]] = []
            for _ in 1...3 {
                let answer = try await desk.download(token)
                #expect(answer.status == 200)
                answers.append(answer.bytes)
            }
            #expect(answers[0].count == package.byteCount && answers[1] == answers[0] && answers[2] == answers[0])
            let used = try await desk.download(token)
            #expect(used.status == 404 && used.code == "link-invalid")

            // A link of nobody's, of another tenant, of no form at all, and one that has expired.
            let (_, late) = try await desk.export([try await person(site)], to: .recipient(identity.recipient))
            try await site.administer("UPDATE export_package SET expires_at = now() - interval '1 second' WHERE fetches = 0")
            var other = try #require(Base64URL.decode(late))
            other[3] ^= 1
            var guessed = try #require(Base64URL.decode(late))
            guessed[40] ^= 1
            for wrong in [late, Base64URL.encode(other), Base64URL.encode(guessed), RouteProbes.noDownload, "x", String(repeating: "A", count: 4000)]
            {
                #expect(try await desk.download(wrong).whole == used.whole)
            }
            let browser = try await desk.download(late, ["Accept": "text/html,*/*"])
            #expect(browser.status == 404 && browser.text.contains("This link leads nowhere"))

            // An hour after the first time it is over, however often it was used.
            let (_, slow) = try await desk.export([try await person(site)], to: .recipient(identity.recipient))
            #expect(try await desk.download(slow).status == 200)
            try await site.administer("UPDATE export_package SET first_fetched_at = now() - interval '61 minutes' WHERE fetches = 1")
            #expect(try await desk.download(slow).whole == used.whole)
            // And what can be fetched by nobody is taken away, with its bytes, and said so.
            try await desk.withGateway { gateway, context in try await gateway.dropFinishedPackages(of: context.principal.tenant) }
            #expect(try await site.administer("SELECT count(*) FROM export_package") == "1")
            #expect(
                try await site.administer("SELECT count(*) FROM export_part WHERE package_id NOT IN (SELECT id FROM export_package)") == "0")
            try await site.settleLog()
            let told = try await site.administer(
                "SELECT count(*) FROM audit_event WHERE entity = 'export' AND action = 'delete' AND convert_from(entry, 'UTF8') LIKE '%\"count\":2%'")
            #expect(told == "1")
            let fetched = try await site.administer(
                "SELECT count(*) FROM audit_event WHERE entity = 'export' AND action = 'read' AND actor = 'data-subject'")
            #expect(fetched == "4")
        }
    }

    @Test func `a second package for a request takes the place of the first, and an erased person has none`() async throws {
        try await Site.with(.embedded) { site in
            try await site.serve()
            let desk = ExportDesk(site: site)
            let identity = AgeIdentity.make()
            let contact = try await person(site)
            let request = UUIDv7.make()
            let (_, first) = try await desk.export([contact], to: .recipient(identity.recipient), request: request)
            let (_, second) = try await desk.export([contact], to: .recipient(identity.recipient), request: request)
            #expect(try await desk.download(first).status == 404)
            #expect(try await desk.download(second).status == 200)

            try await desk.withGateway { gateway, context in
                let subject = SubjectID(try #require(UUIDv7(contact)))
                let counts = try await gateway.erase([subject], for: .retention(run: .make(), rule: "test"), context)
                #expect(counts.people == 1)
            }
            #expect(try await desk.download(second).status == 404)
            #expect(try await site.administer("SELECT (SELECT count(*) FROM export_package) + (SELECT count(*) FROM export_part)") == "0")
            await #expect(throws: Refusal.self) { try await desk.export([contact], to: .recipient(identity.recipient)) }
            do {
                _ = try await desk.export([contact], to: .recipient(identity.recipient))
            } catch let refusal as Refusal {
                #expect(refusal.code == .subjectErased)
            }
        }
    }

    @Test func `only officers have packages built, of people who are there, and a denial is on record`() async throws {
        try await Site.with(.embedded) { site in
            try await site.serve()
            let desk = ExportDesk(site: site)
            let identity = AgeIdentity.make()
            let contact = try await person(site)
            for role in ["administrator", "auditor", "sales-manager", "data-subject"] {
                do {
                    _ = try await desk.export([contact], to: .recipient(identity.recipient), as: role)
                    Issue.record("\(role) was let through")
                } catch let refusal as Refusal {
                    #expect(refusal.code == .denied, "\(role)")
                }
            }
            do {
                _ = try await desk.export([UUIDv7.make().description], to: .recipient(identity.recipient))
                Issue.record("nobody was exported")
            } catch let refusal as Refusal {
                #expect(refusal.code == .notFound)
            }
            try await site.settleLog()
            #expect(try await site.administer("SELECT count(*) FROM audit_event WHERE entity = 'export' AND decision = 'deny'") == "4")
            #expect(try await site.administer("SELECT (SELECT count(*) FROM export_package) + (SELECT count(*) FROM export_part)") == "0")
        }
    }

    @Test func `a build that fails leaves nothing that can be found, and the next one is whole`() async throws {
        try await Site.with(.embedded) { site in
            try await site.serve()
            let desk = ExportDesk(site: site)
            let contact = try await person(site)
            try await ExportScaleTests.link(3000, to: contact, site, textBytes: 2000)
            // The build stops before the package is there, with parts in the store.
            try await site.administer(
                """
                CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'stopped'; END $$;
                CREATE TRIGGER stop BEFORE INSERT ON export_package FOR EACH ROW EXECUTE FUNCTION stop_here()
                """)
            let identity = AgeIdentity.make()
            await #expect(throws: Refusal.self) { try await desk.export([contact], to: .recipient(identity.recipient)) }
            #expect(try await site.administer("SELECT count(*) > 1 FROM export_part") == "t")
            #expect(try await site.administer("SELECT count(*) FROM export_package") == "0")
            try await site.administer("DROP TRIGGER stop ON export_package")
            // What it left is ciphertext, and goes after an hour.
            try await site.administer("UPDATE export_part SET written_at = now() - interval '61 minutes'")
            let (package, token) = try await desk.export([contact], to: .recipient(identity.recipient))
            try await desk.withGateway { gateway, context in try await gateway.dropFinishedPackages(of: context.principal.tenant) }
            #expect(try await site.administer("SELECT count(DISTINCT package_id) FROM export_part") == "1")
            let answer = try await desk.download(token)
            #expect(answer.bytes.count == package.byteCount)
            let opened = try await OpenedPackage.open(answer.bytes, identity: identity)
            #expect(try opened.records("activity").count == 3000)
        }
    }

    /// The gateway dies at the last moment before the package is there; the request is then simply carried out by another one.
    @Test func `a gateway that is killed while it builds leaves no package, and another answers the request`() async throws {
        try await Site.with(.fresh) { site in
            try await site.serve()
            let scene = try await RequestScene(site)
            let id = try await scene.opened("access")
            try await site.administer(
                """
                CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
                CREATE TRIGGER wait BEFORE INSERT ON export_package FOR EACH ROW EXECUTE FUNCTION wait_here()
                """)
            let identity = AgeIdentity.make()
            let order: JSONValue = ["recipient": .string(identity.recipient.description)]
            async let lost = scene.officer.post("/v1/requests/\(id)/export", order)
            try await eventually("the build waits where it can be killed") { try await site.administer(Self.waiting) == "1" }
            await site.stop(SIGKILL)
            _ = try? await lost
            try await site.administer("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
            try await site.administer("DROP TRIGGER wait ON export_package")
            #expect(try await site.administer("SELECT (SELECT count(*) FROM export_package), (SELECT count(*) > 0 FROM export_part)") == "0|t")

            try await site.serve()
            let officer = Caller(url: try site.url, token: scene.officer.token)
            #expect(try await officer.get("/v1/requests/\(id)")["state"] == "in-progress")
            let built = try await officer.post("/v1/requests/\(id)/export", order)
            #expect(built.status == 201, "\(built.text)")
            let token = try #require(built["link"]?.stringValue?.split(separator: "/").last)
            let opened = try await OpenedPackage.open(try await ExportDesk(site: site).download(String(token)).bytes, identity: identity)
            #expect(try opened.records("contact").count == 1)
            try await site.settleLog()
            // Told once: of the build that nobody got, nothing was disclosed.
            let told = try await site.administer("SELECT count(*) FROM audit_event WHERE entity = 'export' AND action = 'create'")
            #expect(told == "1")
        }
    }

    private static let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%export_package%'"

    @Test func `an erasure that comes while a package becomes available takes it along`() async throws {
        try await Site.with(.embedded) { site in
            try await site.serve()
            let desk = ExportDesk(site: site)
            let contact = try await person(site)
            let subject = SubjectID(try #require(UUIDv7(contact)))
            try await site.administer(
                """
                CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3); RETURN NEW; END $$;
                CREATE TRIGGER wait BEFORE INSERT ON export_package FOR EACH ROW EXECUTE FUNCTION wait_here()
                """)
            async let exported = desk.export([contact], to: .recipient(AgeIdentity.make().recipient))
            try await eventually("the package is about to be there") { try await site.administer(Self.waiting) == "1" }
            try await desk.withGateway { gateway, context in
                let counts = try await gateway.erase([subject], for: .retention(run: .make(), rule: "test"), context)
                #expect(counts.people == 1)
            }
            let (_, token) = try await exported
            #expect(try await desk.download(token).code == "link-invalid")
            #expect(try await site.administer("SELECT (SELECT count(*) FROM export_package) + (SELECT count(*) FROM export_part)") == "0")
        }
    }

    /// Nothing of what is in a package rests anywhere in the clear: not in the databases, not in their files, not in the state directory.
    @Test func `no value of a package rests on a disk`() async throws {
        try await Site.with(.embedded) { site in
            let server = try await site.serve(["--log-level", "trace"])
            let desk = ExportDesk(site: site)
            let contact = try await person(site)
            let before = try FileManager.default.contentsOfDirectory(atPath: NSTemporaryDirectory())
            let identity = AgeIdentity.make()
            let (_, token) = try await desk.export([contact], to: .recipient(identity.recipient))
            let opened = try await OpenedPackage.open(try await desk.download(token).bytes, identity: identity)
            #expect(opened.text("export.json").contains("Kvaznia") && opened.text("export.json").contains("Qxvrm"))
            try await site.administer("CHECKPOINT")
            let found = try await Program.run(["/bin/grep", "-rlaE", "Kvaznia|Qxvrm|kvaznia@example", site.state], folder: site.folder)
            #expect(found.output == "" && found.status == 1, "\(found.output)")
            // The link's token is kept as a keyed hash only.
            #expect(try await site.dump("gatehouse").contains(token) == false)
            #expect(!Program.text(server.errors).contains(token) && !Program.text(server.output).contains(token))
            for name in try FileManager.default.contentsOfDirectory(atPath: NSTemporaryDirectory()) where !before.contains(name) {
                #expect(!name.contains("export"))
            }
        }
    }
}
