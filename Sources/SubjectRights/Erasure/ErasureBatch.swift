package import DataFormats
package import Vocabulary

/// What was erased, and who is kept out or comes back since: a part of the ledger by which a restored copy brings nobody back.
///
/// No value of anybody: ids that lead to nothing where the erasure has reached, and keyed digests. Whoever has the ledger beside a copy from
/// before the erasures could tell by the ids who went, so it rests sealed.
package struct ErasureBatch: Sendable, Equatable {
    /// Somebody whose key was destroyed, and when; everything else of theirs went with it, unless said.
    package struct Person: Sendable, Hashable {
        package let subject: SubjectID
        package let erasedAt: Instant
        /// Only the key went: the records stay, and what is sealed in them opens no more.
        package let keepsRecords: Bool

        package init(_ subject: SubjectID, at moment: Instant, keepsRecords: Bool = false) {
            self.subject = subject
            erasedAt = moment
            self.keepsRecords = keepsRecords
        }
    }

    /// What keeps the people of one erasure from being brought back, since when.
    package struct Suppression: Sendable, Hashable {
        package let erasure: UUIDv7
        package let since: Instant
        package let tokens: [[UInt8]]

        package init(of erasure: UUIDv7, since: Instant, tokens: [[UInt8]]) {
            self.erasure = erasure
            self.since = since
            self.tokens = tokens
        }
    }

    /// An erasure whose people may come back, from when on. What was suppressed before that is so no more, whichever is read first.
    package struct Lift: Sendable, Hashable {
        package let erasure: UUIDv7
        package let at: Instant

        package init(of erasure: UUIDv7, at moment: Instant) {
            self.erasure = erasure
            at = moment
        }
    }

    package var people: [Person]
    package var suppressions: [Suppression]
    package var lifts: [Lift]

    package init(people: [Person] = [], suppressions: [Suppression] = [], lifts: [Lift] = []) {
        self.people = people
        self.suppressions = suppressions
        self.lifts = lifts
    }

    package var isEmpty: Bool { people.isEmpty && suppressions.isEmpty && lifts.isEmpty }

    // MARK: As JSON

    package var object: JSONObject {
        [
            "people": .array(
                people.map { person in
                    var object: JSONObject = ["subject": .string(person.subject.description), "erased_at": .string(person.erasedAt.description)]
                    if person.keepsRecords { object["keeps_records"] = true }
                    return .object(object)
                }),
            "suppressions": .array(
                suppressions.map {
                    [
                        "erasure": .string($0.erasure.description), "since": .string($0.since.description),
                        "tokens": .array($0.tokens.map { .string(Hex.encode($0)) }),
                    ]
                }),
            "lifts": .array(lifts.map { ["erasure": .string($0.erasure.description), "at": .string($0.at.description)] }),
        ]
    }

    /// From ``object``; `nil` when any of it is not as it was written there.
    package init?(_ object: JSONObject) {
        func all<Value>(_ name: String, _ read: (JSONObject) -> Value?) -> [Value]? {
            guard let elements = object[name]?.arrayValue else { return nil }
            let values = elements.compactMap { $0.objectValue.flatMap(read) }
            return values.count == elements.count ? values : nil
        }
        func id(_ value: JSONValue?) -> UUIDv7? { value?.stringValue.flatMap { UUIDv7($0) } }
        func moment(_ value: JSONValue?) -> Instant? { value?.stringValue.flatMap { Instant($0) } }
        let people = all("people") { person -> Person? in
            guard let subject = id(person["subject"]), let erasedAt = moment(person["erased_at"]) else { return nil }
            if let keeps = person["keeps_records"], keeps != true { return nil }
            return Person(SubjectID(subject), at: erasedAt, keepsRecords: person["keeps_records"] != nil)
        }
        let suppressions = all("suppressions") { suppression -> Suppression? in
            guard let erasure = id(suppression["erasure"]), let since = moment(suppression["since"]), let texts = suppression["tokens"]?.arrayValue
            else { return nil }
            let tokens = texts.compactMap { $0.stringValue.flatMap { Hex.decode($0) } }
            return tokens.count == texts.count ? Suppression(of: erasure, since: since, tokens: tokens) : nil
        }
        let lifts = all("lifts") { lift -> Lift? in
            guard let erasure = id(lift["erasure"]), let at = moment(lift["at"]) else { return nil }
            return Lift(of: erasure, at: at)
        }
        guard let people, let suppressions, let lifts else { return nil }
        self.init(people: people, suppressions: suppressions, lifts: lifts)
    }
}
