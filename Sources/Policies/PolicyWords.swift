/// The members that policy documents and cases can have; the JSON Schemas beside the policies have the same.
package enum PolicyWords {
    package static let policy = ["policy", "smallest_group", "roles_derived", "let", "rules"]
    package static let rule = [
        "name", "allow", "deny", "to", "purposes", "when", "fields", "write", "reason", "require", "break_glass", "for",
    ]
    package static let caseFile = ["on", "cases"]
    package static let policyCase = ["name", "as", "do", "on", "given", "records", "person", "expect"]
    package static let caller = [
        "roles", "user", "teams", "attributes", "purpose", "reason", "step_up", "method", "grant", "ip", "gpc", "at",
    ]
    package static let person = ["consents", "restricted", "objects_to", "opted_out", "limits"]
    package static let expectation = ["decision", "rule", "needs", "visible", "clear", "masked", "hidden", "write", "not_write"]
}
