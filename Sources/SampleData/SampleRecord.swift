/// One invented record. Fields without a value are absent, and system fields never occur.
package struct SampleRecord: Sendable, Equatable {
    package let entity: SampleEntity
    package let index: Int
    /// In the order of the catalog, each name at most once.
    package private(set) var fields: [SampleField]

    init(_ entity: SampleEntity, _ index: Int) {
        self.entity = entity
        self.index = index
        fields = []
        fields.reserveCapacity(26)
        set("external_id", SampleRecord.externalID(entity, index))
    }

    package subscript(_ name: String) -> SampleValue? {
        fields.first { $0.name == name }?.value
    }

    /// `sample-contact-000123`: six digits, and more where the index needs them.
    package static func externalID(_ entity: SampleEntity, _ index: Int) -> String {
        let digits = String(index)
        let padding = String(repeating: "0", count: max(0, 6 - digits.utf8.count))
        return "sample-" + entity.rawValue + "-" + padding + digits
    }

    mutating func set(_ name: String, _ value: SampleValue) {
        fields.append(SampleField(name: name, value: value))
    }

    mutating func set(_ name: String, _ text: String?) {
        if let text { set(name, .text(text)) }
    }

    mutating func set(_ name: String, _ number: Int) {
        set(name, .integer(Int64(number)))
    }

    mutating func set(_ name: String, _ entity: SampleEntity, _ index: Int?) {
        if let index { set(name, .reference(entity, index)) }
    }

    mutating func set(owner: Owner?) {
        guard let owner else { return }
        set("owner_id", owner.user)
        set("team_id", owner.team)
    }
}

package struct SampleField: Sendable, Equatable {
    package let name: String
    package let value: SampleValue
}
