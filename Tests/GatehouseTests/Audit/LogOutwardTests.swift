import DataFormats
import Foundation
import Glibc
import Synchronization
import TestAuthority
import TestPostgres
import Testing
import TransparencyLog

/// What leaves the gateway: heads to witnesses, entries to collectors, numbers to monitoring.
@Suite(.timeLimit(.minutes(15)))
struct LogOutwardTests {
    /// Takes what is posted to it, after it has failed a number of times.
    private final class Collector: Sendable {
        private let lines = Mutex<[String]>([])
        private let failures: Atomic<Int>
        let url: String
        var received: [String] { lines.withLock { $0 } }

        init(failing: Int) throws {
            failures = Atomic(failing)
            let socket = try LoopbackSocket()
            url = "http://127.0.0.1:\(socket.port)/ingest"
            let descriptor = dup(socket.descriptor)
            Thread { [self] in
                while case let connection = accept(descriptor, nil, nil), connection >= 0 {
                    serve(connection)
                    close(connection)
                }
            }.start()
        }

        private func serve(_ connection: Int32) {
            var request: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let text = String(decoding: request, as: UTF8.self)
                if let end = text.range(of: "\r\n\r\n") {
                    let length = text[..<end.lowerBound].lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                        .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
                    if text[end.upperBound...].utf8.count >= length ?? 0 { break }
                }
                let count = read(connection, &buffer, buffer.count)
                guard count > 0 else { return }
                request += buffer[0..<count]
            }
            let isFailing = failures.subtract(1, ordering: .relaxed).newValue >= 0
            if !isFailing {
                let text = String(decoding: request, as: UTF8.self)
                let body = text.range(of: "\r\n\r\n").map { text[$0.upperBound...] } ?? ""
                lines.withLock { $0 += body.split(separator: "\n").map { String($0) } }
            }
            let answer = "HTTP/1.1 \(isFailing ? "500 No" : "204 Taken")\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            _ = write(connection, Array(answer.utf8), answer.utf8.count)
        }
    }

    @Test func `a collector gets every entry in order once it takes them, and so does a stream with a cursor`() async throws {
        let collector = try Collector(failing: 2)
        try await Site.with { site in
            let settings = site.folder + "/feeds"
            try "http siem \(collector.url)\n".write(toFile: settings, atomically: true, encoding: .utf8)
            site.add(["GATEHOUSE_AUDIT_FEEDS_FILE": settings])
            try await site.serve()
            let caller = try site.administrator
            for _ in 0..<30 { _ = try await caller.get("/v1/contacts?limit=1") }
            try await site.settleLog()
            var positions: [Int] = []
            try await eventually("the collector has what was recorded") {
                positions = collector.received.compactMap { line in
                    let uid = (try? JSONReader.read(Array(line.utf8)))?.objectValue?["metadata"]?.objectValue?["uid"]?.stringValue
                    return uid.flatMap { Int($0.dropFirst(2)) }
                }
                return positions.count >= 31
            }
            #expect(positions.count >= 31 && positions == Array(0..<positions.count))
            #expect(try await site.administer("SELECT failure IS NULL FROM audit_feed") == "t")

            let cursor = site.folder + "/cursor"
            let first = try await site.run("audit", "stream", "--cursor", cursor)
            let lines = first.output.split(separator: "\n").count
            #expect(first.status == 0 && lines > 31)
            let second = try await site.run("audit", "stream", "--cursor", cursor, "--raw")
            let entries = try second.output.split(separator: "\n").map { try #require(JSONReader.read(Array($0.utf8)).objectValue) }
            #expect(entries.first?["target"] == "report:stream" && entries.count < 5)
        }
    }

    @Test(.enabled(if: OpenSSLAuthority.isInstalled, "openssl is not on the PATH: time-stamps are not tried"))
    func `a cosigning witness and a time-stamp authority confirm heads, and an export proves that they did`() async throws {
        let authority = try OpenSSLAuthority()
        let stamps = try await TestServer { TimestampServer.answer($0, authority) }
        try await Site.with { site in
            try await site.serve()
            _ = try await site.administrator.get("/v1/contacts?limit=1")
            let log = try await LogTests.keyFile(site)
            let key = try NoteKey(
                String(decoding: try #require(FileManager.default.contents(atPath: log)), as: UTF8.self).trimmingCharacters(in: .newlines))
            await site.stop()
            let strict = StrictWitness(knowing: [key])
            let server = try await strict.server()
            let settings = site.folder + "/witnesses"
            try """
            witness strict \(try StrictWitness.key) \(server.url)
            timestamp stamps \(stamps.url)/tsr ca=\(authority.rootPath)

            """.write(toFile: settings, atomically: true, encoding: .utf8)
            site.add(["GATEHOUSE_AUDIT_WITNESSES_FILE": settings, "GATEHOUSE_AUDIT_WITNESS_SECONDS": "1"])
            try await site.serve()
            let confirmed = "SELECT count(*) FROM audit_witness WHERE failure IS NULL AND size >= "
            // Twice, so that the second head has to be proven to go on from the first.
            for _ in 0..<2 {
                for _ in 0..<5 { _ = try await site.administrator.get("/v1/contacts?limit=1") }
                try await site.settleLog()
                let size = try await site.administer("SELECT size FROM audit_log")
                try await eventually("both have confirmed a head of \(size)") { try await site.administer(confirmed + size) == "2" }
            }
            await site.stop()
            let folder = site.folder + "/export"
            #expect(try await site.run("audit", "export", folder).status == 0)
            let witnessKey = site.folder + "/witness.pub"
            try "\(try StrictWitness.key)\n".write(toFile: witnessKey, atomically: true, encoding: .utf8)
            let verify = ["audit", "verify", folder, "--key", log, "--witness-key", witnessKey, "--timestamp-ca", authority.rootPath]
            let sound = try await site.run(verify)
            #expect(sound.status == 0, "\(sound.output) \(sound.errors)")
            // A stamp of something else, and a cosignature that was changed, are found.
            let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
            let stamp = folder + "/" + (try #require(files.first { $0.hasSuffix(".tsr") }))
            let kept = try #require(FileManager.default.contents(atPath: stamp))
            var bytes = Array(kept)
            // The signature stands at the end.
            bytes[bytes.count - 10] ^= 1
            _ = FileManager.default.createFile(atPath: stamp, contents: Data(bytes))
            let stamped = try await site.run(verify).output
            #expect(stamped.contains("timestamp-unverified"), "\(stamped)")
            _ = FileManager.default.createFile(atPath: stamp, contents: kept)
            let cosigned = folder + "/" + (try #require(files.first { $0.contains("checkpoints/") }))
            let note = Program.text(cosigned)
            var lines = note.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
            let line = try #require(lines.firstIndex { $0.hasPrefix("— \(StrictWitness.name) ") })
            let at = lines[line].index(lines[line].endIndex, offsetBy: -20)
            lines[line].replaceSubrange(at...at, with: lines[line][at] == "A" ? "B" : "A")
            try lines.joined(separator: "\n").write(toFile: cosigned, atomically: true, encoding: .utf8)
            #expect(try await site.run(verify).output.contains("cosignature-unverified"))
        }
    }

    @Test func `a witness that fails is told in the log, the numbers and the status, and one that works has the newest head`() async throws {
        try await Site.with { site in
            let (settings, kept) = (site.folder + "/witnesses", site.folder + "/kept")
            try FileManager.default.createDirectory(atPath: kept, withIntermediateDirectories: true)
            try """
            file kept \(kept)
            file gone \(site.folder)/not-there

            """.write(toFile: settings, atomically: true, encoding: .utf8)
            site.add(["GATEHOUSE_AUDIT_WITNESSES_FILE": settings, "GATEHOUSE_AUDIT_WITNESS_SECONDS": "1"])
            let server = try await site.serve()
            let caller = try site.administrator
            _ = try await caller.get("/v1/contacts?limit=1")
            var status = ""
            try await eventually("the status tells of both witnesses") {
                status = try await site.run("status").output
                return status.contains("unwritable") && status.contains("witness kept")
            }
            #expect(status.contains("witness gone") && status.contains("confirms nothing since") && status.contains("unwritable"), "\(status)")
            #expect(Program.text(server.errors).contains("\"witness\":\"gone\""))
            let numbers = try await caller.get("/metrics")
            #expect(numbers.status == 200 && numbers.text.contains("witness=\"gone\""), "\(numbers.text)")
            #expect(try await site.caller("operator").get("/metrics", ["Accept": "application/openmetrics-text"]).text.hasSuffix("# EOF\n"))
            #expect(try await site.caller("sales-rep").get("/metrics").status == 403)

            // What the witness keeps verifies the export, and catches one that was cut.
            let names = try FileManager.default.contentsOfDirectory(atPath: kept).filter { $0.hasSuffix(".checkpoint") }
            let checkpoint = kept + "/" + (try #require(names.first))
            let log = try await LogTests.keyFile(site)
            let folder = site.folder + "/export"
            #expect(try await site.run("audit", "export", folder).status == 0)
            let outcome = try await site.run("audit", "verify", folder, "--key", log, "--checkpoint", checkpoint)
            #expect(outcome.status == 0, "\(outcome.output)")
        }
    }
}
