import DataFormats
import Gateway
import NIOHTTP1
import Policies

/// Records that are traps.
extension Operation {
    static let honey = [listHoney, placeHoney, removeHoney]

    private static let mark = Shape.object([
        "id": .id, "state": .choice(["standing", "removed"]), "entity": .text, "record": .id, "placed_at": .time, "placed_by": .text,
        "removed_at": .time.orNull, "removed_by": .text.orNull,
    ])

    static let listHoney = Operation(
        .GET, "/v1/honey", "listHoney", .audit, "Lists records that raise an alarm", for: .system(.read, .honey),
        [.query("state", .choice(["standing", "all"]), "which ones")], answers: .json("marks", .page(mark)))

    static let placeHoney = Operation(
        .POST, "/v1/honey", "placeHoney", .audit, "Makes a record raise an alarm when it is read or changed",
        detail: "For a record that nobody has a reason to read. Nobody who reads it can tell.", for: .system(.create, .honey), [.reason],
        body: .json(.input(["entity": .words, "record": .id]), example: ["entity": "contact", "record": "0190b8a4-7d3e-7000-8000-000000000000"]),
        answers: .json(201, "the mark", mark), refuses: [.notFound])

    static let removeHoney = Operation(
        .DELETE, "/v1/honey/{id}", "removeHoney", .audit, "Lets a record raise no alarm any more", for: .system(.delete, .honey), [.reason],
        answers: .nothing("it raises none"))
}
