import DataFormats
import Gateway
import NIOHTTP1
import Policies
import Storage

extension Operation {
    static let accounts = [listTokens, issueToken, rotateToken, revokeToken, listGrants, requestGrant, approveGrant, closeGrant]

    static let listTokens = Operation(
        .GET, "/v1/tokens", "listTokens", .accounts, "Lists API keys", for: .system(.read, .credential),
        answers: .json("keys without their secrets", .page(.named("Token"))))

    static let issueToken = Operation(
        .POST, "/v1/tokens", "issueToken", .accounts, "Issues an API key",
        detail: "The secret is in this answer and nowhere else. A key with `certificate_sha256` has none: it is opened by that client certificate.",
        for: .system(.create, .credential),
        body: .json(
            .input([
                "roles": .list(.text, 1...20), "teams?": .list(.accountName, 0...50), "user?": .accountName,
                "attributes?": .map(.either(.text, .list(.text))),
                "step_up?": .truth, "purpose?": .text, "expires_at?": .time, "scopes?": .list(.scope, 1...200).orNull,
                "networks?": .list(.text, 0...64), "acts_for_users?": .truth, "certificate_sha256?": .certificateDigest,
            ]), example: ["roles": ["sales-rep"], "user": "ada", "expires_at": "2027-01-01T00:00:00Z"]),
        answers: .json(
            201, "the key", Shape(["allOf": [.object(Shape.named("Token").json), .object(Shape.object(["token?": .text]).json)]]),
            headers: ["Location"]), refuses: [.valueTaken])

    static let rotateToken = Operation(
        .POST, "/v1/tokens/{id}/rotate", "rotateToken", .accounts, "Gives an API key another secret",
        detail: "The secret before is taken for a while, a day when nothing is said; not at all with 0.", for: .system(.update, .credential),
        [.path("id", .tokenID, "the id of a key")], body: .json(.input(["overlap_seconds?": .whole(0...2_592_000)]), isRequired: false),
        answers: .json("the key", .object(["id": .tokenID, "token": .text, "previous_until": .time.orNull])))

    static let revokeToken = Operation(
        .DELETE, "/v1/tokens/{id}", "revokeToken", .accounts, "Revokes an API key", for: .system(.delete, .credential),
        [.path("id", .tokenID, "the id of a key")], answers: .nothing("it opens nothing any more"))

    static let listGrants = Operation(
        .GET, "/v1/grants", "listGrants", .accounts, "Lists grants", for: .system(.read, .grant),
        [.query("state", .choice(["open", "all"]), "which ones"), .limit], answers: .json("grants", .page(.named("Grant"))))

    static let requestGrant = Operation(
        .POST, "/v1/grants", "requestGrant", .accounts, "Asks for a grant",
        detail: "A grant opens a rule for a while, by somebody else's approval or, in an emergency, at once. Send its id in the `Grant` header.",
        for: .credential, [.reason], body: .json(.input(["rule": .words])),
        answers: .json(201, "the grant, open or waiting for approval", .named("Grant")), refuses: [.reasonRequired, .vaultUnavailable])

    static let approveGrant = Operation(
        .POST, "/v1/grants/{id}/approve", "approveGrant", .accounts, "Approves a grant", for: .system(.update, .grant),
        [.idempotencyKey, .reason],
        answers: .json("the grant", .named("Grant")), refuses: [.requestState, .grantInvalid])

    static let closeGrant = Operation(
        .POST, "/v1/grants/{id}/close", "closeGrant", .accounts, "Closes a grant, with what its review found", for: .system(.update, .grant),
        [.idempotencyKey, .reason],
        body: .json(.input(["finding": .choice(of: GrantRecord.Finding.self), "note": .words])), answers: .json("the grant", .named("Grant")),
        refuses: [.requestState, .grantInvalid])
}

extension Shape {
    static let accounts: [String: Shape] = [
        "Token": .object([
            "id": .tokenID, "roles": .list(.text), "user": .text.orNull, "teams": .list(.text), "attributes": .map(.list(.text)), "step_up": .truth,
            "scopes": .list(.scope).orNull, "networks": .list(.text), "acts_for_users": .truth,
            "certificate_sha256": .certificateDigest.orNull, "previous_until": .time.orNull, "used_at": .time.orNull, "purpose": .text.orNull,
            "created_at": .time, "expires_at": .time.orNull, "revoked_at": .time.orNull,
        ]),
        "Grant": .object([
            "id": .id, "kind": .text, "state": .text, "rule": .text, "requester": .text, "reason": .text, "requested_at": .time, "valid_until": .time,
            "approved_by": .text.orNull, "approved_at": .time.orNull, "closed_by": .text.orNull, "closed_at": .time.orNull,
            "finding": .choice(of: GrantRecord.Finding.self).orNull, "note": .text.orNull,
        ]),
    ]

    /// SHA-256 of a certificate in DER.
    static let certificateDigest = text(pattern: "^[0-9a-fA-F]{64}$")
    static let tokenID = text(pattern: "^[A-Za-z0-9_-]{12}$")
    /// A resource and an action.
    static let scope = text(pattern: #"^([a-z0-9_-]+|\*):([a-z0-9_-]+|\*)$"#)
    /// The name of a user or a team.
    static let accountName = text(pattern: "^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")
    /// Words of the caller's: 1 to 500 bytes.
    static let words = text(1...500)
}
