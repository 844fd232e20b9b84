import DataFormats
import Gateway
import NIOHTTP1
import Policies
import SubjectRights

extension Operation {
    static let requests = [listRequests, openRequest, readRequest, exportRequest] + RequestStep.allCases.map { step($0) }
    static let erasures = [
        planErasure, readErasureCertificate, listRecipientNotices, readRecipientNotice, acknowledgeNotice, retryNotice, listSuppressions,
        liftSuppression,
    ]

    static let listRequests = Operation(
        .GET, "/v1/requests", "listRequests", .requests, "Lists requests, what is due first in front", for: .system(.read, .request),
        [
            .query("state", .choice(["open", "all"] + RequestState.allCases.map(\.rawValue)), "which ones"),
            .query("kind", .choice(of: RequestKind.self), "of this kind only"), .query("overdue", .truth, "those only whose time is over"),
            .query("due_within", .whole(0...365), "those only that are due within these days"), .limit,
            .query("cursor", .text(pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}_"), "the `next` of the page before"),
        ],
        answers: .json("requests", .page(.named("Request"))), refuses: [.cursorInvalid])

    static let openRequest = Operation(
        .POST, "/v1/requests", "openRequest", .requests, "Opens a request", for: .system(.create, .request),
        [.reason, .neededIdempotencyKey],
        body: .json(
            .input([
                "kind": .choice(of: RequestKind.self), "regulation?": .text.orNull, "channel?": .text.orNull, "received_at?": .time.orNull,
                "person?": .map(.words).with("maxProperties", 20).orNull, "message?": .text(0...10_000).orNull, "subject?": .id.orNull,
                "login?": .truth.orNull,
                "purposes?": .list(.text).orNull,
            ]), example: ["kind": "access", "regulation": "gdpr", "person": ["email": "ada@example.org"]]),
        answers: .json(201, "the request", .named("Request"), headers: ["ETag", "Location"]),
        refuses: [.requestOpenAlready, .purposeUnknown, .subjectErased])

    static let readRequest = Operation(
        .GET, "/v1/requests/{id}", "getRequest", .requests, "Reads a request with its history", for: .system(.read, .request),
        answers: .json("the request", .named("Request"), headers: ["ETag"]))

    static let exportRequest = Operation(
        .POST, "/v1/requests/{id}/export", "exportRequest", .requests, "Builds the package with everything about a person, sealed for them",
        for: .system(.create, .export), [.ifVersion, .neededIdempotencyKey, .reason],
        body: .json(
            .either(
                .input(["passphrase": .text(16...1024), "mail?": .truth]),
                .input(["recipient": .text(pattern: "^age1[0-9a-z]{58}$"), "mail?": .truth])),
            example: ["passphrase": "six words on a slip of paper"]),
        answers: .json(
            201, "the package and its link",
            .object(["package": .id, "link": .text.orNull, "expires_at": .time, "bytes": .count, "records": .map(.count), "manifest": .anything])),
        refuses: [.requestState, .subjectErased, .mailboxUnknown, .mailUnavailable, .repositoryUnavailable, .preconditionFailed])

    static func step(_ step: RequestStep) -> Operation {
        switch step {
        case .code: sendRequestCode
        case .verify: verifyRequest
        case .confirm: confirmRequest
        case .approve: approveRequest
        case .extend: extendRequest
        case .refuse: refuseRequest
        case .withdraw: withdrawRequest
        case .run: runRequest
        }
    }

    private static func step(
        _ step: RequestStep, _ id: String, _ summary: String, for action: Action, on resource: SystemResource = .request, body: Body? = nil,
        refuses: [Refusal.Code] = []
    ) -> Operation {
        Operation(
            .POST, "/v1/requests/{id}/\(step.rawValue)", id, .requests, summary, for: .system(action, resource),
            [.ifVersion, step == .run ? .neededIdempotencyKey : .idempotencyKey, .reason], body: body,
            answers: .json("the request", .named("Request"), headers: ["ETag"]), refuses: [.requestState, .subjectErased] + refuses)
    }

    private static let sendRequestCode = step(
        .code, "sendRequestCode", "Sends a code to the address that the record has", for: .create, refuses: [.mailboxUnknown, .mailUnavailable])
    private static let verifyRequest = step(
        .verify, "verifyRequest", "Checks who somebody is", for: .create,
        body: .json(
            .either(
                .input(["code": .text(0...40)]), .input(["points": .map(.words).with("maxProperties", 20), "declaration?": .text]),
                .input(["subject": .id])),
            example: ["code": "12345678"]), refuses: [.proofInvalid, .codeExpired])
    private static let confirmRequest = step(.confirm, "confirmRequest", "Notes that receipt was confirmed by other means than mail", for: .update)
    private static let approveRequest = step(.approve, "approveRequest", "Says the second person's yes", for: .create, on: .approval)
    private static let extendRequest = step(
        .extend, "extendRequest", "Extends the time for an answer, with notice (GDPR Art. 12(3))", for: .update,
        body: .json(.input(["reason": .choice(of: ExtensionReason.self)])), refuses: [.mailboxUnknown, .mailUnavailable])
    private static let refuseRequest = step(
        .refuse, "refuseRequest", "Refuses a request, for a reason that the regulation knows", for: .update, body: .json(.input(["reason": .words])))
    private static let withdrawRequest = step(.withdraw, "withdrawRequest", "Notes that the person has withdrawn the request", for: .update)
    private static let runRequest = step(
        .run, "runRequest", "Carries a request out", for: .update,
        body: .json(
            .input(["corrections": .list(.input(["entity": .text, "record": .id, "values": .map(.anything)]), 1...50)]), isRequired: false),
        refuses: [.holdInTheWay, .valueInvalid, .fieldNotWritable, .referenceUnknown, .valueTaken, .mailUnavailable])

    // MARK: Erasures

    static let planErasure = Operation(
        .GET, "/v1/requests/{id}/plan", "planErasure", .erasures, "Shows what an erasure would do", for: .system(.read, .request),
        answers: .json("what goes, what stays and why", .object([:])), refuses: [.requestState, .subjectErased])

    static let readErasureCertificate = Operation(
        .GET, "/v1/requests/{id}/certificate", "getErasureCertificate", .erasures, "Reads the signed certificate of an erasure",
        for: .system(.read, .request), answers: .json("a signed document", .anything), refuses: [.requestState])

    static let listRecipientNotices = Operation(
        .GET, "/v1/recipients/notices", "listRecipientNotices", .erasures, "Lists what recipients are told (GDPR Art. 19)",
        for: .system(.read, .notice),
        [.query("state", .choice(["open", "all"]), "which ones")], answers: .json("notices", .page(.named("RecipientNotice"))))

    static let readRecipientNotice = Operation(
        .GET, "/v1/recipients/notices/{id}", "getRecipientNotice", .erasures, "Reads a notice and what it says", for: .system(.read, .notice),
        answers: .json("the notice", .named("RecipientNotice")))

    static let acknowledgeNotice = Operation(
        .POST, "/v1/recipients/notices/{id}/acknowledge", "acknowledgeNotice", .erasures, "Notes that a recipient has done as told",
        for: .system(.update, .notice), [.reason], answers: .json("the notice", .named("RecipientNotice")), refuses: [.requestState])

    static let retryNotice = Operation(
        .POST, "/v1/recipients/notices/{id}/retry", "retryNotice", .erasures, "Sends a notice once more", for: .system(.update, .notice), [.reason],
        answers: .json("the notice", .named("RecipientNotice")), refuses: [.requestState])

    static let listSuppressions = Operation(
        .GET, "/v1/suppressions", "listSuppressions", .erasures, "Counts who is kept from being brought back", for: .system(.read, .request),
        answers: .json("counts by erasure", .page(.object(["request": .id, "since": .time, "tokens": .count, "kept_out": .count]))))

    static let liftSuppression = Operation(
        .POST, "/v1/suppressions/lift", "liftSuppression", .erasures, "Lets somebody who came back be known again", for: .system(.update, .request),
        [.reason],
        body: .json(.input(["email?": .words, "phone?": .words, "request?": .id]).with("minProperties", 1), example: ["email": "ada@example.org"]),
        answers: .json("the erasures whose suppression was lifted", .object(["lifted": .list(.id)])))
}

extension Shape {
    static let requests: [String: Shape] = [
        "Request": .object([
            "id": .id, "kind": .choice(of: RequestKind.self), "regulation": .text, "article": .text, "state": .choice(of: RequestState.self),
            "next": .text,
            "channel": .text, "opened_by": .text, "received_at": .time, "received_on": .day, "confirm_by": .day.orNull, "due_on": .day,
            "counted_on": .day,
            "due_rule": .text, "overdue": .truth, "proofs": .list(.text), "attempts_left": .whole(), "paused_seconds": .whole(),
            "purposes": .list(.text),
            "version": .whole(),
        ]),
        "RecipientNotice": .object([
            "id": .id, "request": .id, "recipient": .text, "kind": .text, "state": .text, "attempts": .count, "created_at": .time,
            "next_at": .text.orNull,
            "delivered_at": .text.orNull, "acknowledged_at": .text.orNull, "acknowledged_by": .text.orNull, "failure": .text.orNull,
        ]),
    ]
}
