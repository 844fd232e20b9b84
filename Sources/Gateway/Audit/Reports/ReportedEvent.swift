import DataFormats
package import Storage
package import Vocabulary

/// The members of an event that reports add up. There is no value of anybody among them, since there is none in an entry.
package struct ReportedEvent: Sendable {
    package enum Result: Sendable, Equatable {
        /// Something was shown.
        case disclosed
        /// Something was made, changed or removed.
        case changed
        /// Refused, or nothing was found: nobody's data was reached.
        case withheld
    }

    package let id: EventID
    package let at: Instant
    package let user: String?
    package let app: String?
    package let roles: [String]
    package let action: String
    package let entity: String
    package let rule: String
    package let purpose: String?
    package let basis: String?
    /// As the entry has it: disclosed, changed, refused or failed.
    package let outcome: String
    package let clear: [String]
    package let masked: [String]
    /// Pseudonyms.
    package let subjects: [UUIDv7]
    /// How many records a list or an import touched in all.
    package let count: Int?
    package let records: [RecordID]
    /// The ids of its records were taken away with somebody's key.
    package let hasLostRecords: Bool

    package var actor: String { user ?? app ?? "host" }
    package var result: Result {
        switch outcome {
        case "disclosed": .disclosed
        case "changed": .changed
        default: .withheld
        }
    }

    /// `nil` for an entry that is none.
    package init?(_ found: FoundEvent) {
        self.init(entry: found.entry, records: found.records, hasMargin: found.salt != nil)
    }

    /// - Parameters:
    ///   - records: what stands beside the entry.
    ///   - hasMargin: whether something still stands there.
    package init?(entry: [UInt8], records: [RecordID], hasMargin: Bool) {
        guard let object = (try? JSONReader.read(entry))?.objectValue, let id = object["id"]?.stringValue.flatMap({ UUIDv7($0) }),
            let at = object["at"]?.stringValue.flatMap({ Instant($0) }), let action = object["action"]?.stringValue,
            let entity = object["entity"]?.stringValue, let outcome = object["outcome"]?.stringValue
        else { return nil }
        func texts(_ name: String) -> [String] { (object[name]?.arrayValue ?? []).compactMap(\.stringValue) }
        self.id = EventID(id)
        self.at = at
        self.action = action
        self.entity = entity
        self.outcome = outcome
        self.records = records
        user = object["user"]?.stringValue
        app = object["app"]?.stringValue
        roles = texts("roles")
        rule = object["rule"]?.stringValue ?? ""
        purpose = object["purpose"]?.stringValue
        basis = object["basis"]?.stringValue
        clear = texts("clear")
        masked = texts("masked")
        subjects = texts("subjects").compactMap { Hex.decode($0).flatMap { UUIDv7(bytes: $0) } }
        count = if case .number(let number)? = object["count"] { number.integer.map { Int($0) } } else { nil }
        hasLostRecords = object["margin"] != nil && !hasMargin
    }
}
