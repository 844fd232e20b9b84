import DataFormats
import Gateway
import Identity
import Storage
import SubjectRights
import TestPostgres
import Testing
import Vocabulary

/// Whatever step of an erasure fails, it goes on from there: once, and nothing is left half done.
@Suite(.timeLimit(.minutes(15)))
struct ErasureFaultTests {
    /// Where it breaks: a trigger that refuses.
    struct Fault: Sendable, CustomStringConvertible {
        let description: String
        var isVault = false
        let table: String
        let event: String
        var when = ""
        /// The step that is written down then; `nil`: nothing has begun.
        let step: String?
    }

    private static let faults = [
        Fault(description: "notices cannot be queued", table: "recipient_notice", event: "INSERT", step: nil),
        Fault(description: "it cannot be written down that it begins", table: "erasure", event: "INSERT", step: nil),
        Fault(description: "the event cannot be written", table: "audit_inbox", event: "INSERT", step: nil),
        Fault(description: "keys cannot be destroyed", isVault: true, table: "data_key", event: "DELETE", step: "keys"),
        Fault(description: "tokens cannot be removed", isVault: true, table: "search_token", event: "DELETE", step: "keys"),
        Fault(
            description: "it stops after the keys", table: "erasure", event: "UPDATE", when: "WHEN (NEW.step = 'look-again')", step: "keys"),
        Fault(
            description: "it stops after the second look", table: "erasure", event: "UPDATE",
            when: "WHEN (NEW.step = 'certify' AND NEW.event_id IS NULL)", step: "look-again"),
        Fault(
            description: "its end cannot be told", table: "erasure", event: "UPDATE",
            when: "WHEN (NEW.step = 'certify' AND NEW.event_id IS NOT NULL)", step: "certify"),
        Fault(description: "the certificate cannot be kept", table: "erasure", event: "UPDATE", when: "WHEN (NEW.step = 'done')", step: "certify"),
    ]

    private func set(_ fault: Fault, _ site: ErasureSite) async throws {
        let sql = """
            CREATE OR REPLACE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fault'; END $$;
            CREATE TRIGGER fault BEFORE \(fault.event) ON \(fault.table) FOR EACH ROW \(fault.when) EXECUTE FUNCTION fault();
            """
        _ = fault.isVault ? try await site.vault(sql) : try await site.store(sql)
    }

    private func lift(_ fault: Fault, _ site: ErasureSite) async throws {
        let sql = "DROP TRIGGER fault ON \(fault.table)"
        _ = fault.isVault ? try await site.vault(sql) : try await site.store(sql)
    }

    @Test func `an erasure that fails at any step goes on where it was, whoever goes on with it`() async throws {
        try await ErasureSite.with { site in
            let officer = try await site.context(as: "compliance-officer")
            for fault in Self.faults {
                for isResumed in [false, true] {
                    let what = "\(fault), \(isResumed ? "resumed" : "run again")"
                    let ann = try await site.make("contact", ["given_name": "Ann", "email": "ann@example.org"])
                    let call = try await site.make("activity", ["kind": "call", "contact_id": .string("\(ann)"), "topic": "Prices"])
                    let id = UUIDv7.make()
                    try await site.gateway.wipeMargins(of: try await site.tenant())
                    try await set(fault, site)
                    await #expect(throws: Refusal.self, "\(what)") {
                        _ = try await site.gateway.runErasure(id, of: [SubjectID(ann.uuid)], officer)
                    }
                    try await lift(fault, site)
                    let rows = try await site.store("SELECT count(*) FROM contact WHERE id = '\(ann)'")
                    let key = try await site.vault("SELECT count(*) FROM data_key WHERE holder = '\(ann)'")
                    guard let step = fault.step else {
                        // Nothing has happened at all.
                        #expect(rows == "1" && key == "1", "\(what)")
                        #expect(try await site.vault("SELECT count(*) FROM suppression WHERE erasure_id = '\(id)'") == "0", "\(what)")
                        #expect(try await site.store("SELECT count(*) FROM recipient_notice WHERE cause_id = '\(id)'") == "0", "\(what)")
                        _ = try await site.gateway.runErasure(id, of: [SubjectID(ann.uuid)], officer)
                        try await check(id, ann, call, what, site)
                        continue
                    }
                    #expect(try await site.store("SELECT step FROM erasure WHERE id = '\(id)'") == step, "\(what)")
                    #expect(rows == "0" && key == (fault.isVault ? "1" : "0"), "\(what)")
                    if isResumed {
                        #expect(try await site.gateway.resumeErasures(try await site.context()) == 1, "\(what)")
                    } else {
                        _ = try await site.gateway.runErasure(id, of: [SubjectID(ann.uuid)], officer)
                    }
                    try await check(id, ann, call, what, site)
                }
            }
        }
    }

    /// Done once, and as a whole.
    private func check(_ id: UUIDv7, _ person: RecordID, _ call: RecordID, _ what: String, _ site: ErasureSite) async throws {
        let officer = try await site.context(as: "compliance-officer")
        let certificate = try await site.gateway.erasureCertificate(id, officer)
        let (documentKey, logKey) = try await site.verificationKeys()
        let verified = try ErasureCertificate.verified(certificate.bytes, by: [documentKey], logKey: logKey)
        let reach = try #require(verified.document.document["reach"]?.objectValue)
        #expect(reach["deleted"] == ["activity": 1, "contact": 1], "\(what)")
        #expect(reach["leftovers"] == .number(JSONNumber(0)), "\(what)")
        #expect(verified.document.document["issue"] == .number(JSONNumber(1)), "\(what)")
        for sql in [
            "SELECT count(*) FROM contact WHERE id = '\(person)'", "SELECT count(*) FROM activity WHERE id = '\(call)'",
            "SELECT count(*) FROM erasure WHERE finished_at IS NULL",
        ] { #expect(try await site.store(sql) == "0", "\(what): \(sql)") }
        for table in ["data_key", "search_token"] {
            #expect(try await site.vault("SELECT count(*) FROM \(table) WHERE holder = '\(person)'") == "0", "\(what): \(table)")
        }
        #expect(try await site.vault("SELECT count(*) FROM key_tombstone WHERE holder = '\(person)'") == "1", "\(what)")
        #expect(try await site.store("SELECT count(*) FROM recipient_notice WHERE cause_id = '\(id)'") == "2", "\(what)")
        let told = "SELECT count(*) FROM audit_event WHERE convert_from(entry, 'UTF8') LIKE '%erasure:\(id):"
        #expect(try await site.store(told + "begun%'") == "1", "\(what)")
        #expect(try await site.store(told + "completed%'") == "1", "\(what)")
        // The person's own address may be used by the next round.
        _ = try await site.gateway.liftSuppression(
            email: nil, phone: nil, request: id, try await site.context(as: "compliance-officer", reason: "the next round"))
    }

    @Test func `nothing that is written about somebody while they are erased stays`() async throws {
        try await ErasureSite.with { site in
            let officer = try await site.context(as: "compliance-officer")
            for _ in 0..<6 {
                let ann = try await site.make("contact", ["given_name": "Ann"])
                let written = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            var count = 0
                            for _ in 0..<25 {
                                do {
                                    try await site.make("activity", ["kind": "call", "contact_id": .string("\(ann)"), "topic": "Prices"])
                                    count += 1
                                } catch let refusal as Refusal {
                                    #expect([.referenceUnknown, .subjectErased, .busy].contains(refusal.code), "\(refusal)")
                                }
                            }
                            return count
                        }
                    }
                    group.addTask {
                        try await Task.sleep(for: .milliseconds(30))
                        _ = try await site.gateway.runErasure(.make(), of: [SubjectID(ann.uuid)], officer)
                        return 0
                    }
                    return try await group.reduce(0, +)
                }
                #expect(written < 100)
                #expect(try await site.store("SELECT count(*) FROM activity WHERE subject_id = '\(ann)' OR contact_id = '\(ann)'") == "0")
                #expect(try await site.vault("SELECT count(*) FROM search_token WHERE holder = '\(ann)'") == "0")
                #expect(try await site.vault("SELECT count(*) FROM data_key WHERE holder = '\(ann)'") == "0")
            }
        }
    }

    @Test func `connections that die at any moment leave nobody half erased`() async throws {
        try await ErasureSite.with { site in
            let people = try await site.importRows("contact", (0..<60).map { ["given_name": "Ann", "email": .string("p\($0)@example.org")] })
            let context = try await site.context()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for start in stride(from: 0, to: 60, by: 3) {
                        let part = people[start..<start + 3].map { SubjectID($0.uuid) }
                        _ = try? await site.gateway.erase(Array(part), for: .retention(run: .make(), rule: "old"), context)
                    }
                }
                group.addTask {
                    for _ in 0..<15 {
                        let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'gatehouse'"
                        _ = try await site.store(kill)
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
                try await group.waitForAll()
            }
            _ = try await site.store("UPDATE erasure SET leased_until = now() - interval '1 second'")
            while try await site.store("SELECT count(*) FROM erasure") != "0" {
                _ = try? await site.gateway.resumeErasures(try await site.context())
            }
            #expect(try await site.store("SELECT count(*) FROM erasure") == "0")
            // Whoever has a row has a key and no tombstone, and the other way round.
            let there = Set(try await site.store("SELECT id FROM contact").split(separator: "\n"))
            let keyed = Set(try await site.vault("SELECT holder FROM data_key").split(separator: "\n"))
            let gone = Set(try await site.vault("SELECT holder FROM key_tombstone").split(separator: "\n"))
            for person in people.map({ Substring("\($0)") }) {
                #expect(there.contains(person) == keyed.contains(person) && there.contains(person) != gone.contains(person))
            }
            #expect(gone.count > 0)
            #expect(try await site.vault("SELECT count(*) FROM search_token WHERE holder IN (SELECT holder FROM key_tombstone)") == "0")
        }
    }
}
