import DataFormats
import Gateway
import NIOHTTP1
import Policies

/// What is kept, what goes, and what is written down of both.
extension Operation {
    static let holds = [listHolds, placeHold, readHold, releaseHold, reviewHold]
    static let retention = [planRetention, listRetentionRuns, beginRetention, readRetentionReport, listRetentionReviews, markReviewed]
    static let reports = ProcessingReport.allCases.map { report($0) }

    static let listHolds = Operation(
        .GET, "/v1/holds", "listHolds", .holds, "Lists legal holds", for: .system(.read, .hold),
        [.query("state", .choice(["standing", "all"]), "which ones")], answers: .json("holds", .page(.named("Hold"))))

    static let placeHold = Operation(
        .POST, "/v1/holds", "placeHold", .holds, "Places a legal hold",
        detail: "On a person, on an entity, or on the records of an entity that fit a condition.", for: .system(.create, .hold),
        [.query("dry_run", .truth, "whether to say what it would reach, and place nothing"), .idempotencyKey, .reason],
        body: .json(
            .either(
                .input(["subject": .id, "matter": .words, "basis": .words, "review_on": .day]),
                .input(["entity": .words, "condition?": .text(1...4000), "matter": .words, "basis": .words, "review_on": .day])),
            example: ["entity": "deal", "condition": "record.stage == 'won'", "matter": "7 O 12/26", "basis": "§ 257 HGB", "review_on": "2027-06-30"]),
        answers: .json(201, "the hold", .named("Hold")), .json(200, "what it would reach, when `dry_run` is given", .named("Hold")),
        refuses: [.subjectErased, .filterInvalid, .requestState])

    static let readHold = Operation(
        .GET, "/v1/holds/{id}", "getHold", .holds, "Reads a legal hold", for: .system(.read, .hold), answers: .json("the hold", .named("Hold")))

    static let releaseHold = Operation(
        .DELETE, "/v1/holds/{id}", "releaseHold", .holds, "Releases a legal hold", for: .system(.delete, .hold), [.idempotencyKey, .reason],
        answers: .json("the hold", .named("Hold")), refuses: [.requestState])

    static let reviewHold = Operation(
        .POST, "/v1/holds/{id}/review", "reviewHold", .holds, "Notes that a hold was reviewed, and when it is next", for: .system(.create, .hold),
        [.idempotencyKey, .reason],
        body: .json(.input(["review_on": .day])), answers: .json("the hold", .named("Hold")), refuses: [.requestState])

    static let planRetention = Operation(
        .GET, "/v1/retention/plan", "planRetention", .retention, "Shows what is due to go", for: .system(.read, .retention), [.rule],
        answers: .json("rules with what they reach", .page(.object(["rule": .text, "do": .text, "records": .count, "people": .count]))),
        refuses: [.notFound])

    static let listRetentionRuns = Operation(
        .GET, "/v1/retention/runs", "listRetentionRuns", .retention, "Lists runs of retention", for: .system(.read, .retention),
        answers: .json("runs", .page(.named("RetentionRun"))))

    static let beginRetention = Operation(
        .POST, "/v1/retention/runs", "beginRetention", .retention, "Lets go what is due", for: .system(.update, .retention), [.reason],
        body: .json(.input(["rule?": .words, "rate?": Shape.whole(0...1_000_000)])),
        answers: .json(202, "the run, which has begun", .named("RetentionRun")),
        refuses: [.requestState, .notFound])

    static let readRetentionReport = Operation(
        .GET, "/v1/retention/runs/{id}/report", "getRetentionReport", .retention, "Reads the signed report of a run", for: .system(.read, .retention),
        answers: .json("a signed document", .anything), refuses: [.requestState])

    static let listRetentionReviews = Operation(
        .GET, "/v1/retention/reviews", "listRetentionReviews", .retention, "Lists records that somebody has to look at",
        for: .system(.read, .retention),
        [.rule], answers: .json("records", .page(.object(["rule": .text, "record": .id, "since": .text]))), refuses: [.notFound])

    static let markReviewed = Operation(
        .POST, "/v1/retention/reviews", "markReviewed", .retention, "Notes that somebody looked at a record", for: .system(.update, .retention),
        [.reason],
        body: .json(.input(["rule": .words, "record": .id])), answers: .nothing("it is noted"), refuses: [.notFound])

    static func report(_ report: ProcessingReport) -> Operation {
        switch report {
        case .processing: reportProcessing
        case .datamap: reportDataMap
        case .notice: reportNotice
        }
    }

    private static func report(_ report: ProcessingReport, _ id: String, _ summary: String) -> Operation {
        Operation(
            .GET, "/v1/reports/\(report.rawValue)", id, .reports, summary, for: .system(.read, .processing),
            answers: .json("the report", .object([:])))
    }

    private static let reportProcessing = report(.processing, "getProcessingRecord", "Reads the records of processing activities (GDPR Art. 30)")
    private static let reportDataMap = report(.datamap, "getDataMap", "Reads which data is where, and which role sees it")
    private static let reportNotice = report(.notice, "getTransparencyNotice", "Reads what people have to be told (GDPR Art. 13, 14)")
}

extension Operation.Parameter {
    static let rule = query("rule", .text, "the name of one rule of retention")
}

extension Shape {
    static let keeping: [String: Shape] = [
        "Hold": .object([
            "id": .id, "state": .choice(["standing", "released"]), "subject?": .id, "entity?": .text, "condition?": .text, "matter": .text,
            "basis": .text,
            "review_on": .day, "records": .count, "people": .count, "placed_at": .time, "placed_by": .text, "released_at": .time.orNull,
            "released_by": .text.orNull, "release_reason": .text.orNull,
        ]),
        "RetentionRun": .object([
            "id": .id, "state": .choice(["running", "finished"]), "rule": .text.orNull, "rules": .list(.text), "done": .count, "total": .count,
            "rate": .count, "started_at": .time, "started_by": .text, "finished_at": .time.orNull,
        ]),
    ]
}
