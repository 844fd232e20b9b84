import DataFormats
import Foundation
import TestPostgres
import Testing

/// What somebody can do who may write to the store: a cell that is moved opens nowhere, and breaks nothing.
@Suite(.timeLimit(.minutes(15)))
struct MovedCellTests {
    /// Puts a cell somewhere, and says how the record reads then; puts back what was there.
    private func reading(
        _ site: Site, _ caller: Caller, _ path: String, _ table: String, _ column: String, cell: String
    ) async throws -> Answer {
        let id = path.split(separator: "/").last.map { String($0) } ?? ""
        let before = try await site.administer("SELECT encode(\(column), 'hex') FROM \(table) WHERE id = '\(id)'")
        try await site.administer("UPDATE \(table) SET \(column) = '\\x\(cell)' WHERE id = '\(id)'")
        let answer = try await caller.get(path)
        // Lists and searches meet it, too.
        let plural = path.split(separator: "/")[1]
        let searches = plural == "activities" ? [] : ["q=Larkspur", "q=Thistle"]
        for query in ["limit=200"] + searches {
            let list = try await caller.get("/v1/\(plural)?\(query)")
            #expect(list.status == 200, "\(list.text)")
            for record in list.data where record["id"] == .string(id) { #expect(record[column] == answer[column]) }
        }
        try await site.administer("UPDATE \(table) SET \(column) = '\\x\(before)' WHERE id = '\(id)'")
        return answer
    }

    private func cell(_ site: Site, _ table: String, _ column: String, _ id: String) async throws -> String {
        let cell = try await site.administer("SELECT encode(\(column), 'hex') FROM \(table) WHERE id = '\(id)'")
        #expect(cell.count > 92, "a header, a nonce and a tag are 46 bytes")
        return cell
    }

    private func observations(_ server: ServerProcess, of place: String) -> Int {
        Program.text(server.errors).split(separator: "\n").count { line in
            line.contains("a sealed value does not open") && line.contains(place)
        }
    }

    @Test func `a cell in another row, field, entity or tenant does not open, and nothing but that cell is missing`() async throws {
        try await Site.with { site in
            let server = try await site.serve()
            let caller = try site.administrator
            let stranger = try await site.stranger()
            func person(_ caller: Caller, _ name: String) async throws -> String {
                let body: JSONValue = ["family_name": .string(name), "given_name": "Ottilie", "email": .string("\(name)@example.com")]
                let answer = try await caller.post("/v1/contacts", body)
                #expect(answer.status == 201, "\(answer.text)")
                return answer.id
            }
            let (one, two) = (try await person(caller, "Larkspur"), try await person(caller, "Thistle"))
            let foreign = try await person(stranger, "Thistle")
            let call = try await caller.post("/v1/activities", ["kind": "call", "contact_id": .string(one), "topic": "Prices"])
            let firm = try await caller.post("/v1/accounts", ["name": "Thistledown", "notes": "none", "phone": "+49 30 7739001"])
            let other = try await caller.post("/v1/accounts", ["name": "Thistledown", "notes": "some"])

            struct Move {
                let from: (table: String, column: String, id: String)
                let to: (table: String, column: String, id: String)
                let reader: Caller
                let path: String
            }
            let email = ("contact", "email", one)
            let moves = [
                Move(from: email, to: ("contact", "email", two), reader: caller, path: "/v1/contacts/\(two)"),
                Move(from: email, to: ("contact", "email", foreign), reader: stranger, path: "/v1/contacts/\(foreign)"),
                Move(from: ("contact", "email", foreign), to: email, reader: caller, path: "/v1/contacts/\(one)"),
                Move(from: ("contact", "given_name", one), to: ("contact", "family_name", one), reader: caller, path: "/v1/contacts/\(one)"),
                // Under the same key: the same person, another entity.
                Move(from: ("contact", "family_name", one), to: ("activity", "topic", call.id), reader: caller, path: "/v1/activities/\(call.id)"),
                // Under the tenant's key: no person at all.
                Move(from: ("account", "notes", firm.id), to: ("account", "notes", other.id), reader: caller, path: "/v1/accounts/\(other.id)"),
                Move(from: ("account", "phone", firm.id), to: ("account", "notes", firm.id), reader: caller, path: "/v1/accounts/\(firm.id)"),
            ]
            for move in moves {
                let before = observations(server, of: move.to.column)
                let cell = try await cell(site, move.from.table, move.from.column, move.from.id)
                let answer = try await reading(site, move.reader, move.path, move.to.table, move.to.column, cell: cell)
                #expect(answer.status == 200 && answer[move.to.column] == .null, "\(answer.text)")
                let meta = answer["_meta"]?.objectValue
                #expect(meta?["unreadable"] == .array([.string(move.to.column)]) && meta?["erased"] == nil, "\(answer.text)")
                #expect(observations(server, of: move.to.column) > before)
                // In its own place it opens: what is wrong is the place.
                let back = try await move.reader.get(move.path)
                #expect(back["_meta"]?.objectValue?["unreadable"] == nil && back[move.to.column] != .null, "\(back.text)")
            }

            // What is no cell at all does not open either.
            let whole = try await cell(site, "contact", "email", one)
            let flipped = String(whole.dropLast()) + (whole.hasSuffix("0") ? "1" : "0")
            let plain = Hex.encode(Array("larkspur@example.com".utf8))
            var wrong: [String] = ["", "00", plain, String(whole.dropLast(2)), String(whole.prefix(12)), flipped, "\(whole)00"]
            // Another suite, another version of the format, other versions of the key.
            wrong += ["0102", "0201"].map { $0 + String(whole.dropFirst(4)) }
            wrong += ["0101ffffffff", "010100000000", "010100000002"].map { $0 + String(whole.dropFirst(12)) }
            for cell in wrong {
                let answer = try await reading(site, caller, "/v1/contacts/\(one)", "contact", "email", cell: cell)
                #expect(answer.status == 200 && answer["email"] == .null, "\(cell): \(answer.text)")
                #expect(answer["_meta"]?.objectValue?["unreadable"] == ["email"], "\(cell): \(answer.text)")
            }
            #expect(try await caller.get("/v1/contacts/\(one)")["email"] == "Larkspur@example.com")
        }
    }

    @Test func `an older cell of the same place opens for as long as its key version is there, and not after`() async throws {
        try await Site.with { site in
            site.keepKeysBriefly()
            try await site.serve()
            let caller = try site.administrator
            let person = try await caller.post("/v1/contacts", ["family_name": "Larkspur"])
            let path = "/v1/contacts/\(person.id)"
            let old = try await cell(site, "contact", "family_name", person.id)
            #expect(try await caller.patch(path, ifMatch: "*", ["family_name": "Thistle"]).status == 200)
            #expect(try await caller.get(path)["family_name"] == "Thistle")
            // The limit that SECURITY.md tells of: versions are not signed.
            #expect(try await reading(site, caller, path, "contact", "family_name", cell: old)["family_name"] == "Larkspur")

            #expect(try await site.run("key", "rotate", "subjects").status == 0)
            let rotated = try await reading(site, caller, path, "contact", "family_name", cell: old)
            #expect(rotated.status == 200 && rotated["family_name"] == .null && rotated["_meta"]?.objectValue?["unreadable"] == ["family_name"])
            #expect(try await caller.get(path)["family_name"] == "Thistle")
            #expect(try await caller.get("/v1/contacts?q=Thistle").data.map { $0["id"] } == [.string(person.id)])
        }
    }
}
