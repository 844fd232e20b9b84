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

    /// As it goes over the wire, and as it rests while it waits for its turn.
    package var json: JSONObject {
        var object: JSONObject = ["line": .number(JSONNumber(line)), "members": .object(members)]
        if !lookups.isEmpty {
            object["lookups"] = .array(
                lookups.map { .object(["member": .string($0.member), "field": .string($0.field), "value": .string($0.value)]) })
        }
        return object
    }

    package init?(_ object: JSONObject) {
        guard case .number(let number)? = object["line"], let line = number.integer.flatMap({ Int(exactly: $0) }),
            let members = object["members"]?.objectValue
        else { return nil }
        var lookups: [Lookup] = []
        for item in object["lookups"]?.arrayValue ?? [] {
            guard let member = item.objectValue?["member"]?.stringValue, let field = item.objectValue?["field"]?.stringValue,
                let value = item.objectValue?["value"]?.stringValue, !value.utf8.contains(0), !lookups.contains(where: { $0.member == member })
            else { return nil }
            lookups.append(Lookup(member: member, field: field, value: value))
        }
        self.init(line: line, members: members, lookups: lookups)
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
