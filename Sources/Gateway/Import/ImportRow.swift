package import DataFormats
package import Vocabulary

/// One row on its way in, mapped already: members as an API body has them, plus references by value.
package struct ImportRow: Sendable {
    /// Where the row begins in its file.
    package let line: Int
    package let members: JSONObject
    /// References given by a plain field of the record they point to, `account_id` by `name` for instance.
    package let lookups: [Lookup]

    package struct Lookup: Sendable {
        package let member: String
        package let field: String
        package let value: String
        package init(member: String, field: String, value: String) {
            self.member = member
            self.field = field
            self.value = value
        }
    }

    package init(line: Int, members: JSONObject, lookups: [Lookup] = []) {
        self.line = line
        self.members = members
        self.lookups = lookups
    }
}

/// What became of a row.
package struct ImportOutcome: Sendable, Equatable {
    package enum Fate: String, Sendable, CaseIterable { case created, updated, skipped, refused }

    package let line: Int
    package let fate: Fate
    package let record: RecordID?
    /// Why the row was refused; member names and sentences, never its values.
    package let problems: [Refusal.Member]

    package init(line: Int, fate: Fate, record: RecordID? = nil, problems: [Refusal.Member] = []) {
        self.line = line
        self.fate = fate
        self.record = record
        self.problems = problems
    }
}
