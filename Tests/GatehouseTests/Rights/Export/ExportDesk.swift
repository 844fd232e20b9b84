import Catalog
import DataFormats
import Foundation
import Gateway
import Identity
import Sealing
import SubjectRights
import TestPostgres
import Testing
import Vocabulary

@testable import Assembly

/// An officer at work in this process, in the tenant of a site whose gateway runs beside it.
struct ExportDesk {
    let site: Site

    /// - Returns: the package, and the end of its link.
    func export(
        _ subjects: [String], _ scope: ExportScope = .access, to seal: ExportSeal, request: UUIDv7 = .make(), as role: String = "compliance-officer"
    ) async throws -> (package: ExportedPackage, token: String) {
        let ids = try subjects.map { SubjectID(try #require(UUIDv7($0))) }
        let package = try await withGateway(role) { gateway, context in
            // Tests of this process share its few places; whoever finds none comes again, as the refusal says.
            for _ in 0..<100 {
                do throws(Refusal) {
                    return try await gateway.exportPackage(request, of: ids, scope: scope, sealedTo: seal, context)
                } catch {
                    guard error.code == .busy else { throw error }
                }
                try await Task.sleep(for: .milliseconds(500))
            }
            throw TestFailure("no place for an export came free")
        }
        return (package, String(package.link.value.split(separator: "/").last ?? ""))
    }

    func withGateway<Value: Sendable>(
        _ role: String = "compliance-officer", _ body: @Sendable (RecordGateway, RequestContext) async throws -> Value
    ) async throws -> Value {
        try await Runtime.with(Runtime.Options(state: site.state, policies: site.policies), progress: { _ in }) { runtime in
            let tenant = try await runtime.hostContext(makesTenant: false).principal.tenant
            let context = RequestContext(
                principal: .host(tenant: tenant, roles: [role]), purpose: runtime.gateway.catalog.purposes["compliance"],
                policies: runtime.gateway.policies, requestID: .make()
            )
            return try await body(runtime.gateway, context)
        }
    }

    func download(_ token: String, _ headers: [String: String] = [:]) async throws -> Answer {
        try await Caller(url: try site.url).send("POST", "/downloads/\(token)", headers, body: [])
    }
}

/// A package as whoever gets it opens it: with `age` and `unzip`, and not with a line of Gatehouse.
struct OpenedPackage {
    let folder: String
    /// Names of files, with their bytes.
    let files: [String: [UInt8]]

    static func open(_ package: [UInt8], identity: AgeIdentity) async throws -> OpenedPackage {
        let folder = try TemporaryFolder.make()
        let key = identity.text().withBytes { String(decoding: $0, as: UTF8.self) }
        try key.write(toFile: folder + "/key.txt", atomically: true, encoding: .utf8)
        try Data(package).write(to: URL(fileURLWithPath: folder + "/export.zip.age"))
        let outcome = try await Program.run(["/usr/bin/env", "age", "-d", "-i", "key.txt", "-o", "export.zip", "export.zip.age"], folder: folder)
        try #require(outcome.status == 0, "age: \(outcome.errors)")
        return try await unpack(folder)
    }

    /// `age` reads passphrases from a terminal only: Python lends it one.
    static func open(_ package: [UInt8], passphrase: String) async throws -> OpenedPackage {
        let folder = try TemporaryFolder.make()
        try Data(package).write(to: URL(fileURLWithPath: folder + "/export.zip.age"))
        let script = """
            import os, pty, sys
            pid, terminal = pty.fork()
            if pid == 0:
                os.execvp("age", ["age", "-d", "-o", "export.zip", "export.zip.age"])
            seen = b""
            sent = False
            while True:
                try:
                    piece = os.read(terminal, 1024)
                except OSError:
                    break
                if not piece:
                    break
                seen += piece
                if b"passphrase" in seen and not sent:
                    sent = True
                    os.write(terminal, sys.stdin.readline().encode())
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            """
        let outcome = try await Program.run(["/usr/bin/env", "python3", "-c", script], input: passphrase + "\n", folder: folder)
        try #require(outcome.status == 0, "age: \(outcome.errors)")
        return try await unpack(folder)
    }

    private static func unpack(_ folder: String) async throws -> OpenedPackage {
        let script = """
            import json, sys, zipfile
            with zipfile.ZipFile("export.zip") as package:
                assert package.testzip() is None
                package.extractall("files")
                print(json.dumps(package.namelist()))
            """
        let outcome = try await Program.run(["/usr/bin/env", "python3", "-c", script], folder: folder)
        try #require(outcome.status == 0, "zipfile: \(outcome.errors)")
        let names = try #require((try? JSONReader.read(Array(outcome.output.utf8)))?.arrayValue).compactMap(\.stringValue)
        var files: [String: [UInt8]] = [:]
        for name in names { files[name] = Array(FileManager.default.contents(atPath: "\(folder)/files/\(name)") ?? Data()) }
        return OpenedPackage(folder: folder, files: files)
    }

    func text(_ name: String) -> String { String(decoding: files[name] ?? [], as: UTF8.self) }
    func object(_ name: String) throws -> JSONObject { try #require((try? JSONReader.read(files[name] ?? []))?.objectValue) }

    /// The records of an entity in `export.json`.
    func records(_ entity: String, in member: String = "entities") throws -> [JSONObject] {
        let entities = (try object("export.json")[member]?.arrayValue ?? []).compactMap(\.objectValue)
        let found = entities.first { $0["entity"]?.stringValue == entity }
        return (found?["records"]?.arrayValue ?? []).compactMap(\.objectValue)
    }

    /// The statement in `manifest.json`.
    func manifest() throws -> JSONObject { try #require(try object("manifest.json")["document"]?.objectValue) }
}
