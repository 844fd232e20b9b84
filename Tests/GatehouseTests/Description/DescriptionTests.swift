import Catalog
import DataFormats
import Foundation
import Identity
import Policies
import PolicyFiles
import TestPostgres
import Testing
import Vocabulary

@testable import HTTPInterface

/// What the API says of itself, to whom.
struct DescriptionTests {
    private struct Document {
        let json: JSONObject
        let text: String

        init(_ answer: Answer) throws {
            #expect(answer.status == 200, "\(answer.text)")
            json = try #require(answer.object)
            text = answer.text
        }

        var paths: JSONObject { json["paths"]?.objectValue ?? [:] }
        var schemas: JSONObject { json["components"]?.objectValue?["schemas"]?.objectValue ?? [:] }
        func members(_ schema: String) -> [String: JSONObject] {
            let members = schemas[schema]?.objectValue?["properties"]?.objectValue?.members ?? []
            return Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value.objectValue ?? [:]) })
        }
        func operation(_ path: String, _ method: String) -> JSONObject? { paths[path]?.objectValue?[method]?.objectValue }
        func parameters(_ path: String) -> Set<String> {
            Set((operation(path, "get")?["parameters"]?.arrayValue ?? []).compactMap { $0.objectValue?["name"]?.stringValue })
        }
    }

    private func document(_ caller: Caller) async throws -> Document { try Document(await caller.get("/openapi.json")) }

    @Test("every role finds the fields that it may see for some purpose, and no others", arguments: LeakMatrixTests.roles)
    func fields(role: String) async throws {
        let site = try await Site.shared()
        let folder = try site.catalog()
        let document = try await document(site.caller(role, user: "ann"))
        let principal = Principal.described(tenant: TenantID(.make()), user: "ann", roles: [role])
        let purposes = [nil] + folder.catalog.purposes.values.map { Optional($0) }
        for entity in folder.catalog.entities {
            var visible: Set<String> = []
            var isReadable = false
            for purpose in purposes {
                let request = AccessRequest(principal: principal, purpose: purpose, reason: "r")
                let ruling = folder.policies.decide(request, .read, on: entity.name)
                guard ruling.isAllowed else { continue }
                if let origin = entity.historyOf, !folder.policies.decide(request, .read, on: origin.entity).isAllowed { continue }
                isReadable = true
                visible.formUnion(zip(entity.fields, ruling.widest.access).filter { $1 != .hidden }.map(\.0.name))
            }
            let name = entity.name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
            #expect((document.operation("/v1/\(entity.plural)", "get") != nil) == isReadable, "\(entity.name)")
            let shown = Set(document.members(name).keys).subtracting(["id", "_meta"])
            #expect(shown == visible, "\(entity.name)")
            // What may be hidden is no parameter of a list either.
            let filters = document.parameters("/v1/\(entity.plural)")
            #expect(filters.isDisjoint(with: Set(entity.fields.map(\.name)).subtracting(visible)), "\(entity.name)")
        }
    }

    @Test("a name that a role may never see stands nowhere in what it is told")
    func hiddenNames() async throws {
        let site = try await Site.shared()
        for role in ["sales-rep", "marketing", "support-agent", "integration-app", "auditor"] {
            let caller = try await site.caller(role)
            let page = try await caller.get("/docs").text
            let document = try await document(caller)
            for name in ["health_notes", "national_id"] {
                #expect(!document.text.contains(name), "\(role)")
                #expect(!page.contains(name), "\(role)")
            }
        }
        let administrator = try await document(try site.administrator)
        #expect(administrator.text.contains("health_notes"))
        let auditor = try await document(site.caller("auditor"))
        #expect(auditor.operation("/v1/contacts", "get") == nil)
        #expect(auditor.schemas["Contact"] == nil)
        #expect(auditor.operation("/v1/audit/events", "get") != nil)
    }

    @Test("masked fields are described as masked, and what may not be written is not in what may be sent")
    func masksAndDrafts() async throws {
        let site = try await Site.shared()
        let marketing = try await document(site.caller("marketing"))
        #expect(marketing.members("Contact")["family_name"]?["x-masked"] == "initial")
        #expect(marketing.schemas["ContactDraft"] == nil)
        #expect(!marketing.parameters("/v1/contacts").contains("family_name"))
        let rep = try await document(site.caller("sales-rep", user: "ann"))
        let draft = try #require(rep.schemas["ContactDraft"]?.objectValue)
        #expect(draft["additionalProperties"] == false)
        for name in ["owner_id", "created_at", "bank_account", "id"] { #expect(rep.members("ContactDraft")[name] == nil, "\(name)") }
        #expect(rep.members("ContactDraft")["given_name"] != nil)
        #expect(rep.operation("/v1/contacts/{id}", "delete") == nil)
        #expect(rep.operation("/v1/tokens", "get") == nil)
    }

    @Test("from what is created, links lead to reading, changing and deleting it")
    func links() async throws {
        let document = try await document(Site.shared().administrator)
        let created = document.operation("/v1/contacts", "post")?["responses"]?.objectValue?["201"]?.objectValue
        let links = try #require(created?["links"]?.objectValue)
        #expect(Set(links.members.map(\.name)).isSuperset(of: ["getContact", "updateContact", "deleteContact"]))
        #expect(links["updateContact"]?.objectValue?["parameters"]?.objectValue?["path.id"] == "$response.body#/id")
        #expect(links["updateContact"]?.objectValue?["parameters"]?.objectValue?["header.If-Match"] == "$response.header.ETag")
        #expect(created?["headers"]?.objectValue?["ETag"] != nil)
    }

    @Test("whoever has no credential is told of what everybody may call; a wrong one, and one that was revoked, are refused")
    func credentials() async throws {
        let site = try await Site.shared()
        let nobody = try await document(Caller(url: try site.url))
        #expect(nobody.paths.members.allSatisfy { !$0.name.hasPrefix("/v1") })
        #expect(nobody.operation("/healthz", "get") != nil)
        #expect(nobody.schemas["Contact"] == nil)
        for path in ["/openapi.json", "/docs"] {
            let wrong = try await Caller(url: try site.url, token: "ghk_aaaaaaaaaaaa_" + String(repeating: "a", count: 43)).get(path)
            #expect(wrong.status == 401 && wrong.code == "credential-invalid", "\(path)")
        }
        let caller = try await site.caller("sales-rep")
        #expect(try await caller.get("/openapi.json").status == 200)
        #expect(try await site.administrator.delete("/v1/tokens/\(caller.id)", ifMatch: nil).status == 204)
        #expect(try await caller.get("/openapi.json").status == 401)
    }

    @Test("it has a tag by which one that is had already is not sent again, and which differs between roles")
    func tags() async throws {
        let site = try await Site.shared()
        let (rep, support) = (try await site.caller("sales-rep"), try await site.caller("support-agent"))
        for path in ["/openapi.json", "/docs"] {
            let first = try await rep.get(path)
            let tag = try #require(first.tag)
            let again = try await rep.get(path, ["If-None-Match": tag])
            #expect(again.status == 304 && again.bytes.isEmpty && again.tag == tag)
            #expect(try await support.get(path, ["If-None-Match": tag]).status == 200)
            #expect(first.headers["cache-control"] == "no-store")
            #expect(first.headers["vary"]?.contains("Authorization") == true)
        }
    }

    @Test("the page runs nothing and loads nothing")
    func page() async throws {
        let answer = try await Site.shared().administrator.get("/docs", ["Accept": "text/html"])
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
        let policy = try #require(answer.headers["content-security-policy"])
        #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
        #expect(!policy.contains("unsafe"))
        for word in ["<script", "<link", "<img", "src=", "url(", "@import", "onclick", "javascript:"] {
            #expect(!answer.text.contains(word), "\(word)")
        }
        #expect(answer.text.contains("<code>/v1/contacts/{id}</code>"))
        #expect(answer.text.contains("id=\"schema-Contact\""))
    }

    @Test("shapes are written down as they were", arguments: [("sales-rep", "TaskChange"), ("compliance-officer", "Hold")])
    func golden(role: String, name: String) async throws {
        let document = try await document(Site.shared().caller(role))
        let bytes = try CanonicalJSON.bytes(of: try #require(document.schemas[name]))
        let golden = Program.text("\(Repository.root)/Tests/GatehouseTests/Golden/openapi-\(name).json")
        let expected = try JSONReader.read(Array(golden.utf8))
        #expect(try bytes == CanonicalJSON.bytes(of: expected), "\(String(decoding: bytes, as: UTF8.self))")
    }

    @Test(
        "every role's document is a valid OpenAPI 3.1 document", .enabled(if: DescriptionTools.validator != nil),
        arguments: LeakMatrixTests.roles + [""])
    func validity(role: String) async throws {
        let site = try await Site.shared()
        let caller = role.isEmpty ? Caller(url: try site.url) : try await site.caller(role)
        let document = try await document(caller)
        #expect(document.json["openapi"] == "3.1.0")
        let file = "\(site.folder)/openapi-\(role).json"
        try document.text.write(toFile: file, atomically: true, encoding: .utf8)
        let outcome = try await Program.run([try #require(DescriptionTools.validator), "--schema", "3.1", file])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }
}
