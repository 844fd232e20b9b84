import DurableFiles
import NIOHTTP1
import Sealing
import Synchronization
import Vocabulary

/// A repository in a bucket of an S3 service.
///
/// Nothing is believed that does not add up: a range has to be the one that was asked for, a body as long as it says, a listing has to go on
/// and end. The digest of everything that is sent is part of the signature. What failed for the moment is tried again, for as long as
/// ``S3Patience`` says. The account needs to list the bucket, and to read, write and remove objects below the prefix.
package struct S3Medium: ArchiveMedium {
    /// How large the pieces are in which objects travel.
    package struct Pieces: Sendable {
        /// Of an upload: what is sent, and held in memory, at once. S3 takes no smaller ones than 5 MiB but the last, and 10,000 of them.
        package var sent = 16 << 20
        /// That the service copies at once.
        package var copied = 256 << 20
        package var read = 32 << 20
        package var atATime = 3

        package init() {}
    }

    package let drafts: String
    package var name: String { client.location.name }
    let client: S3Client
    let pieces: Pieces
    /// Whether the service has shown that it keeps `If-None-Match`.
    private let hasKeptCondition: Promise

    /// Something that becomes true, shared by copies of the medium.
    final class Promise: Sendable {
        private let value = Mutex(false)
        var isKept: Bool { value.withLock { $0 } }
        func keep() { value.withLock { $0 = true } }
    }

    let hasSwept = Promise()

    /// - Parameter drafts: a folder of this host; made when it is missing, the one above it has to be there.
    package static func open(
        _ location: S3Location, credentials: S3Credentials, drafts: String, patience: S3Patience = S3Patience(), pieces: Pieces = Pieces()
    ) async throws(MediumError) -> S3Medium {
        try await BlockingCalls.run { () throws(MediumError) in
            do throws(FileError) {
                try DurableFolder(drafts).ensure()
                try DirectoryMedium.sweep(OpenFolder.open(drafts))
            } catch {
                throw MediumError(file: error, drafts)
            }
        }
        let client = S3Client(location: location, credentials: credentials, patience: patience)
        return S3Medium(drafts: drafts, client: client, pieces: pieces, hasKeptCondition: Promise())
    }

    /// A key as the bucket knows it.
    func object(_ key: String) throws(MediumError) -> String {
        _ = try MediumKey.words(key)
        return client.location.prefix + key
    }

    // MARK: Looking

    package func list(_ prefix: String) async throws(MediumError) -> [MediumObject] {
        _ = try MediumKey.prefix(prefix)
        var found: [MediumObject] = []
        var token: String?
        repeat {
            var request = S3Client.Request()
            request.query = [("list-type", "2"), ("encoding-type", "url"), ("prefix", client.location.prefix + prefix)]
            if let token { request.query.append(("continuation-token", token)) }
            let page = try await client.send(request, prefix).document("ListBucket", prefix)
            let contents = page.all("Contents")
            for element in contents {
                guard let written = element.text(of: "Key"), let key = Self.decoded(written), key.hasPrefix(client.location.prefix + prefix),
                    let byteCount = element.text(of: "Size").flatMap({ Int($0) }), byteCount >= 0,
                    let modifiedAt = element.text(of: "LastModified").flatMap({ Instant($0) })
                else { throw MediumError(.garbled, prefix, "the listing has an object without a key, a size or a time") }
                let own = String(key.dropFirst(client.location.prefix.count))
                // What has no name of a key is not ours.
                guard (try? MediumKey.words(own)) != nil else { continue }
                found.append(MediumObject(key: own, byteCount: byteCount, modifiedAt: modifiedAt))
            }
            guard page.text(of: "IsTruncated") == "true" else { break }
            guard let next = page.text(of: "NextContinuationToken"), !next.isEmpty, next != token, !contents.isEmpty else {
                throw MediumError(.garbled, prefix, "the listing does not go on")
            }
            token = next
        } while true
        return found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    /// As `encoding-type=url` writes keys.
    private static func decoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(0x20)
            case UInt8(ascii: "%"):
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
                rest = rest.dropFirst(2)
                bytes.append(value)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    struct Head {
        let byteCount: Int
        let tag: String
        /// Which call of ours put it, if it was one.
        let origin: String?
    }

    /// - Throws: `missing`, too.
    func head(_ key: String) async throws(MediumError) -> Head {
        let answer = try await client.send(S3Client.Request(method: "HEAD", object: object(key)), key)
        guard answer.isDone else { throw answer.failure(key) }
        guard let byteCount = answer.headers.first(name: "content-length").flatMap({ Int($0) }), let tag = answer.headers.first(name: "etag") else {
            throw MediumError(.garbled, key, "the answer has no length or no tag")
        }
        return Head(byteCount: byteCount, tag: tag, origin: answer.headers.first(name: Self.originHeader))
    }

    package func read(_ key: String, from offset: Int, count: Int) async throws(MediumError) -> [UInt8] {
        guard count > 0 else {
            _ = try await head(key)
            return []
        }
        // Replaced between two pieces: it begins again.
        for _ in 0..<10 {
            if let bytes = try await attemptToRead(key, offset, count) { return bytes }
        }
        throw MediumError(.unavailable, key, "it is replaced all the time")
    }

    private func attemptToRead(_ key: String, _ offset: Int, _ count: Int) async throws(MediumError) -> [UInt8]? {
        var bytes: [UInt8] = []
        var tag: String?
        while bytes.count < count {
            let (start, wanted) = (offset + bytes.count, min(pieces.read, count - bytes.count))
            var request = S3Client.Request(object: try object(key), greatestAnswer: max(wanted, 64 << 10))
            request.headers = [("range", "bytes=\(start)-\(start + wanted - 1)")]
            if let tag { request.headers.append(("if-match", tag)) }
            let answer = try await client.send(request, key)
            switch answer.status {
            case 206:
                guard let range = answer.range, range.start == start, range.end == min(start + wanted, range.whole) - 1,
                    answer.body.count == range.end - range.start + 1
                else { throw MediumError(.garbled, key, "the answer is not the range that was asked for") }
                bytes += answer.body
                if range.end == range.whole - 1 { return bytes }
                guard let current = answer.headers.first(name: "etag") else { throw MediumError(.garbled, key, "the answer has no tag") }
                tag = current
            case 200 where start == 0:
                // The whole object, as some answer when the range covers it.
                guard answer.body.count <= wanted else { throw MediumError(.garbled, key, "the answer is not the range that was asked for") }
                return answer.body
            case 416: return bytes
            case 412 where tag != nil: return nil
            default: throw answer.isDone ? MediumError(.garbled, key, "status \(answer.status)") : answer.failure(key)
            }
        }
        return bytes
    }

    // MARK: Changing

    /// Tells an object that a call of ours has put from another's, when its answer was lost.
    static let originHeader = "x-amz-meta-gatehouse-origin"

    package func put(_ bytes: [UInt8], at key: String, ifAbsent: Bool) async throws(MediumError) {
        let origin = UUIDv7.make().description
        var request = S3Client.Request(method: "PUT", object: try object(key), body: bytes)
        request.headers = [("content-type", "application/octet-stream"), (Self.originHeader, origin)]
        if ifAbsent { request.headers.append(("if-none-match", "*")) }
        let answer = try await client.send(request, key)
        if ifAbsent, answer.status == 412 {
            if answer.followsLost, let there = try? await head(key), there.origin == origin { return }
            throw MediumError(.exists, key)
        }
        guard answer.isDone else { throw answer.failure(key) }
        guard ifAbsent, !hasKeptCondition.isKept else { return }
        // A service that does not know the condition passes over it, and two would win. It is asked once for what it has to refuse now.
        let second = try await client.send(request, key)
        guard second.status == 412 else {
            throw second.isDone
                ? MediumError(.misconfigured, key, "the service overwrites objects in spite of If-None-Match, which a repository rests on")
                : second.failure(key)
        }
        hasKeptCondition.keep()
    }

    package func remove(_ keys: [String]) async throws(MediumError) {
        let objects = try keys.map { (key) throws(MediumError) in (key, try object(key)) }
        // One request each: to remove many at once is what services of this kind differ most in.
        var failure: MediumError?
        await withTaskGroup(of: MediumError?.self) { group in
            var rest = objects[...]
            var underWay = 0
            while underWay > 0 || !rest.isEmpty {
                while failure == nil, underWay < 8, let (key, object) = rest.popFirst() {
                    underWay += 1
                    group.addTask {
                        do throws(MediumError) {
                            let answer = try await client.send(S3Client.Request(method: "DELETE", object: object), key)
                            return answer.isDone || (answer.status == 404 && answer.code != "NoSuchBucket") ? nil : answer.failure(key)
                        } catch {
                            return error
                        }
                    }
                }
                guard underWay > 0, let outcome = await group.next() else { break }
                underWay -= 1
                failure = failure ?? outcome
            }
        }
        if let failure { throw failure }
    }
}
