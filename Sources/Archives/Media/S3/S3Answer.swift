import NIOHTTP1

/// What answers of an S3 service mean.
extension S3Client.Answer {
    /// The code of an error, such as `NoSuchKey`; nothing else of an error's text goes any further.
    var code: String? {
        guard !isObject, body.count <= 64 << 10, let error = XMLAnswer.read(body), error.name == "Error", let code = error.text(of: "Code"),
            (1...64).contains(code.utf8.count),
            code.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2E })
        else { return nil }
        return code
    }

    /// Whether it is worth trying again. Some say so with 200, after they have begun to answer.
    var saysAgain: Bool {
        switch status {
        case 408, 429, 500, 502, 503, 504: true
        case 409: ["ConditionalRequestConflict", "OperationAborted"].contains(code)
        case 200, 400: ["InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout"].contains(code)
        default: false
        }
    }

    /// What it is to the caller when it is not what was asked for.
    func failure(_ place: String) -> MediumError {
        let code = code
        let detail = code.map { "\($0), status \(status)" } ?? "status \(status)"
        switch (status, code) {
        case (_, "NoSuchBucket"): return MediumError(.misconfigured, place, detail)
        case (404, _): return MediumError(.missing, place, detail)
        case (_, "QuotaExceeded"), (_, "QuotaExceededException"), (_, "XMinioStorageFull"), (507, _): return MediumError(.full, place, detail)
        case (401, _), (403, _): return MediumError(.denied, place, detail)
        case (412, _): return MediumError(.exists, place, detail)
        case (300..<500, _), (501, _), (505, _): return MediumError(.misconfigured, place, detail)
        case (500..., _): return MediumError(.unavailable, place, detail)
        default: return MediumError(.garbled, place, detail)
        }
    }

    /// The document of an answer.
    ///
    /// - Parameter name: what the name of the root has to begin with: services do not agree on `Result`, `Response` and `Output`.
    func document(_ name: String, _ place: String) throws(MediumError) -> XMLAnswer {
        guard isDone else { throw failure(place) }
        guard let root = XMLAnswer.read(body) else { throw MediumError(.garbled, place, "the answer is no XML of a service of this kind") }
        guard root.name != "Error" else { throw failure(place) }
        guard root.name.hasPrefix(name) else { throw MediumError(.garbled, place, "the answer is another than was asked for") }
        return root
    }

    /// The bytes that the answer says it has: `bytes 0-9/10`.
    var range: (start: Int, end: Int, whole: Int)? {
        guard let text = headers.first(name: "content-range"), text.hasPrefix("bytes ") else { return nil }
        let numbers = text.dropFirst(6).split(whereSeparator: { $0 == "-" || $0 == "/" }).map { Int($0) }
        guard numbers.count == 3, let start = numbers[0], let end = numbers[1], let whole = numbers[2], start <= end, end < whole else { return nil }
        return (start, end, whole)
    }
}
