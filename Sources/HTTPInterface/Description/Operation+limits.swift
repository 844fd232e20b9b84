import DataFormats
import Gateway
import NIOHTTP1
import Policies

/// Limits that were lifted for somebody.
extension Operation {
    static let limits = [listLifts, raiseLimit, endLift]

    private static let lift = Shape.object([
        "id": .id, "state": .choice(["standing", "ended"]), "principal": .text, "people": Shape.count.orNull, "lifted_at": .time,
        "lifted_by": .text, "until": .time, "ended_at": .time.orNull, "ended_by": .text.orNull,
    ])

    static let listLifts = Operation(
        .GET, "/v1/limits", "listLifts", .accounts, "Lists limits that were lifted for somebody", for: .system(.read, .limit),
        [.query("state", .choice(["standing", "all"]), "which ones")], answers: .json("lifts", .page(lift)))

    static let raiseLimit = Operation(
        .POST, "/v1/limits", "raiseLimit", .accounts, "Lets a caller see more people within an hour, until a time",
        detail: "Without `people` and `until` the count begins anew. Nobody lifts a limit of their own.", for: .system(.create, .limit), [.reason],
        body: .json(
            .input(["principal": .accountName, "people?": Shape.whole(1...1_000_000_000).orNull, "until?": Shape.time.orNull]),
            example: ["principal": "ann", "people": 5000, "until": "2027-01-01T18:00:00Z"]),
        answers: .json(201, "the lift", lift))

    static let endLift = Operation(
        .DELETE, "/v1/limits/{id}", "endLift", .accounts, "Ends a lift before its time", for: .system(.delete, .limit), [.reason],
        answers: .nothing("it has ended"))
}
