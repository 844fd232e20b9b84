import DataFormats
import Gateway
import NIOHTTP1
import Policies
import SubjectRights
import Vocabulary

extension Operation {
    static let subjects = [
        readSubject, restrictSubject, liftRestriction, recordObjection, withdrawObjection, optOut, optIn, limitUse, liftLimit, takeSignal,
    ]
    static let consents = [
        readConsents, recordConsent, requestConsent, sendWithdrawalLink, readConsentReceipt, readConsentRecord, listNotices,
    ]

    static let readSubject = Operation(
        .GET, "/v1/subjects/{id}", "getSubject", .subjects, "Reads what stands about a person", for: .system(.read, .subject),
        answers: .json(
            "consents, restriction, objections and opt-outs",
            .object([
                "id": .id, "consents": .list(.anything), "restriction": .anything, "objections": .list(.anything), "opt_out": .anything,
                "limit": .anything,
            ])))

    static let restrictSubject = Operation(
        .PUT, "/v1/subjects/{id}/restriction", "restrictSubject", .subjects, "Restricts processing (GDPR Art. 18)", for: .system(.update, .subject),
        [.reason], body: .json(.input(["ground": .words])), answers: .nothing("it is restricted"), refuses: [.subjectErased])

    static let liftRestriction = Operation(
        .DELETE, "/v1/subjects/{id}/restriction", "liftRestriction", .subjects, "Lifts a restriction", for: .system(.update, .subject), [.reason],
        answers: .nothing("it is lifted"), refuses: [.holdInTheWay, .subjectErased])

    static let recordObjection = Operation(
        .PUT, "/v1/subjects/{id}/objections/{purpose}", "recordObjection", .subjects, "Records an objection (GDPR Art. 21)",
        for: .system(.update, .subject), [.reason], answers: .nothing("it stands"), refuses: [.purposeUnknown, .valueInvalid, .subjectErased])

    static let withdrawObjection = Operation(
        .DELETE, "/v1/subjects/{id}/objections/{purpose}", "withdrawObjection", .subjects, "Takes an objection back", for: .system(.update, .subject),
        [.reason], answers: .nothing("it is withdrawn"), refuses: [.purposeUnknown, .valueInvalid, .subjectErased])

    static let optOut = Operation(
        .PUT, "/v1/subjects/{id}/opt-out", "optOut", .subjects, "Records an opt-out of sale and sharing (CCPA 1798.120)",
        for: .system(.update, .subject),
        [.reason], answers: .nothing("it stands"), refuses: [.subjectErased])

    static let optIn = Operation(
        .DELETE, "/v1/subjects/{id}/opt-out", "optIn", .subjects, "Takes an opt-out back", for: .system(.update, .subject), [.reason],
        answers: .nothing("it is withdrawn"), refuses: [.subjectErased])

    static let limitUse = Operation(
        .PUT, "/v1/subjects/{id}/limit", "limitUse", .subjects, "Limits the use of sensitive data (CCPA 1798.121)", for: .system(.update, .subject),
        [.reason], answers: .nothing("it stands"), refuses: [.subjectErased])

    static let liftLimit = Operation(
        .DELETE, "/v1/subjects/{id}/limit", "liftLimit", .subjects, "Lifts a limit", for: .system(.update, .subject), [.reason],
        answers: .nothing("it is lifted"), refuses: [.subjectErased])

    static let takeSignal = Operation(
        .POST, "/v1/subjects/{id}/signals", "takeSignal", .subjects, "Passes on the privacy signal of a known person's browser",
        for: .system(.update, .subject),
        [.header(HeaderName.privacyControl, .choice(["1"]), "Global Privacy Control, as the browser sent it", isRequired: true)],
        answers: .json("since when it is honoured", .object(["gpc": .truth, "honored": .truth, "since": .time])), refuses: [.subjectErased])

    static let readConsents = Operation(
        .GET, "/v1/subjects/{id}/consents", "getConsents", .consents, "Reads what a person agreed to", for: .system(.read, .subject),
        answers: .json(
            "each purpose with its state, and every event",
            .object(["id": .id, "purposes": .list(.anything), "events": .list(.anything), "opt_out": .anything, "limit": .anything])))

    static let recordConsent = Operation(
        .PUT, "/v1/subjects/{id}/consents/{purpose}", "recordConsent", .consents, "Records what a person said", for: .system(.update, .subject),
        [.reason],
        body: .json(
            .input([
                "state": .choice(of: ConsentState.self), "valid_until?": .time, "evidence?": .text(1...4000), "notice?": .words, "language?": .words,
                "wording?": .text(1...4000), "expression?": .choice(of: ConsentEvent.Expression.self),
                "channel?": .choice(of: ConsentEvent.Channel.self),
                "method?": .choice(of: ConsentEvent.Method.self),
            ]), example: ["state": "given", "channel": "phone", "method": "spoken"]),
        answers: .nothing("it is on record"), refuses: [.purposeUnknown, .valueInvalid, .subjectErased, .consentNotAskable])

    static let requestConsent = Operation(
        .POST, "/v1/subjects/{id}/consents/{purpose}/request", "requestConsent", .consents, "Sends a person a link that confirms a consent",
        for: .system(.update, .subject), [.reason], body: .json(.input(["language?": .words]), isRequired: false),
        answers: .json(202, "a message is on its way", .object(["sent": .truth])), refuses: askingByMail)

    static let sendWithdrawalLink = Operation(
        .POST, "/v1/subjects/{id}/consents/{purpose}/withdrawal-link", "sendWithdrawalLink", .consents,
        "Sends a person a link that withdraws a consent", for: .system(.update, .subject), [.reason],
        answers: .json(202, "a message is on its way", .object(["sent": .truth])), refuses: askingByMail)

    private static let askingByMail: [Refusal.Code] = [
        .purposeUnknown, .subjectErased, .consentNotAskable, .mailboxUnknown, .mailUnavailable, .valueInvalid,
    ]

    static let readConsentReceipt = Operation(
        .GET, "/v1/subjects/{id}/consents/{purpose}/receipt", "getConsentReceipt", .consents, "Reads the signed receipt of a consent",
        for: .system(.read, .subject), answers: .json("a signed document", .anything), refuses: [.purposeUnknown, .valueInvalid, .subjectErased])

    static let readConsentRecord = Operation(
        .GET, "/v1/subjects/{id}/consent-record", "getConsentRecord", .consents, "Reads a person's consents as ISO/IEC TS 27560 has them",
        for: .system(.read, .subject), answers: Answer(status: 200, says: "JSON-LD", type: "application/ld+json", shape: .anything),
        refuses: [.subjectErased])

    static let listNotices = Operation(
        .GET, "/v1/notices", "listNotices", .consents, "Lists the notices that people agree to", for: .system(.read, .subject),
        answers: .json("notices with their wordings", .object(["notices": .list(.anything)])))
}
