import Gateway
import NIOHTTP1
import Policies
import Vocabulary

extension Operation {
    static let audit = [
        searchAuditEvents, proveAuditEvent, reportAccessToSubject, reportBreach, reportUnusual, readAuditLog, readAuditCheckpoint, readAuditTile,
    ]

    static let searchAuditEvents = Operation(
        .GET, "/v1/audit/events", "searchAuditEvents", .audit, "Searches the trail, the newest first", for: .system(.read, .audit),
        [
            .query("since", .time, "from this time on"), .query("until", .time, "before this time"), .query("actor", .text, "the user or key"),
            .query("action", .text, "such as `read`"), .query("entity", .text, "the kind of record"), .query("decision", .text, "`allow` or `deny`"),
            .query("outcome", .choice(["disclosed", "changed", "refused", "failed"]), "what came of it"),
            .query("purpose", .text, "a declared purpose"),
            .query("reason", .text, "the reason as stated"),
            .query("grant", .text, "the id of a grant"), .query("subject", .id, "the id of a data subject"),
            .query("record", .id, "the id of a record"),
            .query("cursor", .id, "the `next` of the page before"), .limit,
        ],
        answers: .json("events", .page(.named("AuditEvent"))), refuses: [.cursorInvalid, .notFound])

    static let proveAuditEvent = Operation(
        .GET, "/v1/audit/events/{id}/proof", "proveAuditEvent", .audit, "Proves that an event is in the log", for: .system(.read, .audit),
        answers: .other("a C2SP tlog-proof; its `extra` line is the entry", "text/plain"))

    static let reportAccessToSubject = Operation(
        .GET, "/v1/audit/reports/subjects/{id}", "reportAccessToSubject", .audit, "Reports who saw or changed a person's data",
        for: .system(.read, .audit),
        answers: .json(
            "recipients, and attempts that were refused",
            .object(["subject": .id, "events": .count, "recipients": .list(.anything), "attempts": .list(.anything)])))

    static let reportBreach = Operation(
        .GET, "/v1/audit/reports/breach", "reportBreach", .audit, "Reports how far a stolen credential reached", for: .system(.read, .audit),
        [
            .query("user", .text, "the user whose credentials were stolen"), .query("app", .tokenID, "the id of the stolen key"),
            .query("since", .time, "from this time on"), .query("until", .time, "before this time"),
            .query("list", .truth, "whether to name records and people by their ids"),
        ],
        answers: .json(
            "numbers as GDPR Art. 33(3)(a) asks for them", .object(["actor": .text, "events": .count, "people": .count, "records": .count])))

    static let reportUnusual = Operation(
        .GET, "/v1/audit/reports/unusual", "reportUnusual", .audit, "Reports what is unusual", for: .system(.read, .audit),
        [
            .query("since", .time, "from this time on; a day ago when left out"), .query("until", .time, "before this time"),
            .query("people", .whole(0...1_000_000), "more people than these are many"),
            .query("denials", .whole(0...1_000_000), "more denials than these are many"),
            .query("deletions", .whole(0...1_000_000), "more deletions than these are many"),
            .query("days", .text(pattern: "^[a-z]{3}([,-][a-z]{3}){0,6}$"), "working days, such as `mon-fri`"),
            .query("hours", .text(pattern: "^[0-2][0-9]:(00|15|30|45)-[0-2][0-9]:(00|15|30|45)$"), "working hours, such as `07:00-19:00`"),
            .query("zone", .text, "the time zone of both, such as `Europe/Berlin`"),
        ], answers: .json("findings", .object(["since": .time, "until": .time, "findings": .list(.anything)])))

    static let readAuditLog = Operation(
        .GET, "/v1/audit/log", "readAuditLog", .audit, "Reads the names, sizes, keys and signed heads of the logs", for: .system(.read, .audit),
        answers: .json(
            "the state of the log",
            .object([
                "origin": .text, "epoch": .count, "size": .count, "epochs": .list(.anything), "witnesses": .list(.anything),
                "feeds": .list(.anything),
            ])))

    static let readAuditCheckpoint = Operation(
        .GET, "/v1/audit/log/{epoch}/checkpoint", "readAuditCheckpoint", .audit, "Reads the signed head of a log", for: .system(.read, .audit),
        [.epoch],
        answers: .other("a C2SP checkpoint", "text/plain"))

    static let readAuditTile = Operation(
        .GET, "/v1/audit/log/{epoch}/tile/{path}", "readAuditTile", .audit, "Reads a tile of the log's tree, or a bundle of its entries",
        for: .system(.read, .audit),
        [
            .epoch,
            .path(
                "path", .text(pattern: "^(entries|[0-9]|[1-5][0-9]|6[0-3])/(x[0-9]{3}/){0,5}[0-9]{3}(\\.p/[1-9][0-9]{0,2})?$"),
                "a path as C2SP tlog-tiles writes it; its slashes may be sent as they are"),
        ], answers: .other("the bytes of the tile", "application/octet-stream"))
}

extension Operation.Parameter {
    static let epoch = path("epoch", .whole(1...1_000_000), "the epoch of the log, from 1 on")
}

extension Shape {
    static let audit: [String: Shape] = [
        "AuditEvent": .object(["id": .id, "at": .time, "action": .text, "decision": .text, "outcome": .text])
    ]
}
