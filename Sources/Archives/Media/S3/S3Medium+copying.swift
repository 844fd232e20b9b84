import Sealing
import Vocabulary

/// Copies that the service makes, and what is left of those and of uploads when a process ends.
extension S3Medium {
    /// S3 takes no smaller part than this but the last.
    private static let smallestPart = 5 << 20
    /// After so long nobody goes on with an upload.
    private static let uploadLife = Duration.seconds(7 * 86_400)

    package func copy(
        _ source: String, replacing replaced: Int, by front: [UInt8], to key: String, progress: @Sendable (Int) -> Void
    ) async throws(MediumError) {
        let (from, object) = (try object(source), try object(key))
        let head = try await head(source)
        guard head.byteCount >= replaced else { throw MediumError(.garbled, source, "it has fewer than \(replaced) bytes") }
        // The front is a part of its own, filled up with what follows until it is large enough to be one.
        let filling = min(max(0, Self.smallestPart - front.count), head.byteCount - replaced)
        var first = front
        if filling > 0 { first += try await read(source, from: replaced, count: filling) }
        guard first.count == front.count + filling else { throw MediumError(.unavailable, source, "it was replaced meanwhile") }
        let start = replaced + filling
        guard start < head.byteCount else {
            try await put(first, at: key, ifAbsent: false)
            return progress(first.count)
        }
        let origin = UUIDv7.make().description
        let upload = try await begin(key, object, origin: origin)
        do throws(MediumError) {
            var parts = [try await send(first, SHA256.hash(first), 1, upload, key, object)]
            progress(first.count)
            let piece = max(pieces.copied, Self.rounded(head.byteCount / 9_000))
            for position in stride(from: start, to: head.byteCount, by: piece) {
                let end = min(position + piece, head.byteCount)
                let tag = try await copyPart(from, head.tag, position..<end, parts.count + 1, upload, key, object)
                parts.append(Part(number: parts.count + 1, tag: tag, byteCount: end - position))
                progress(first.count + end - start)
            }
            try await complete(upload, origin, parts, key, object)
        } catch {
            await abort(upload, key, object)
            throw error
        }
    }

    private func copyPart(
        _ source: String, _ tag: String, _ range: Range<Int>, _ number: Int, _ upload: String, _ key: String, _ object: String
    ) async throws(MediumError) -> String {
        var request = S3Client.Request(method: "PUT", object: object, query: [("partNumber", "\(number)"), ("uploadId", upload)])
        request.headers = [
            ("x-amz-copy-source", "/\(client.location.bucket)/" + S3Signature.encoded(source, sparing: "/")), ("x-amz-copy-source-if-match", tag),
            ("x-amz-copy-source-range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"),
        ]
        request.extraTime = .seconds(600)
        let answer = try await client.send(request, key)
        guard answer.status != 412 else { throw MediumError(.unavailable, key, "what is copied was replaced meanwhile") }
        guard let tag = try answer.document("CopyPart", key).text(of: "ETag"), !tag.isEmpty else {
            throw MediumError(.garbled, key, "the answer has no tag")
        }
        return tag
    }

    /// Gives up uploads that nobody goes on with, which the owner of the bucket would pay for and not see. Where that is not allowed, it is left.
    func sweep() async {
        hasSwept.keep()
        let request = S3Client.Request(query: [("uploads", ""), ("prefix", client.location.prefix)])
        guard let page = try? await client.send(request, name).document("ListMultipartUploads", name) else { return }
        let limit = Instant.now().advanced(by: .zero - Self.uploadLife)
        for element in page.all("Upload") {
            guard let object = element.text(of: "Key"), object.hasPrefix(client.location.prefix), let upload = element.text(of: "UploadId"),
                let begun = element.text(of: "Initiated").flatMap({ Instant($0) }), begun < limit
            else { continue }
            await abort(upload, name, object)
        }
    }
}
