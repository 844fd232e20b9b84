import HTTPTypes

extension HTTPField.Name {
    private static func known(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("a name in the source is well formed") }
        return field
    }

    /// The id of the audit event that this answer stands in.
    static let auditEvent = known("Audit-Event")
    /// The purpose of the request, one of `purposes.yaml`.
    static let purpose = known("Purpose")
    /// Why the caller asks; kept in the audit trail.
    static let reason = known("Reason")
    static let requestID = known("Request-Id")
    static let apiKey = known("X-API-Key")
    static let acceptPatch = known("Accept-Patch")
    static let link = known("Link")
    static let traceParent = known("traceparent")
}
