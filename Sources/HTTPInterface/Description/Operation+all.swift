import Catalog

/// Every description there is.
extension Operation {
    static let all: [Operation] =
        records + accounts + users + subjects + consents + requests + erasures + holds + retention + reports + events + jobs + audit + honey + limits
        + agents
        + rightsProtocol + pages
        + service
}

extension Shape {
    /// `components/schemas`, beside those of records.
    static let components: [String: Shape] = [accounts, users, audit, requests, keeping, codes, problems].reduce(into: [:]) {
        $0.merge($1) { first, _ in first }
    }

    private static let codes: [String: Shape] = [
        "Country": choice(CodeLists.countries.sorted()).says("ISO 3166-1 alpha-2"),
        "Currency": choice(CodeLists.currencies.sorted()).says("ISO 4217"),
    ]

    /// What goes wrong (RFC 9457).
    private static let problems: [String: Shape] = [
        "Problem": .object([
            "type": .text, "title": .text, "status": .whole(400...599), "code": .text, "detail": .text, "hint?": .text, "trace_id": .text,
            "errors?": .list(.named("MemberProblem")),
        ]),
        "MemberProblem": .object(["pointer": .text, "code": .text, "detail": .text]),
    ]
}
