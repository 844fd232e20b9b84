package import DataFormats
package import Gateway
package import Storage
import SubjectRights
package import Vocabulary

/// Requests of data subjects on the wire.
package enum RequestCoding {
    /// Without anything of the person.
    package static func object(_ file: RequestFile, today: CalendarDate) -> JSONObject {
        func text(_ value: (some CustomStringConvertible)?) -> JSONValue { value.map { .string($0.description) } ?? .null }
        let (machine, row) = (file.machine, file.row)
        let reason = machine.reason.flatMap { file.version.refusal($0, of: file.kind) }
        return [
            "id": .string(file.id.description), "kind": .string(file.kind.rawValue), "regulation": .string(file.regulation.name),
            "article": .string(file.terms.article), "state": .string(file.state.rawValue), "next": .string(RequestFile.next(file.state)),
            "channel": .string(row.channel), "opened_by": .string(row.openedBy), "received_at": .string(row.receivedAt.description),
            "received_on": .string(machine.deadlines.received.description),
            "confirm_by": machine.confirmedAt == nil ? text(machine.deadlines.confirm?.date) : .null, "confirmed_at": text(machine.confirmedAt),
            "due_on": .string(machine.due.date.description), "counted_on": .string(machine.due.counted.description),
            "due_rule": .string((machine.extendedAt == nil ? file.terms.answer : file.terms.extended ?? file.terms.answer).citation),
            "urgency": text(machine.reminder(on: today)), "overdue": .bool(machine.isOverdue(on: today)),
            "extended_at": text(machine.extendedAt), "extension_reason": text(file.extensionReason),
            "proofs": .array(file.terms.proofs.map { .string($0.description) }), "proof": text(row.proof), "verified_at": text(machine.verifiedAt),
            "attempts_left": .number(JSONNumber(Int64(RequestMachine.maximumAttempts - machine.failedAttempts))),
            "paused_seconds": .number(JSONNumber(Int64(machine.paused / .seconds(1)))), "paused_since": text(machine.pausedSince),
            "approved_by": text(machine.approver), "begun_by": text(machine.runner), "reason": text(machine.reason),
            "reason_says": text(reason?.says), "reason_citation": text(reason?.citation), "fee": text(file.terms.fee),
            "purposes": .array(row.purposes.map { .string($0) }), "closed_at": text(machine.closedAt), "version": .number(JSONNumber(row.version)),
        ]
    }

    /// With its history, and with the person where the caller may know.
    package static func object(_ shown: ShownRequest, today: CalendarDate) -> JSONObject {
        var object = object(shown.file, today: today)
        if shown.showsSubjects { object["subjects"] = .array(shown.file.subjects.map { .string($0.description) }) }
        if let person = shown.person?.value {
            var members = JSONObject()
            for (name, value) in person.sorted(by: { $0.key < $1.key }) { members[name] = .string(value) }
            object["person"] = .object(members)
        }
        if let message = shown.message?.value { object["message"] = .string(message) }
        object["history"] = .array(
            shown.history.map { event in
                .object([
                    "number": .number(JSONNumber(event.number)), "at": .string(event.at.description), "actor": .string(event.actor),
                    "event": .string(event.event), "detail": event.detail.map { .string($0) } ?? .null,
                ])
            })
        return object
    }

    // MARK: Reading

    package static func opening(_ object: JSONObject) throws(Refusal) -> RequestOpening {
        var problems: [Refusal.Member] = []
        guard let kind = object["kind"]?.stringValue.flatMap(RequestKind.init(rawValue:)) else {
            let known = RequestKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw wrong([.init("kind", "choice-unknown", "kind is one of \(known)")])
        }
        var opening = RequestOpening(kind: kind)
        for member in object.members {
            switch (member.name, member.value) {
            case ("kind", _), (_, .null): break
            case ("regulation", .string(let text)): opening.regulation = text
            case ("channel", .string(let text)): opening.channel = text
            case ("received_at", .string(let text)):
                opening.receivedAt = Instant(text)
                if opening.receivedAt == nil { problems.append(.init(member.name, "value-invalid", "received_at is not a time")) }
            case ("person", .object(let person)): opening.person = Personal(texts(person, member.name, &problems))
            case ("message", .string(let text)):
                if text.utf8.count > 10_000 { problems.append(.init(member.name, "value-too-long", "message is longer than 10000 bytes")) }
                opening.message = Personal(text)
            case ("subject", .string(let text)):
                opening.subject = UUIDv7(text).map { SubjectID($0) }
                if opening.subject == nil { problems.append(.init(member.name, "value-invalid", "subject is the id of a data subject")) }
            case ("login", .bool(let value)): opening.isLoggedIn = value
            case ("purposes", .array(let items)): opening.purposes = items.compactMap(\.stringValue)
            case ("regulation", _), ("channel", _), ("received_at", _), ("person", _), ("message", _), ("subject", _), ("login", _), ("purposes", _):
                problems.append(.init(member.name, "type-wrong", "\(member.name) has another type"))
            default: problems.append(.init(member.name, Refusal.Code.memberUnknown.rawValue, "there is no such member"))
            }
        }
        if !problems.isEmpty { throw wrong(problems) }
        return opening
    }

    package static func proof(_ object: JSONObject) throws(Refusal) -> ShownProof {
        var problems: [Refusal.Member] = []
        for member in object.members where !["code", "points", "declaration", "subject"].contains(member.name) {
            problems.append(.init(member.name, Refusal.Code.memberUnknown.rawValue, "there is no such member"))
        }
        if !problems.isEmpty { throw wrong(problems) }
        if let code = object["code"]?.stringValue, object.count == 1, code.utf8.count <= 40 { return .code(Personal(code)) }
        if let points = object["points"]?.objectValue, object["code"] == nil, object["subject"] == nil {
            let texts = texts(points, "points", &problems)
            if let declaration = object["declaration"], declaration.stringValue == nil {
                problems.append(.init("declaration", "type-wrong", "declaration has another type"))
            }
            if !problems.isEmpty { throw wrong(problems) }
            return .points(Personal(texts), declaration: object["declaration"]?.stringValue)
        }
        if let subject = object["subject"]?.stringValue.flatMap({ UUIDv7($0) }), object.count == 1 { return .login(SubjectID(subject)) }
        throw wrong([.init("code", "value-required", "a proof is a code, data points (with a declaration), or the subject that is logged in")])
    }

    package static func corrections(_ object: JSONObject) throws(Refusal) -> [Correction] {
        guard let items = object["corrections"]?.arrayValue, object.count == 1, (1...50).contains(items.count) else {
            throw wrong([.init("corrections", "value-invalid", "corrections is a list of 1 to 50 objects with entity, record and values")])
        }
        var corrections: [Correction] = []
        for (number, item) in items.enumerated() {
            guard let item = item.objectValue, item.count == 3, let entity = item["entity"]?.stringValue,
                let record = item["record"]?.stringValue.flatMap({ RecordID($0) }), let values = item["values"]?.objectValue
            else { throw wrong([.init("corrections/\(number)", "value-invalid", "a correction has entity, record and values")]) }
            corrections.append(Correction(entity: entity, record: record, values: values))
        }
        return corrections
    }

    private static func texts(_ object: JSONObject, _ name: String, _ problems: inout [Refusal.Member]) -> [String: String] {
        var texts: [String: String] = [:]
        for member in object.members.prefix(20) {
            guard let text = member.value.stringValue, !text.isEmpty, text.utf8.count <= 500 else {
                problems.append(.init("\(name)/\(member.name)", "value-invalid", "a value is a text of 1 to 500 bytes"))
                continue
            }
            texts[member.name] = text
        }
        if object.count > 20 { problems.append(.init(name, "value-invalid", "\(name) has at most 20 members")) }
        return texts
    }

    private static func wrong(_ problems: [Refusal.Member]) -> Refusal {
        Refusal(.valueInvalid, "a member of the body is wrong", members: problems)
    }

    // MARK: Lists

    package static func query(_ parameters: [(name: String, value: String)], today: CalendarDate) throws(Refusal) -> RequestQuery {
        var query = RequestQuery()
        for (name, value) in parameters {
            switch name {
            case "state" where value == "open": query.isOpenOnly = true
            case "state" where value == "all": query.isOpenOnly = false
            case "state":
                guard let state = RequestState(rawValue: value) else {
                    throw Refusal(
                        .parameterInvalid, "state is open, all, or a state", hint: RequestState.allCases.map(\.rawValue).joined(separator: ", "))
                }
                (query.states, query.isOpenOnly) = ([state.rawValue], false)
            case "kind":
                guard let kind = RequestKind(rawValue: value) else {
                    throw Refusal(.parameterInvalid, "kind is a kind of request", hint: RequestKind.allCases.map(\.rawValue).joined(separator: ", "))
                }
                query.kind = kind.rawValue
            case "overdue":
                guard ["true", "false"].contains(value) else { throw Refusal(.parameterInvalid, "overdue is true or false") }
                if value == "true" { query.dueBy = today.advanced(by: -1) }
            case "due_within":
                guard let days = Int(value), (0...365).contains(days) else { throw Refusal(.parameterInvalid, "due_within is 0 to 365 days") }
                query.dueBy = today.advanced(by: days)
            case "limit":
                guard let limit = Int(value), (1...200).contains(limit) else { throw Refusal(.parameterInvalid, "limit is 1 to 200") }
                query.limit = limit
            case "cursor":
                let parts = value.split(separator: "_", maxSplits: 1)
                guard parts.count == 2, let day = CalendarDate(parts[0]), let id = UUIDv7(parts[1]) else {
                    throw Refusal(.cursorInvalid, "the cursor is not one of this list")
                }
                query.after = (day, id)
            default:
                throw Refusal(.parameterInvalid, "a parameter is not known here", hint: "state, kind, overdue, due_within, limit, cursor")
            }
        }
        return query
    }

    package static func cursor(_ last: RequestFile) -> String { "\(last.row.dueOn)_\(last.id)" }
}
