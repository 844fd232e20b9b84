import DataFormats
import DurableFiles
import NIOHTTP1
import Sealing
import Vocabulary

/// Large files: sent in parts, some at a time, and gone on with after a crash.
extension S3Medium {
    /// A part that the service has.
    struct Part: Sendable {
        let number: Int
        let tag: String
        let byteCount: Int
    }

    package func publish(_ file: String, at key: String, progress: @Sendable (Int) -> Void) async throws(MediumError) {
        let object = try object(key)
        guard file.hasPrefix(drafts + "/"), !file.dropFirst(drafts.utf8.count + 1).contains("/") else {
            throw MediumError(.misconfigured, key, "what is published is a file of the medium's drafts")
        }
        if !hasSwept.isKept { await sweep() }
        let byteCount = try await blocking(key) { () throws(FileError) in try OpenFile.forReading(file).byteCount() }
        if byteCount <= pieces.sent {
            let bytes = try await blocking(key) { () throws(FileError) in try OpenFile.forReading(file).readAll() }
            try await put(bytes, at: key, ifAbsent: false)
        } else {
            try await upload(file, byteCount, key, object, progress)
        }
        progress(byteCount)
        try await blocking(key) { () throws(FileError) in
            // The journal first: were it to outlive the draft, another draft of the name would be taken for this one.
            let folder = DurableFolder(drafts)
            let name = String(file.dropFirst(drafts.utf8.count + 1))
            try folder.remove(name + UploadJournal.ending)
            try folder.remove(name)
            try folder.sync()
        }
    }

    func blocking<Value: Sendable>(_ place: String, _ body: @escaping @Sendable () throws(FileError) -> Value) async throws(MediumError) -> Value {
        do throws(FileError) { return try await BlockingCalls.run(body) } catch { throw MediumError(file: error, place) }
    }

    private func upload(_ file: String, _ byteCount: Int, _ key: String, _ object: String, _ progress: (Int) -> Void) async throws(MediumError) {
        let path = file + UploadJournal.ending
        var parts: [Int: Part] = [:]
        var known: UploadJournal?
        if let old = try await blocking(key, { () throws(FileError) in try UploadJournal.read(path) }) {
            let fits = try await blocking(key) { () throws(FileError) in
                old.key == key && old.byteCount == byteCount ? try Self.matches(old, file) : false
            }
            if fits, let there = try await partsThere(old, key, object) {
                (known, parts) = (old, there)
            } else if fits, let head = try? await head(key), head.origin == old.origin, head.byteCount == byteCount {
                // It was finished, and the process ended before it heard of it.
                return
            } else {
                await abort(old.upload, key, object)
            }
        }
        if known == nil {
            let origin = UUIDv7.make().description
            let upload = try await begin(key, object, origin: origin)
            let partSize = max(pieces.sent, Self.rounded(byteCount / 9_000))
            known = try await blocking(key) { () throws(FileError) in
                try UploadJournal.begin(path, key: key, byteCount: byteCount, partSize: partSize, upload: upload, origin: origin)
            }
        }
        guard var journal = known else { return }
        try await send(file, &journal, &parts, key, object, progress)
        try await complete(journal.upload, journal.origin, parts.values.sorted { $0.number < $1.number }, key, object)
    }

    /// Whether the draft still has the bytes that were written down.
    private static func matches(_ journal: UploadJournal, _ file: String) throws(FileError) -> Bool {
        let file = try OpenFile.forReading(file)
        for (number, digest) in journal.digests {
            let start = (number - 1) * journal.partSize
            guard start >= 0, start < journal.byteCount, Hex.encode(SHA256.hash(try file.read(journal.partSize, at: start))) == digest else {
                return false
            }
        }
        return true
    }

    /// The parts that need not be sent; `nil` when the service knows nothing of the upload any more.
    private func partsThere(_ journal: UploadJournal, _ key: String, _ object: String) async throws(MediumError) -> [Int: Part]? {
        var parts: [Int: Part] = [:]
        var marker = 0
        repeat {
            let query = [("uploadId", journal.upload), ("part-number-marker", "\(marker)")]
            let answer = try await client.send(S3Client.Request(object: object, query: query), key)
            if answer.status == 404, answer.code == "NoSuchUpload" { return nil }
            let page = try answer.document("ListParts", key)
            for element in page.all("Part") {
                guard let number = element.text(of: "PartNumber").flatMap({ Int($0) }), let tag = element.text(of: "ETag"),
                    let byteCount = element.text(of: "Size").flatMap({ Int($0) })
                else { throw MediumError(.garbled, key, "the list of parts has one without a number, a tag or a size") }
                let expected = min(journal.partSize, journal.byteCount - (number - 1) * journal.partSize)
                if journal.digests[number] != nil, byteCount == expected { parts[number] = Part(number: number, tag: tag, byteCount: byteCount) }
            }
            guard page.text(of: "IsTruncated") == "true" else { return parts }
            guard let next = page.text(of: "NextPartNumberMarker").flatMap({ Int($0) }), next > marker else {
                throw MediumError(.garbled, key, "the list of parts does not go on")
            }
            marker = next
        } while true
    }

    private func send(
        _ file: String, _ journal: inout UploadJournal, _ parts: inout [Int: Part], _ key: String, _ object: String, _ progress: (Int) -> Void
    ) async throws(MediumError) {
        let (partSize, byteCount, upload) = (journal.partSize, journal.byteCount, journal.upload)
        let count = (byteCount + partSize - 1) / partSize
        var missing = (1...count).filter { parts[$0] == nil }[...]
        var done = parts.values.reduce(0) { $0 + $1.byteCount }
        if done > 0 { progress(done) }
        var failure: MediumError?
        await withTaskGroup(of: Result<Part, MediumError>.self) { group in
            var underWay = 0
            while underWay > 0 || !missing.isEmpty {
                while failure == nil, underWay < pieces.atATime, let number = missing.popFirst() {
                    do throws(MediumError) {
                        let bytes = try await blocking(key) { () throws(FileError) in
                            try OpenFile.forReading(file).read(partSize, at: (number - 1) * partSize)
                        }
                        let hash = SHA256.hash(bytes)
                        let digest = Hex.encode(hash)
                        guard bytes.count == min(partSize, byteCount - (number - 1) * partSize), journal.digests[number] ?? digest == digest else {
                            throw MediumError(.garbled, key, "the draft changes while it is published")
                        }
                        if journal.digests[number] == nil {
                            let before = journal
                            journal = try await blocking(key) { () throws(FileError) in
                                var journal = before
                                try journal.add(number, digest)
                                return journal
                            }
                        }
                        underWay += 1
                        group.addTask {
                            do throws(MediumError) { return .success(try await send(bytes, hash, number, upload, key, object)) } catch {
                                return .failure(error)
                            }
                        }
                    } catch {
                        failure = error
                    }
                }
                guard underWay > 0, let outcome = await group.next() else { break }
                underWay -= 1
                switch outcome {
                case .success(let part):
                    parts[part.number] = part
                    done += part.byteCount
                    progress(done)
                case .failure(let error): failure = failure ?? error
                }
            }
        }
        if let failure { throw failure }
    }

    /// Up to whole MiB: 9,000 pieces of that size are enough, of 10,000 that there may be.
    static func rounded(_ byteCount: Int) -> Int { ((byteCount >> 20) + 1) << 20 }

    // MARK: Requests

    func begin(_ key: String, _ object: String, origin: String) async throws(MediumError) -> String {
        var request = S3Client.Request(method: "POST", object: object, query: [("uploads", "")])
        request.headers = [("content-type", "application/octet-stream"), (Self.originHeader, origin)]
        let document = try await client.send(request, key).document("InitiateMultipartUpload", key)
        guard let upload = document.text(of: "UploadId"), !upload.isEmpty, upload.utf8.count <= 2048 else {
            throw MediumError(.garbled, key, "the upload has no name")
        }
        return upload
    }

    /// - Parameter hash: SHA-256 of the bytes.
    func send(
        _ bytes: [UInt8], _ hash: [UInt8], _ number: Int, _ upload: String, _ key: String, _ object: String
    ) async throws(MediumError) -> Part {
        let query = [("partNumber", "\(number)"), ("uploadId", upload)]
        let answer = try await client.send(S3Client.Request(method: "PUT", object: object, query: query, body: bytes, digest: hash), key)
        guard answer.isDone else { throw answer.status == 404 ? MediumError(.unavailable, key, "the upload is gone") : answer.failure(key) }
        guard let tag = answer.headers.first(name: "etag") else { throw MediumError(.garbled, key, "the answer has no tag") }
        return Part(number: number, tag: tag, byteCount: bytes.count)
    }

    func complete(_ upload: String, _ origin: String, _ parts: [Part], _ key: String, _ object: String) async throws(MediumError) {
        let list = parts.map { "<Part><PartNumber>\($0.number)</PartNumber><ETag>\(Self.escaped($0.tag))</ETag></Part>" }.joined()
        let body = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(list)</CompleteMultipartUpload>"
        var request = S3Client.Request(method: "POST", object: object, query: [("uploadId", upload)], body: Array(body.utf8))
        request.headers = [("content-type", "application/xml")]
        request.extraTime = .seconds(600)
        let answer = try await client.send(request, key)
        // An answer before may have been lost, and the upload is gone because it is the object now.
        if answer.status == 404, answer.code == "NoSuchUpload" {
            guard let head = try? await head(key), head.origin == origin else { throw MediumError(.unavailable, key, "the upload is gone") }
            return
        }
        _ = try answer.document("CompleteMultipartUpload", key)
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { text, character in
            switch character {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            default: text.append(character)
            }
        }
    }

    /// Gives an upload up; when that fails, a later ``sweep()`` does.
    func abort(_ upload: String, _ key: String, _ object: String) async {
        let request = S3Client.Request(method: "DELETE", object: object, query: [("uploadId", upload)])
        await despiteCancellation { _ = try? await client.send(request, key) }
    }
}
