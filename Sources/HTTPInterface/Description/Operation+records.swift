import Gateway
import NIOHTTP1
import Policies

/// Records of every entity. Their shapes, and the fields to filter by, come from the catalog and from what the caller may see: see ``RecordShapes``.
extension Operation {
    static let records = [listRecords, createRecord, importRecords, readRecord, updateRecord, deleteRecord] + recordChanges + becoming

    static let listRecords = Operation(
        .GET, "/v1/{plural}", "list", .records, "Finds records, page by page",
        detail: "Every field that a question uses limits it to records that show you the field in the clear. "
            + "A field that you may not see is answered like one that does not exist.",
        for: .record(.read),
        [
            .limit, .query("cursor", .text, "the `next` of the page before"),
            .query("fields", .text, "the fields to show, separated by commas; all that you may see when left out"),
            .query("sort", .text, "an indexed field to sort by; `-` in front for the other way round"),
            .query(
                "filter", .text, "a condition in CEL over the record, such as `country == 'DE' && created_at > timestamp('2026-01-01T00:00:00Z')`"),
            .query("q", .text, "words to be found in whichever searchable field"),
            .query("count", .truth, "whether to tell how many there are in all"),
            .query("group_by", .text, "one to four plain fields: the answer has groups in the place of records"),
            .query("sum", .text, "amounts to add up in each group"), .included, .deleted,
        ],
        answers: .json("records, or groups when `group_by` is given", .anything, headers: ["Link"]),
        refuses: [.fieldUnknown, .filterInvalid, .cursorInvalid])

    static let createRecord = Operation(
        .POST, "/v1/{plural}", "create", .records, "Creates a record", for: .record(.create), [.idempotencyKey, .reason], body: .json(.anything),
        answers: .json(201, "the record, as you may see it", .anything, headers: ["ETag", "Location"]),
        refuses: [.fieldNotWritable, .valueTaken, .referenceUnknown, .subjectErased])

    static let importRecords = Operation(
        .POST, "/v1/{plural}/import", "import", .records, "Imports rows",
        detail: "One JSON object a line: `{\"line\": 12, \"members\": {…}, \"lookups\": [{\"member\": …, \"field\": …, \"value\": …}]}`. "
            + "A row with an `external_id` that is known changes that record. Each row has an outcome of its own.",
        for: .record(.import),
        [.query("dry_run", .truth, "whether to say what would become of each row, and change nothing")],
        body: .other("application/x-ndjson"),
        answers: .json(
            "what became of each row",
            .object([
                "outcomes": .list(
                    .object(["line": .whole(), "fate": .choice(of: ImportOutcome.Fate.self), "id?": .id, "errors?": .list(.named("MemberProblem"))]))
            ])))

    static let readRecord = Operation(
        .GET, "/v1/{plural}/{id}", "get", .records, "Reads a record", for: .record(.read),
        [
            .query("fields", .text, "the fields to show, separated by commas; all that you may see when left out"),
            .header("If-None-Match", .text, "the ETag that you have: the answer is 304 when it still is the record's"), .included, .deleted,
            .reason,
        ],
        answers: .json("the record, as you may see it", .anything, headers: ["ETag?"]),
        .nothing(304, "the record is as you have it", headers: ["ETag"]), refuses: [.notFound, .fieldUnknown])

    static let updateRecord = Operation(
        .PATCH, "/v1/{plural}/{id}", "update", .records, "Changes members of a record",
        detail: "A JSON merge patch (RFC 7396): null empties a field, what is not mentioned stays.", for: .record(.update),
        [.recordTag, .idempotencyKey, .reason], body: Body(type: "application/merge-patch+json", shape: .anything, isRequired: true),
        answers: .json("the record as it is now, as you may see it", .anything, headers: ["ETag"]),
        refuses: [.notFound, .fieldNotWritable, .valueTaken, .referenceUnknown, .subjectErased, .holdInTheWay])

    static let deleteRecord = Operation(
        .DELETE, "/v1/{plural}/{id}", "delete", .records, "Deletes a record",
        detail: "It is hidden, and can be restored by whoever has that right. `destroy=true` takes it away for good, which is a right of its own.",
        for: .record(.delete), [.query("destroy", .truth, "whether to take it away for good"), .recordTag, .idempotencyKey, .reason],
        answers: .nothing("it is gone"), refuses: [.notFound, .recordInUse, .holdInTheWay])
}

extension Operation.Parameter {
    /// What changes need.
    static let recordTag = header(
        HeaderName.ifMatch, .text(pattern: #"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#), "the ETag of the record as you read it, or `*`",
        isRequired: true)
}
