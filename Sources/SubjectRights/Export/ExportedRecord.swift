package import Catalog
package import Vocabulary

/// A record as it stands in an export. Its values are opened: it lives until the package's writer has sealed them.
package struct ExportedRecord: Sendable {
    package enum Value: Sendable, Equatable {
        case none
        case shown(FieldValue)
        /// There is a value, which the law keeps back.
        case held
        /// There is a value, which speaks of somebody else.
        case another
        /// There is a value that no key opens.
        case unreadable
    }

    package let id: RecordID
    /// Parallel to the fields of the plan.
    package let values: [Value]

    package init(id: RecordID, values: [Value]) {
        self.id = id
        self.values = values
    }

    /// The names of the fields with a value of this kind that is not shown.
    package func names(_ value: Value, in plan: ExportPlan.PlannedEntity) -> [String] {
        zip(plan.fields, values).filter { $0.1 == value }.map(\.0.field.name)
    }
}

extension FieldValue {
    /// The JSON form without quotes; of a phone number what was written.
    package var exportText: String {
        if case .phone(let raw, _) = self { return raw }
        return String(decoding: plaintext, as: UTF8.self)
    }
}
