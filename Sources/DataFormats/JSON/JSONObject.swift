/// The members of a JSON object in the order in which they were written.
///
/// INVARIANT: no two names have the same bytes, and `positions` is empty while `members` has at most
/// `linearLimit` elements and otherwise holds the index of each. Equality counts the order.
package struct JSONObject: Sendable {
    package struct Member: Sendable {
        package let name: String
        package var value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    package private(set) var members: [Member] = []
    private var positions: [ExactName: Int] = [:]

    private static let linearLimit = 16

    package init() {}

    init(trapsOnRepeatedName members: [(String, JSONValue)]) {
        for (name, value) in members {
            let isNew = append(value, named: name)
            precondition(isNew, "a literal repeats a member name")
        }
    }

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }

    /// The value of the member with exactly these bytes as its name.
    ///
    /// Setting keeps the place of a member that exists and appends one that does not; setting `nil` removes,
    /// setting `.null` stores the JSON value null.
    package subscript(name: String) -> JSONValue? {
        get {
            position(of: name).map { members[$0].value }
        }
        set {
            switch (position(of: name), newValue) {
            case (.some(let position), .some(let value)):
                members[position].value = value
            case (.some(let position), .none):
                remove(at: position)
            case (.none, .some(let value)):
                appendUnchecked(Member(name: name, value: value))
            case (.none, .none):
                break
            }
        }
    }

    /// Adds a member at the end; false, and nothing changed, when the name is there already.
    package mutating func append(_ value: JSONValue, named name: String) -> Bool {
        guard position(of: name) == nil else { return false }
        appendUnchecked(Member(name: name, value: value))
        return true
    }

    private func position(of name: String) -> Int? {
        if members.count > Self.linearLimit {
            return positions[ExactName(name)]
        }
        return members.firstIndex { $0.name.hasSameBytes(as: name) }
    }

    private mutating func appendUnchecked(_ member: Member) {
        members.append(member)
        if members.count == Self.linearLimit + 1 {
            indexMembers()
        } else if members.count > Self.linearLimit {
            positions[ExactName(member.name)] = members.count - 1
        }
    }

    private mutating func remove(at position: Int) {
        members.remove(at: position)
        positions.removeAll()
        if members.count > Self.linearLimit {
            indexMembers()
        }
    }

    private mutating func indexMembers() {
        positions.reserveCapacity(members.count * 2)
        for (position, member) in members.enumerated() {
            positions[ExactName(member.name)] = position
        }
    }
}

extension JSONObject: Hashable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members == right.members
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(members)
    }
}

extension JSONObject.Member: Hashable {
    package static func == (left: Self, right: Self) -> Bool {
        left.name.hasSameBytes(as: right.name) && left.value == right.value
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(ExactName(name))
        hasher.combine(value)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Keeps the order of the literal; traps when the literal repeats a name, as `Dictionary` does.
    package init(dictionaryLiteral members: (String, JSONValue)...) {
        self.init(trapsOnRepeatedName: members)
    }
}
