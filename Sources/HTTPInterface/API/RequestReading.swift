import Catalog
import DataFormats
import Gateway
import Identity
import NIOHTTP1
import Vocabulary

extension APIRequest {
    /// What the caller presents: a key or a token as `Authorization: Bearer …`, or a key as `X-API-Key`, exactly one of them, once. Nothing in
    /// the target counts (RFC 6750 section 5.3): it would end up in logs.
    func presented() throws(Refusal) -> PresentedCredential {
        let users = headers[HeaderName.onBehalfOf]
        guard users.count <= 1 else { throw Refusal(.credentialMalformed, "the On-Behalf-Of header was sent more than once") }
        return PresentedCredential(try credential(), onBehalfOf: users.first, peer: peer, certificate: clientCertificate, isOfPage: isOfPage)
    }

    /// Browsers say where a request comes from, and programs do not.
    private var isOfPage: Bool { headers.contains(name: HeaderName.origin) || headers.contains(name: HeaderName.fetchSite) }

    func credential() throws(Refusal) -> String? {
        let authorization = headers[HeaderName.authorization]
        let keys = headers[HeaderName.apiKey]
        guard authorization.count + keys.count <= 1 else {
            throw Refusal(.credentialMalformed, "more than one credential was sent", hint: "send one Authorization header")
        }
        if let key = keys.first { return key }
        guard let value = authorization.first else { return nil }
        guard value.utf8.count > 7, value.prefix(7).lowercased() == "bearer " else {
            throw Refusal(.credentialInvalid, "the Authorization header is not 'Bearer' and a key or a token")
        }
        return String(value.dropFirst(7))
    }

    func purpose(among purposes: [String: Purpose], default name: String?) throws(Refusal) -> Purpose? {
        guard let wanted = headers.first(name: HeaderName.purpose) ?? name else { return nil }
        guard let purpose = purposes[wanted] else {
            throw Refusal(
                .purposeUnknown, "the Purpose header names no declared purpose", hint: "one of " + purposes.keys.sorted().joined(separator: ", "))
        }
        return purpose
    }

    func reason() throws(Refusal) -> String? {
        // A reason of spaces is none.
        guard let reason = headers.first(name: HeaderName.reason), !reason.allSatisfy(\.isWhitespace) else { return nil }
        guard reason.utf8.count <= 500 else { throw Refusal(.parameterInvalid, "the Reason header is longer than 500 bytes") }
        let isPrintable = reason.unicodeScalars.allSatisfy { scalar in
            // What bytes became that are no UTF-8: the trail would have something that nobody has said.
            if scalar == "\u{FFFD}" { return false }
            return switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: false
            default: true
            }
        }
        guard isPrintable else { throw Refusal(.parameterInvalid, "the Reason header has characters that cannot be printed") }
        return reason
    }

    func grant() throws(Refusal) -> UUIDv7? {
        guard let text = headers.first(name: HeaderName.grant) else { return nil }
        guard let id = UUIDv7(text) else { throw Refusal(.grantInvalid, "the Grant header is not the id of a grant") }
        return id
    }

    /// The trace that the caller belongs to (W3C Trace Context), or a new one.
    func traceID() -> String {
        // W3C Trace Context section 3.2: two are none, and the first version has nothing behind its flags.
        let parents = headers[HeaderName.traceParent]
        if parents.count == 1, let parent = parents.first,
            parent.utf8.count == 55 || (parent.utf8.count > 55 && !parent.hasPrefix("00") && parent.dropFirst(55).hasPrefix("-"))
        {
            let parts = parent.prefix(55).split(separator: "-", omittingEmptySubsequences: false)
            if parts.count == 4, parts[0].count == 2, parts[0] != "ff", parts[1].count == 32, parts[2].count == 16, parts[3].count == 2,
                parts.allSatisfy({ Hex.decode(String($0)) != nil }), parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
            {
                return String(parts[1])
            }
        }
        return Hex.encode(UUIDv7.make().bytes)
    }

    func checkAcceptsJSON() throws(Refusal) {
        guard let accept = headers.first(name: HeaderName.accept) else { return }
        let kinds = accept.split(separator: ",").map { $0.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased() }
        guard kinds.contains(where: { ["*/*", "application/*", "application/json", "application/problem+json", "application/ld+json"].contains($0) })
        else {
            throw Refusal(.notAcceptable, "answers are application/json")
        }
    }

    /// The object in the body.
    func object(_ mediaType: String) throws(Refusal) -> JSONObject {
        let sent = (headers.first(name: HeaderName.contentType) ?? "").split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
        guard sent.first == mediaType, sent.dropFirst().allSatisfy({ $0 == "charset=utf-8" }) else {
            throw Refusal(.mediaTypeUnsupported, "the body has to be \(mediaType)", hint: "Content-Type: \(mediaType)")
        }
        return try Self.object(body)
    }

    /// A merge patch that is no object stands for a whole other document (RFC 7396 section 2): well formed, and refused.
    func patch() throws(Refusal) -> JSONObject {
        do throws(Refusal) { return try object("application/merge-patch+json") } catch {
            guard error.code == .bodyMalformed, (try? JSONReader.read(body, maximumDepth: 8)) != nil else { throw error }
            throw Refusal(.valueInvalid, error.detail)
        }
    }

    static func object(_ bytes: [UInt8]) throws(Refusal) -> JSONObject {
        let value: JSONValue
        do { value = try JSONReader.read(bytes, maximumDepth: 8) } catch {
            throw Refusal(.bodyMalformed, "the body is not JSON: \(error)")
        }
        guard let object = value.objectValue else { throw Refusal(.bodyMalformed, "the body has to be a JSON object") }
        return object
    }

    /// Entity tags of If-Match; `.some(nil)` for `*`, and a refusal when the header is missing.
    func ifMatch() throws(Refusal) -> [String]? {
        let values = headers[HeaderName.ifMatch]
        if values.isEmpty {
            throw Refusal(.preconditionRequired, "a change needs If-Match", hint: "send the ETag of the record as you read it")
        }
        if values == ["*"] { return nil }
        let tags = Self.tags(values)
        guard !tags.isEmpty, tags.allSatisfy(Self.isTag) else {
            throw Refusal(.parameterInvalid, "If-Match is no entity tag", hint: "send the ETag of the record as you read it, with its quotes, or *")
        }
        // Strong comparison: a weak tag never matches (RFC 9110 section 13.1.1).
        return tags.filter { !$0.hasPrefix("W/") }
    }

    /// If-None-Match uses weak comparison.
    func matchesNone(_ tag: String) -> Bool {
        let values = headers[HeaderName.ifNoneMatch]
        return !(values == ["*"] || Self.tags(values).contains { $0 == tag || $0 == "W/" + tag })
    }

    /// RFC 9110 section 8.8.3, in ASCII.
    private static func isTag(_ tag: String) -> Bool {
        let opaque = tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...]
        return opaque.utf8.count >= 2 && opaque.hasPrefix("\"") && opaque.hasSuffix("\"")
            && opaque.dropFirst().dropLast().utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
    }

    private static func tags(_ values: [String]) -> [String] {
        values.flatMap { $0.split(separator: ",") }.map { $0.filter { !$0.isWhitespace } }
    }

    /// A list's parameters: what is not one of ours is a filter.
    func listQuery() throws(Refusal) -> ListQuery {
        var query = ListQuery()
        var seen: Set<String> = []
        for (name, value) in self.query {
            guard seen.insert(name).inserted else { throw Refusal(.parameterInvalid, "a parameter is given twice") }
            switch name {
            case "limit":
                guard let limit = Int(value), (1...200).contains(limit) else { throw Refusal(.parameterInvalid, "limit is 1 to 200") }
                query.limit = limit
            case "cursor": query.cursor = value
            case "filter": query.filter = value
            case "q": query.search = value
            case "count":
                guard ["true", "false"].contains(value) else { throw Refusal(.parameterInvalid, "count is true or false") }
                query.wantsCount = value == "true"
            case "group_by": query.groupBy = try Self.names(value, "group_by")
            case "sum": query.sums = try Self.names(value, "sum")
            case "deleted":
                guard ["true", "false"].contains(value) else { throw Refusal(.parameterInvalid, "deleted is true or false") }
                query.wantsDeleted = value == "true"
            case "include": query.include = value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            case "fields": query.fields = value.split(separator: ",").map(String.init)
            case "sort":
                query.isDescending = value.hasPrefix("-")
                query.sort = value.hasPrefix("-") ? String(value.dropFirst()) : value
            default: query.filters.append((name, value))
            }
        }
        if query.sort == "id" { query.sort = nil }
        if !query.sums.isEmpty, query.groupBy.isEmpty {
            throw Refusal(.parameterInvalid, "sum goes with group_by", hint: "group_by=stage,currency&sum=amount")
        }
        return query
    }

    private static func names(_ text: String, _ what: String) throws(Refusal) -> [String] {
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard names.count <= 4, Set(names).count == names.count, !names.contains("") else {
            throw Refusal(.parameterInvalid, "\(what) takes one to four different fields, separated by commas")
        }
        return names
    }
}
