import Archives
import DurableFiles
import Foundation
import Glibc
import NIOHTTP1
import Synchronization
import TestPostgres
import TestS3
import Testing

/// Uploads that are interrupted, and go on.
@Suite(.enabled(if: Moto.isInstalled, "moto is not installed"))
struct S3PublishTests {
    private let bucket: Bucket
    private let moto: String
    private let drafts: String
    private let file: String
    /// Six parts, the last of them short.
    private static let bytes = Bytes.random((25 << 20) + 1000)

    init() async throws {
        bucket = try await Bucket.make()
        moto = try await Moto.shared().url
        drafts = try TemporaryFolder.make() + "/drafts"
        file = drafts + "/store.age"
        try DurableFolder(drafts).ensure()
        try OpenFile.create(file).write(Self.bytes, at: 0)
    }

    private static let noUploads = Front.Answer(
        status: 200, headers: [("Content-Type", "application/xml")], body: Array("<ListMultipartUploadsResult></ListMultipartUploadsResult>".utf8))

    /// In front of moto, whose uploads all claim to be years old and would be swept.
    private func front(_ script: @escaping @Sendable (Front.Request, Int) -> Front.Action = { _, _ in .pass }) async throws -> Front {
        try await Front(moto) { request, number in
            request.method == "GET" && request.asks("uploads") ? .answer(Self.noUploads) : script(request, number)
        }
    }

    private func publish(_ front: Front, patience: S3Patience = .short) async throws {
        try await bucket.open(endpoint: front.url, patience: patience, drafts: drafts).publish(file, at: "b/store.1.age") { _ in }
    }

    private func isThere(_ expected: [UInt8] = bytes) async throws -> Bool {
        let medium = try await bucket.open()
        let found = try await medium.read("b/store.1.age", from: 0, count: 1 << 30)
        return try await medium.keys() == ["b/store.1.age"] && found == expected
    }

    private var left: [String] { (try? DurableFolder(drafts).names()) ?? [] }

    @Test("parts that the service has are not sent again after a failure")
    func goingOn() async throws {
        let failing = try await front { request, _ in request.isPart && (request.number ?? 0) > 3 ? .cut : .pass }
        await refused(.unavailable) { try await publish(failing, patience: .none) }
        #expect(try await bucket.open().keys() == [])
        #expect(left.count == 2)
        let front = try await front()
        try await publish(front)
        #expect(try await isThere())
        #expect(Set(front.requests.filter(\.isPart).compactMap(\.number)).isDisjoint(with: [1, 2, 3]))
        #expect(front.count(\.isPart) == 3)
        #expect(left == [])
    }

    @Test("a failing part is tried again, and a slow-down in the middle is waited out")
    func partsAgain() async throws {
        let front = try await front { request, number in request.isPart && number % 2 == 0 ? .answer(.error(503, "SlowDown")) : .pass }
        try await publish(front)
        #expect(try await isThere())
    }

    @Test("a draft that was changed meanwhile is sent anew, whole, and nothing of the old one is in the object")
    func changed() async throws {
        let failing = try await front { request, _ in request.isPart && (request.number ?? 0) > 3 ? .cut : .pass }
        await refused(.unavailable) { try await publish(failing, patience: .none) }
        // The same length, another byte in a part that was sent.
        var changed = Self.bytes
        changed[6 << 20] ^= 1
        try OpenFile.forUpdating(file).write([changed[6 << 20]], at: 6 << 20)
        let front = try await front()
        try await publish(front)
        #expect(try await isThere(changed))
        #expect(front.count(\.isPart) == 6)
        // The old upload was given up.
        #expect(front.count { $0.method == "DELETE" && $0.asks("uploadId") } == 1)
    }

    @Test("another length is another draft", arguments: [12 << 20, 26 << 20])
    func otherLength(_ byteCount: Int) async throws {
        let failing = try await front { request, _ in request.isPart && (request.number ?? 0) > 3 ? .cut : .pass }
        await refused(.unavailable) { try await publish(failing, patience: .none) }
        let other = Bytes.random(byteCount)
        unlink(file)
        try OpenFile.create(file).write(other, at: 0)
        try await publish(try await front())
        #expect(try await isThere(other))
        #expect(left == [])
    }

    @Test("a journal that is cut off, garbled or of another object is not believed", arguments: ["", "{", "{}\n", "cut", "twice", "other"])
    func journals(_ kind: String) async throws {
        let failing = try await front { request, _ in request.isPart && (request.number ?? 0) > 3 ? .cut : .pass }
        await refused(.unavailable) { try await publish(failing, patience: .none) }
        let journal = URL(fileURLWithPath: file + ".upload")
        let text = try String(contentsOf: journal, encoding: .utf8)
        let written =
            switch kind {
            case "cut": String(text.dropLast(10))
            case "twice": text + "1 " + String(repeating: "a", count: 64) + "\n"
            case "other": text.replacingOccurrences(of: "b/store.1.age", with: "b/store.2.age")
            default: kind
            }
        try Data(written.utf8).write(to: journal)
        try await publish(try await front())
        #expect(try await isThere())
    }

    @Test("whose last answer was lost is done, and so is who died before it came")
    func lostCompletion() async throws {
        let isLast = { @Sendable (request: Front.Request) in request.method == "POST" && request.asks("uploadId") }
        let seen = Mutex(0)
        let losing = try await front { request, _ in
            guard isLast(request) else { return .pass }
            return seen.withLock { seen in
                seen += 1
                return seen == 1 ? .lose : .pass
            }
        }
        try await publish(losing)
        #expect(try await isThere())

        // Now nothing more comes at all: the draft and its journal stay, and the next call finds the object done.
        try OpenFile.create(file).write(Self.bytes, at: 0)
        let silent = try await front { request, _ in isLast(request) ? .lose : request.method == "HEAD" ? .cut : .pass }
        await refused(.unavailable) { try await publish(silent, patience: .none) }
        #expect(left.count == 2)
        let front = try await front()
        try await publish(front)
        #expect(front.count(\.isPart) == 0 && left == [])
        #expect(try await isThere())
    }

    @Test("an error that comes with status 200 is an error, and tried again when it is one of the moment")
    func errorInSuccess() async throws {
        let seen = Mutex(0)
        let front = try await front { request, _ in
            guard request.method == "POST", request.asks("uploadId") else { return .pass }
            return seen.withLock { seen in
                seen += 1
                return seen < 3 ? .answer(.error(200, "InternalError")) : .pass
            }
        }
        try await publish(front)
        #expect(try await isThere())
        try await bucket.open().remove(["b/store.1.age"])
        try OpenFile.create(file).write(Self.bytes, at: 0)
        let wrong = try await self.front { request, _ in
            request.method == "POST" && request.asks("uploadId") ? .answer(.error(200, "InvalidPart")) : .pass
        }
        await #expect(throws: MediumError.self) { try await publish(wrong) }
        #expect(try await bucket.open().keys() == [])
        #expect(left.count == 2)
    }

    @Test("uploads that nobody goes on with are given up, younger ones are not, nor those outside of the repository")
    func sweeping() async throws {
        func upload(_ key: String, _ begun: String) -> String {
            "<Upload><Key>\(key)</Key><UploadId>\(key)</UploadId><Initiated>\(begun)</Initiated></Upload>"
        }
        let young = Date.now.formatted(.iso8601)
        let list =
            "<ListMultipartUploadsResult>" + upload("crm/backups/old", "2020-01-01T00:00:00.000Z") + upload("crm/backups/young", young)
            + upload("other/old", "2020-01-01T00:00:00.000Z") + "</ListMultipartUploadsResult>"
        let answer = Front.Answer(status: 200, body: Array(list.utf8))
        let front = try await Front(moto) { request, _ in request.method == "GET" && request.asks("uploads") ? .answer(answer) : .pass }
        try await publish(front)
        #expect(front.requests.filter { $0.method == "DELETE" }.map(\.path) == ["/\(bucket.name)/crm/backups/old"])
    }

    @Test("a process that is killed in the middle has left what the next one goes on with")
    func killed() async throws {
        let (reached, reach) = AsyncStream<Void>.makeStream()
        // The fourth part's answer, and those of what follows, never come.
        let hanging = try await front { request, _ in
            guard request.isPart, (request.number ?? 0) > 3 else { return .pass }
            reach.yield()
            return .silence
        }
        let credentials = try CredentialsFile(TemporaryFolder.make() + "/credentials")
        let folder = try TemporaryFolder.make()
        let child = try Child(
            PublishChild.command,
            environment: Program.clean.merging(["GATEHOUSE_TEST_PUBLISH": "\(hanging.url) \(bucket.name) \(credentials.path) \(file)"]) { $1 },
            folder: folder, input: "/dev/null", output: folder + "/out", errors: folder + "/out")
        var waiting = 0
        for await _ in reached {
            // All three places are taken by what hangs: the parts before have arrived.
            waiting += 1
            if waiting == 3 || !child.isAlive { break }
        }
        kill(child.pid, SIGKILL)
        #expect(await child.wait() == 128 + SIGKILL, "\(Program.text(folder + "/out"))")
        #expect(left.count == 2)
        let front = try await front()
        try await publish(front)
        #expect(try await isThere())
        #expect(front.requests.filter(\.isPart).compactMap(\.number).sorted() == [4, 5, 6])
    }

    @Test("a copy that fails leaves no object, and gives its upload up")
    func failedCopy() async throws {
        let medium = try await bucket.open()
        try await medium.publish(Draft(medium, Self.bytes).path, at: "a") { _ in }
        let front = try await front { request, _ in
            request.isPart && request.number == 3 ? .answer(.error(200, "AccessDenied")) : .pass
        }
        let failing = try await bucket.open(endpoint: front.url)
        await #expect(throws: MediumError.self) { try await failing.copy("a", replacing: 100, by: [1], to: "b") { _ in } }
        #expect(front.count { $0.method == "DELETE" && $0.asks("uploadId") } == 1)
        #expect(try await medium.keys() == ["a"])
        // Nearly nothing of it went through this host.
        #expect(front.requests.filter(\.isPart).allSatisfy { $0.body.count <= 5 << 20 })
    }
}

/// What the process that is killed does: this very test, in a process of its own.
struct PublishChild {
    static var command: [String] {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return [own, "--testing-library", "swift-testing", "--skip-build", "--filter", "PublishChild"]
    }

    private static let task = ProcessInfo.processInfo.environment["GATEHOUSE_TEST_PUBLISH"]

    @Test("publishes what the environment says", .enabled(if: task != nil, "only in the process of another test"))
    func publish() async throws {
        let words = try #require(Self.task).split(separator: " ").map(String.init)
        let location = try S3Location("s3://\(words[1])/crm/backups", endpoint: words[0], region: nil)
        let drafts = URL(fileURLWithPath: words[3]).deletingLastPathComponent().path
        let medium = try await S3Medium.open(
            location, credentials: try S3Credentials(file: words[2]), drafts: drafts, patience: .short, pieces: Bucket.pieces)
        try await medium.publish(words[3], at: "b/store.1.age") { _ in }
    }
}
