import DataFormats
import Foundation
import TestPostgres
import Testing

/// A person, those who work with their consents, and the mailbox.
struct ConsentScene {
    let site: Site
    let administrator: Caller
    let officer: Caller
    let app: Caller
    let marketer: Caller
    let name = unique("Consent")
    let contact: String
    var address: String { "\(name)@person.example" }

    init(_ site: Site? = nil) async throws {
        let shared = if let site { site } else { try await Site.shared() }
        self.site = shared
        administrator = try shared.administrator
        officer = try await shared.caller("compliance-officer", user: unique("officer"))
        app = try await shared.caller("integration-app")
        marketer = try await shared.caller("marketing", user: unique("marketer"))
        contact = try await administrator.make(
            "contacts", ["family_name": .string(name), "email": .string("\(name)@person.example"), "lifecycle": "customer"])
    }

    var path: String { "/v1/subjects/\(contact)" }

    func isFound(_ caller: Caller, _ headers: [String: String] = [:]) async throws -> Bool {
        let one = try await caller.get("/v1/contacts/\(contact)", headers).status == 200
        let listed = try await caller.get("/v1/contacts?email=\(percentEncoded(address))", headers).data.count == 1
        #expect(one == listed)
        return one
    }

    func purposes() async throws -> [String: JSONObject] {
        let answer = try await officer.get("\(path)/consents")
        let objects = (answer["purposes"]?.arrayValue ?? []).compactMap(\.objectValue)
        return Dictionary(uniqueKeysWithValues: objects.map { ($0["purpose"]?.stringValue ?? "", $0) })
    }

    func states() async throws -> [String] {
        let answer = try await officer.get("\(path)/consents")
        return (answer["events"]?.arrayValue ?? []).compactMap { $0.objectValue?["state"]?.stringValue }
    }

    // MARK: Mail

    /// Messages to the person, oldest first.
    func mail() throws -> [String] {
        let folder = site.state + "/mailbox"
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().filter { $0.hasSuffix(".eml") }
        return names.map { Program.text(folder + "/" + $0) }.filter { $0.contains("To: \(address)\r\n") }
    }

    /// The path of the link in a message.
    static func link(in message: String) throws -> String {
        let match = try #require(message.firstMatch(of: /http:\/\/127\.0\.0\.1:8080(\/consent\/[A-Za-z0-9_-]{64})/))
        return String(match.1)
    }

    func lastLink() throws -> String { try Self.link(in: try #require(try mail().last)) }

    /// As a browser sends the form.
    func press(_ path: String, _ answer: String? = "yes", _ headers: [String: String] = [:]) async throws -> Answer {
        let person = Caller(url: administrator.url, token: nil)
        let form = ["Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"]
        return try await person.send(
            "POST", path, form.merging(headers) { _, new in new }, body: Array((answer.map { "answer=\($0)" } ?? "").utf8))
    }

    func look(_ path: String, _ headers: [String: String] = [:]) async throws -> Answer {
        try await Caller(url: administrator.url, token: nil).get(path, ["Accept": "text/html"].merging(headers) { _, new in new })
    }
}
