import Gateway
import NIOHTTP1
import Policies

/// Changes of records beside those of one by its id.
extension Operation {
    static let recordChanges = [putRecord, changeRecords, restoreRecord, destroyRecord]

    static let putRecord = Operation(
        .PUT, "/v1/{plural}/by-external-id/{external_id}", "put", .records, "Makes or replaces a record by its id in another system",
        detail: "Members that are left out are emptied, but for those that are not yours to write. `If-None-Match: *` makes a new one or none, "
            + "`If-Match` replaces the one that you have read or none.",
        for: .record(.update),
        [
            .path("external_id", .text(1...120), "the `external_id`"), .putTag,
            .header(HeaderName.ifNoneMatch, .text(pattern: #"^\*$"#), "there may be no such record yet"), .idempotencyKey, .reason,
        ],
        body: .json(.anything), answers: .json("the record as it is now", .anything, headers: ["ETag"]),
        .json(201, "the record, which is new", .anything, headers: ["ETag", "Location"]),
        refuses: [.fieldUnknown, .fieldNotWritable, .valueTaken, .referenceUnknown, .subjectErased, .holdInTheWay, .notFound])

    static let changeRecords = Operation(
        .POST, "/v1/{plural}/batch", "batch", .records, "Changes several records at once",
        detail: "Up to 200 operations, each on another record, in one transaction. With `atomic` all of them go in or none; else each has a result "
            + "of its own.",
        for: .record(.update), [.idempotencyKey, .reason],
        body: .json(
            .input([
                "atomic?": .truth,
                "operations": .list(
                    .either(
                        .input(["op": .choice(["create"]), "body": .map(.anything)]),
                        .input(["op": .choice(["update"]), "id": .id, "if_match": .text, "body": .map(.anything)]),
                        .input(["op": .choice(["delete"]), "id": .id, "if_match": .text])), 1...RecordBatch.maximumOperations),
            ])),
        answers: .json(
            "a result for each operation, in their order",
            .object([
                "results": .list(.object(["status": .whole(200...599), "id?": .id, "etag?": .text, "problem?": .anything])), "succeeded": .count,
                "refused": .count,
            ])),
        refuses: [
            .fieldNotWritable, .valueTaken, .referenceUnknown, .subjectErased, .subjectKeyMissing, .holdInTheWay, .notFound, .preconditionFailed,
        ])

    static let restoreRecord = Operation(
        .POST, "/v1/{plural}/{id}/restore", "restore", .records, "Brings a deleted record back", for: .record(.restore),
        [.recordTag, .idempotencyKey, .reason], answers: .json("the record, as it was", .anything, headers: ["ETag"]), refuses: [.notFound])

    static let destroyRecord = Operation(
        .POST, "/v1/{plural}/{id}/destroy", "destroy", .records, "Takes a record away for good", for: .record(.destroy),
        [.recordTag, .idempotencyKey, .reason], answers: .nothing("it is gone"), refuses: [.notFound, .recordInUse, .holdInTheWay])
}

extension Operation.Parameter {
    static let included = query(
        "include", .text, "references whose records go along, and plurals of entities that refer to these; in `_included`, at most 200 each")
    static let deleted = query("deleted", .truth, "deleted records, for whoever may restore them")
    fileprivate static let putTag = header(
        HeaderName.ifMatch, .text(pattern: #"^(\*|"[!#-~]{1,200}")$"#), "the ETag of the record as you read it, or `*`")
}
