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
    /// A grant in force: see POST /v1/grants.
    static let grant = "Grant"
    static let ifMatch = "If-Match"
    static let ifNoneMatch = "If-None-Match"
    static let link = "Link"
    static let location = "Location"
    /// Global Privacy Control (W3C): 1 when the person behind the request opts out.
    static let privacyControl = "Sec-GPC"
    /// The purpose of the request, one of `purposes.yaml`.
    static let purpose = "Purpose"
    /// Why the caller asks; kept in the audit trail.
    static let reason = "Reason"
    static let requestID = "Request-Id"
    static let retryAfter = "Retry-After"
    static let traceParent = "traceparent"
    static let vary = "Vary"
    static let wwwAuthenticate = "WWW-Authenticate"
    static let contentTypeOptions = "X-Content-Type-Options"
}
