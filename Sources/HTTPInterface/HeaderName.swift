/// Header names that the API reads or writes.
enum HeaderName {
    static let accept = "Accept"
    static let acceptPatch = "Accept-Patch"
    static let allow = "Allow"
    static let apiKey = "X-API-Key"
    /// The id of the audit event that this answer stands in.
    static let auditEvent = "Audit-Event"
    static let authorization = "Authorization"
    static let cacheControl = "Cache-Control"
    static let contentType = "Content-Type"
    static let entityTag = "ETag"
    /// Where a page that sends a request is from, said by its browser (Fetch Metadata); a script cannot change it.
    static let fetchSite = "Sec-Fetch-Site"
    /// A grant in force: see POST /v1/grants.
    static let grant = "Grant"
    /// A word of the caller's, by which a call is recognised that is sent again.
    static let idempotencyKey = "Idempotency-Key"
    /// The answer was given before.
    static let idempotencyReplayed = "Idempotency-Replayed"
    static let ifMatch = "If-Match"
    /// How many rows of a result the caller may no longer see.
    static let withheldRows = "Withheld-Rows"
    static let ifNoneMatch = "If-None-Match"
    static let link = "Link"
    static let location = "Location"
    /// The user that a program asks for; see docs/identity.md.
    static let onBehalfOf = "On-Behalf-Of"
    /// The site whose page sends a request, said by its browser (RFC 6454).
    static let origin = "Origin"
    /// Global Privacy Control (W3C): 1 when the person behind the request opts out.
    static let privacyControl = "Sec-GPC"
    /// The purpose of the request, one of `purposes.yaml`.
    static let purpose = "Purpose"
    /// Why the caller asks; kept in the audit trail.
    static let reason = "Reason"
    static let requestID = "Request-Id"
    static let rateLimit = "RateLimit"
    static let rateLimitPolicy = "RateLimit-Policy"
    static let retryAfter = "Retry-After"
    static let traceParent = "traceparent"
    static let vary = "Vary"
    static let wwwAuthenticate = "WWW-Authenticate"
    static let contentTypeOptions = "X-Content-Type-Options"
}
