import Archives
import Foundation
import NIOHTTP1
import Synchronization
import TestAuthority
import TestPostgres
import TestS3
import Testing

/// What a medium makes of a service that fails, lies or falls silent.
struct S3FaultTests {
    private typealias Answer = Front.Answer

    /// A medium that talks to a script alone, and gives up soon.
    private func medium(_ front: Front, patience: S3Patience = .short) async throws -> S3Medium {
        try await Bucket(name: "bucket").open(endpoint: front.url, patience: patience)
    }

    private static let object = Answer(
        status: 206, headers: [("Content-Range", "bytes 0-3/4"), ("ETag", "\"a\""), ("Content-Type", "binary/octet-stream")], body: Array("text".utf8)
    )

    @Test(
        "what fails for the moment is tried again until it works",
        arguments: [
            (500, "InternalError"), (503, "SlowDown"), (503, "ServiceUnavailable"), (429, "TooManyRequests"), (400, "RequestTimeout"), (502, "X"),
        ])
    func again(_ status: Int, _ code: String) async throws {
        let front = try await Front { _, number in .answer(number < 4 ? .error(status, code) : Self.object) }
        #expect(try await medium(front).text("a") == "text")
        #expect(front.requests.count == 5)
    }

    @Test("a connection that ends, with or without half an answer, is tried again")
    func connections() async throws {
        let front = try await Front { _, number in
            switch number {
            case 0: return .cut
            case 1:
                var half = Self.object
                half.missing = 2
                return .answer(half)
            default: return .answer(Self.object)
            }
        }
        #expect(try await medium(front).text("a") == "text")
        #expect(front.requests.count == 3)
    }

    @Test("a service that fails for ever is given up, and its last code told")
    func failing() async throws {
        let front = try await Front { _, _ in .answer(.error(503, "SlowDown")) }
        let error = await #expect(throws: MediumError.self) { _ = try await medium(front, patience: .none).text("a/b") }
        #expect(error == MediumError(.unavailable, "a/b", "SlowDown"))
        #expect(front.requests.count > 1)
    }

    @Test("a service that is silent, or answers a byte at a time, is not waited for for ever", arguments: [Front.Action.silence, .drip])
    func silence(_ action: Front.Action) async throws {
        var patience = S3Patience.none
        patience.request = .milliseconds(300)
        let front = try await Front { _, _ in action }
        let medium = try await medium(front, patience: patience)
        await refused(.unavailable) { _ = try await medium.read("a", from: 0, count: 1000) }
        await refused(.unavailable) { _ = try await medium.list("") }
    }

    @Test("V12.3.2: a service whose certificate nobody vouches for is told nothing", .enabled(if: OpenSSLAuthority.isInstalled))
    func untrusted() async throws {
        let authority = try OpenSSLAuthority()
        try authority.issue("server", extensions: "server")
        let server = try await TestServer(tls: try authority.serverContext()) { _ in .answer(200, body: Array("text".utf8)) }
        let medium = try await Bucket(name: "bucket").open(endpoint: server.url, patience: .none)
        await refused(.unavailable) { try await medium.put("text", at: "a") }
        #expect(server.requests.isEmpty)
    }

    @Test("where nobody listens, the medium is unavailable")
    func nobody() async throws {
        let port = try LoopbackSocket().port
        let medium = try await Bucket(name: "bucket").open(endpoint: "http://127.0.0.1:\(port)", patience: .none)
        await refused(.unavailable) { try await medium.put("text", at: "a") }
    }

    @Test("a cancelled task does not wait for the next attempt")
    func cancellation() async throws {
        var patience = S3Patience()
        patience.pause = .seconds(100)
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let front = try await Front { _, _ in
            ask.yield()
            return .answer(.error(503, "SlowDown"))
        }
        let medium = try await medium(front, patience: patience)
        let task = Task { _ = try await medium.text("a") }
        for await _ in asked { break }
        task.cancel()
        await refused(.unavailable) { try await task.value }
    }

    @Test("who is not let in is told so at once, with the code and nothing else of the answer")
    func denied() async throws {
        let text = "<Error><Code>AccessDenied</Code><Message>User bob may not</Message></Error>"
        let front = try await Front { _, _ in .answer(Answer(status: 403, body: Array(text.utf8))) }
        let medium = try await medium(front)
        let error = await #expect(throws: MediumError.self) { try await medium.put("text", at: "a") }
        #expect(error == MediumError(.denied, "a", "AccessDenied, status 403"))
        await refused(.denied) { _ = try await medium.list("") }
        await refused(.denied) { try await medium.remove(["a"]) }
        #expect(front.requests.count == 3)
    }

    @Test(
        "answers say what is wrong",
        arguments: [
            (404, "NoSuchKey", MediumError.Code.missing), (404, "NoSuchBucket", .misconfigured), (301, "PermanentRedirect", .misconfigured),
            (307, "TemporaryRedirect", .misconfigured), (400, "AuthorizationHeaderMalformed", .misconfigured), (507, "XMinioStorageFull", .full),
            (403, "QuotaExceeded", .full), (403, "RequestTimeTooSkewed", .denied), (501, "NotImplemented", .misconfigured), (401, "X", .denied),
            (403, "not a code <&", .denied),
        ])
    func codes(_ status: Int, _ code: String, _ expected: MediumError.Code) async throws {
        let front = try await Front { _, _ in .answer(.error(status, code, headers: [("Location", "http://127.0.0.1:1/")])) }
        let medium = try await medium(front)
        await refused(expected) { _ = try await medium.read("a", from: 0, count: 10) }
        #expect(front.requests.count == 1)
    }

    @Test(
        "a range that is not the one that was asked for is refused",
        arguments: ["bytes 1-4/5", "bytes 0-2/4", "bytes 0-3/9", "bytes 0-4/5", "bytes 0-3", "bytes 0-3/*", "bytes 3-0/4", "0-3/4", ""])
    func ranges(_ range: String) async throws {
        var answer = Self.object
        answer.headers[0].1 = range
        let front = try await Front { [answer] _, _ in .answer(answer) }
        let medium = try await medium(front)
        await refused(.garbled) { _ = try await medium.read("a", from: 0, count: 100) }
    }

    @Test("more than was asked for is refused, before it is all read")
    func tooMuch() async throws {
        let much = Answer(status: 200, body: [UInt8](repeating: 0, count: 1 << 20))
        let front = try await Front { _, _ in .answer(much) }
        let medium = try await medium(front)
        await refused(.garbled) { _ = try await medium.read("a", from: 0, count: 10) }
        // The whole object, in answer to a range from its middle, is not the range.
        await refused(.garbled) { _ = try await medium.read("a", from: 5, count: 1 << 20) }
        await refused(.garbled) { _ = try await medium.list("") }
    }

    @Test(
        "a listing that makes no sense is refused",
        arguments: [
            "", "<html></html>", "<ListBucketResult>", "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
            "<ListBucketResult><Contents><Key>other/a</Key><Size>1</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents></ListBucketResult>",
            "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
            "<ListBucketResult><Contents><Key>crm/backups/a</Key><Size>1</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
                + "<IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken></ListBucketResult>",
        ])
    func listings(_ text: String) async throws {
        let front = try await Front { _, _ in .answer(Answer(status: 200, headers: [("Content-Type", "application/xml")], body: Array(text.utf8))) }
        let medium = try await medium(front)
        await refused(.garbled) { _ = try await medium.list("") }
    }

    @Test("a service that passes over If-None-Match is found out at the first use")
    func unconditional() async throws {
        let front = try await Front { _, _ in .answer(Answer(status: 200, headers: [("ETag", "\"a\"")])) }
        let medium = try await medium(front)
        await refused(.misconfigured) { try await medium.put("text", at: "a", ifAbsent: true) }
    }

    @Test("credentials are read again when they have expired, and the request goes on with the new ones")
    func renewal() async throws {
        let file = try CredentialsFile(TemporaryFolder.make() + "/credentials", id: "OLD", token: "old")
        let front = try await Front { request, _ in
            request.headers["x-amz-security-token"] == ["new"] ? .answer(Self.object) : .answer(.error(403, "ExpiredToken"))
        }
        let location = try S3Location("s3://bucket", endpoint: front.url, region: nil)
        let medium = try await S3Medium.open(location, credentials: try file.open(), drafts: try TemporaryFolder.make() + "/drafts")
        await refused(.denied) { _ = try await medium.text("a") }
        _ = try CredentialsFile(file.path, id: "NEW", token: "new")
        #expect(try await medium.text("a") == "text")
        #expect(front.requests.count == 3)
    }

    @Test("an object that is replaced while it is read is read again, whole", .enabled(if: Moto.isInstalled))
    func replacedWhileRead() async throws {
        let bucket = try await Bucket.make()
        let plain = try await bucket.open()
        let (old, new) = (Bytes.random(3 << 20), Bytes.random(3 << 20))
        try await plain.put(old, at: "a", ifAbsent: false)
        let front = try await Front(try await Moto.shared().url)
        let medium = try await bucket.open(endpoint: front.url)
        // A piece is one MiB here: the first comes from the old object.
        let first = try await medium.read("a", from: 0, count: 1 << 20)
        #expect(first == Array(old.prefix(1 << 20)))
        let replaced = Mutex(false)
        let replacing = try await Front(try await Moto.shared().url) { _, number in
            guard number == 1, !replaced.withLock({ $0 }) else { return .pass }
            replaced.withLock { $0 = true }
            return .answer(.error(412, "PreconditionFailed"))
        }
        try await plain.put(new, at: "a", ifAbsent: false)
        #expect(try await bucket.open(endpoint: replacing.url).read("a", from: 0, count: 1 << 30) == new)
        #expect(replacing.requests.count == 5)
        #expect(replacing.requests[1].headers["if-match"].count == 1)
    }

    @Test("whose put was done, and the answer lost, has won; another has not", .enabled(if: Moto.isInstalled))
    func lostAnswer() async throws {
        let bucket = try await Bucket.make()
        let losing = try await Front(try await Moto.shared().url) { request, number in number == 0 ? .lose : .pass }
        let medium = try await bucket.open(endpoint: losing.url)
        try await medium.put("mine", at: "one", ifAbsent: true)
        #expect(try await medium.text("one") == "mine")
        // The control: somebody else's object stays, whatever was lost.
        let other = try await Front(try await Moto.shared().url) { request, number in number == 0 ? .lose : .pass }
        let second = try await bucket.open(endpoint: other.url)
        await refused(.exists) { try await second.put("mine", at: "one", ifAbsent: true) }
    }
}
