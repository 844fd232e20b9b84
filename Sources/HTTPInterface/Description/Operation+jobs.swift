import DataFormats
import Gateway
import NIOHTTP1
import Policies
import Storage

/// Imports and exports of many records.
extension Operation {
    static let jobs = [listJobs, openJob, readJob, deleteJob, fillJob, startJob, fetchJobPart, listRefusedRows, revertJob]

    private static let job = Shape.object(
        [
            ("id", .id), ("kind", .choice(of: JobKind.self)), ("entity", .text), ("state", .choice(of: JobState.self)), ("code", Shape.text.orNull),
            ("rows", .count), ("parts", .count), ("parts_done", .count), ("created_at", .time), ("ended_at", Shape.time.orNull),
            ("files_until", Shape.time.orNull), ("dry_run?", .truth),
            ("outcomes?", .object(["created": .count, "updated": .count, "skipped": .count, "refused": .count])),
            ("revertible_until?", Shape.time.orNull), ("reversals?", .map(.count)),
        ], isClosed: false)

    static let listJobs = Operation(
        .GET, "/v1/jobs", "listJobs", .jobs, "Lists your newest hundred jobs", for: .system(.read, .job), answers: .json("jobs", .page(job)))

    static let openJob = Operation(
        .POST, "/v1/jobs", "openJob", .jobs, "Opens an import, or begins an export",
        detail: "A job belongs to the API key that opens it, and each of its steps is decided by what that key may do then.",
        for: .system(.create, .job), [.idempotencyKey, .reason],
        body: .json(
            .either(
                .input(["kind": .choice([JobKind.import.rawValue]), "entity": .text, "dry_run?": .truth]),
                .input([
                    "kind": .choice([JobKind.export.rawValue]), "entity": .text, "filter?": .text(0...4000), "sort?": .text(1...200),
                    "fields?": .list(.text, 1...200),
                ])), example: ["kind": "export", "entity": "contacts", "filter": "country == 'DE'"]),
        answers: .json(201, "an import that takes rows", job, headers: ["Location"]),
        .json(202, "an export that is under way", job, headers: ["Location"]),
        refuses: [.filterInvalid, .fieldUnknown, .requestState])

    static let readJob = Operation(
        .GET, "/v1/jobs/{id}", "getJob", .jobs, "Shows how far a job is", for: .system(.read, .job), answers: .json("the job", job))

    static let deleteJob = Operation(
        .DELETE, "/v1/jobs/{id}", "deleteJob", .jobs, "Ends a job and throws away what it holds",
        detail: "What was imported stays, and can be taken back as long as ever.", for: .system(.delete, .job), answers: .nothing("it has ended"))

    static let fillJob = Operation(
        .PUT, "/v1/jobs/{id}/parts/{number}", "putJobPart", .jobs, "Gives an import a part of its rows",
        detail: "At most \(RecordGateway.jobPartRows) rows, each as in an import without a job. Sent again, a part replaces what it was.",
        for: .system(.create, .job), [.path("number", .whole(1...10_000), "1 for the first part, and so on")],
        body: .other("application/x-ndjson"), answers: .nothing("it is put aside"),
        refuses: [.requestState, .valueInvalid])

    static let startJob = Operation(
        .POST, "/v1/jobs/{id}/start", "startJob", .jobs, "Starts an import", for: .system(.create, .job), [.idempotencyKey],
        answers: .json(202, "the job, in its turn", job), refuses: [.requestState])

    static let fetchJobPart = Operation(
        .GET, "/v1/jobs/{id}/parts/{number}", "getJobPart", .jobs, "Fetches a part of an export",
        detail: """
            Each line is a record as it was seen when it was exported. One that may no longer be seen so, or is gone, is left out; `Withheld-Rows` \
            tells how many.
            """,
        for: .system(.read, .job), [.path("number", .whole(1...100_000_000), "1 for the first part, and so on")],
        answers: .other("records, one a line", "application/x-ndjson", headers: [HeaderName.withheldRows]), refuses: [.fieldUnknown])

    static let listRefusedRows = Operation(
        .GET, "/v1/jobs/{id}/refused", "listRefusedRows", .jobs, "Lists rows of an import that were refused, each with the reasons",
        for: .system(.read, .job), [.query("after", .whole(0...Int.max), "the number in `next`")],
        answers: .json(
            "rows",
            .page(
                .object(
                    [
                        ("line", .whole()), ("members", .map(.anything)), ("lookups?", .list(.map(.text))),
                        ("errors", .list(.object(["pointer": .text, "code": .text, "detail": .text]))),
                    ], isClosed: false))))

    static let revertJob = Operation(
        .POST, "/v1/jobs/{id}/revert", "revertJob", .jobs, "Takes an import back",
        detail: """
            What it made is destroyed, what it changed gets the values that were there: each only if nobody has changed it since. Takes the rights \
            to destroy and to update.
            """,
        for: .system(.update, .job), [.idempotencyKey, .reason], answers: .json(202, "the job, in its turn", job), refuses: [.requestState])
}
