import Catalog
import Gateway
import NIOHTTP1
import Policies

/// Records that become others. Offered for entities whose catalog declares what they become, or what makes two of them the same.
extension Operation {
    static let becoming = [convertRecord, findDuplicates, mergeRecords, readHistory]

    static let convertRecord = Operation(
        .POST, "/v1/{plural}/{id}/convert", "convert", .records, "Converts a record into what it becomes",
        detail: "The body has a member for each entity that it becomes: what a new record is to say beside what is carried over, "
            + "`{\"id\": …}` for one that is there, or null for none. A person stays the same person, with the same id.",
        for: .record(.convert),
        [.recordTag, .reason, .query("dry_run", .truth, "whether to show what would be made, and make nothing; needs no If-Match")],
        body: .json(.map(.anything), isRequired: false),
        answers: .json("the record, what it became, and in `_meta.left` which fields were not carried over", .anything, headers: ["ETag"]),
        refuses: [
            .notFound, .fieldNotWritable, .valueTaken, .referenceUnknown, .subjectErased, .subjectKeyMissing, .alreadyConverted, .holdInTheWay,
        ])

    static let findDuplicates = Operation(
        .GET, "/v1/{plural}/{id}/duplicates", "findDuplicatesOf", .records, "Finds records that may be about the same",
        detail: "The likeliest first, by fields that you read in the clear of both.", for: .record(.read), [.reason],
        answers: .json(
            "candidates", .page(.object(["score": .whole(1...100), "fields": .list(.text), "record": .anything]))), refuses: [.notFound])

    static let mergeRecords = Operation(
        .POST, "/v1/{plural}/merge", "merge", .records, "Makes several records one",
        detail: "What pointed to the losers points to the winner, and the losers are gone. People become one in everything: consents, "
            + "objections, requests, the trail.",
        for: .record(.merge), [.reason, .query("dry_run", .truth, "whether to show what would come of it, and change nothing")],
        body: .json(
            .input([
                "winner": .id, "losers": .list(.id, 1...10), "fields?": .map(.id).says("whose value stays, by field"),
                "versions?": .map(.text).says("the ETag of each record, by its id; needed unless nothing is changed"),
            ])),
        answers: .json("the winner, as you may see it", .anything, headers: ["ETag"]),
        refuses: [
            .notFound, .fieldNotWritable, .valueTaken, .preconditionFailed, .preconditionRequired, .subjectErased, .subjectKeyMissing,
            .holdInTheWay,
        ])

    static let readHistory = Operation(
        .GET, "/v1/{plural}/{id}/history", "getHistoryOf", .records, "Reads what a record's recorded field was, and for how long",
        for: .record(.read), [.reason],
        answers: .json(
            "changes, the oldest first",
            .page(.object(["field": .text, "lasted_seconds?": .count, "stands": .truth]))), refuses: [.notFound])

    /// Whether an operation on records exists for an entity at all.
    func isOffered(on entity: Entity, hasHistory: Bool) -> Bool {
        switch id {
        case Self.convertRecord.id: entity.conversion != nil
        case Self.findDuplicates.id, Self.mergeRecords.id: !entity.duplicates.isEmpty
        case Self.readHistory.id: hasHistory
        default: true
        }
    }
}
