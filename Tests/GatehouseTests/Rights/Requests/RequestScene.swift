import DataFormats
import Foundation
import TestPostgres
import Testing

/// A person with a record, a program they use, and officers who answer.
struct RequestScene {
    let site: Site
    let administrator: Caller
    let officer: Caller
    let second: Caller
    let program: Caller
    let rep: Caller
    let name = unique("Person")
    let contact: String

    var email: String { "\(name)@example.org".lowercased() }

    init(_ site: Site? = nil) async throws {
        let shared: Site
        if let site { shared = site } else { shared = try await Site.shared() }
        self.site = shared
        administrator = try shared.administrator
        officer = try await shared.caller("compliance-officer", user: unique("officer"))
        second = try await shared.caller("compliance-officer", user: unique("second"))
        program = try await shared.caller("integration-app")
        rep = try await shared.caller("sales-rep", user: unique("rep"))
        contact = try await administrator.make(
            "contacts",
            [
                "given_name": "Ada", "family_name": .string(name), "email": .string("\(name)@example.org"), "birth_date": "1985-12-10",
                "postal_code": "10115", "lifecycle": "customer",
            ])
    }

    var person: JSONValue { ["email": .string(email), "family_name": .string(name)] }

    func open(_ kind: String, by caller: Caller? = nil, _ more: JSONObject = [:], regulation: String = "gdpr") async throws -> Answer {
        var body: JSONObject = ["kind": .string(kind), "regulation": .string(regulation), "person": person]
        for member in more.members { body[member.name] = member.value }
        return try await (caller ?? program).post("/v1/requests", .object(body))
    }

    func step(_ id: String, _ step: String, by caller: Caller? = nil, _ body: JSONValue? = nil) async throws -> Answer {
        let path = "/v1/requests/\(id)/\(step)"
        guard let body else { return try await (caller ?? officer).send("POST", path) }
        return try await (caller ?? officer).post(path, body)
    }

    /// A request that the person has logged in for.
    func opened(_ kind: String, _ more: JSONObject = [:]) async throws -> String {
        var members: JSONObject = ["subject": .string(contact), "login": true]
        for member in more.members { members[member.name] = member.value }
        let answer = try await open(kind, members)
        #expect(answer.status == 201, "\(answer.text)")
        return answer.id
    }

    /// The code in the last letter about a request, once it has arrived.
    func code(_ id: String, among count: Int = 1) async throws -> String {
        var letters: [String] = []
        try await eventually("a code arrives") {
            letters = Self.letters(site, about: id).filter { $0.contains("Your code is ") }
            return letters.count >= count
        }
        let letter = try #require(letters.last)
        return try #require(letter.split(separator: "Your code is ").last.map { String($0.prefix(8)) })
    }

    /// Letters that name a request, the oldest first.
    static func letters(_ site: Site, about id: String) -> [String] {
        let folder = site.state + "/mailbox"
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".eml") }.sorted()
        return names.map { Program.text(folder + "/" + $0) }.filter { $0.contains(id) }
    }
}
