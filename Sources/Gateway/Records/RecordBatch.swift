package import DataFormats
import Disclosure
package import Vocabulary

/// Several changes of records of one entity that go in together.
package struct RecordBatch: Sendable {
    package static let maximumOperations = 200

    package enum Operation: Sendable {
        case create(JSONObject)
        /// - Parameter ifMatch: the tag of the record as it was read; `nil` for whatever it is.
        case update(RecordID, JSONObject, ifMatch: [String]?)
        case delete(RecordID, ifMatch: [String]?)

        var record: RecordID? {
            switch self {
            case .create: nil
            case .update(let id, _, _), .delete(let id, _): id
            }
        }
    }

    package let operations: [Operation]
    /// All or none; else each by itself.
    package let isAtomic: Bool

    package init(_ operations: [Operation], isAtomic: Bool) {
        self.operations = operations
        self.isAtomic = isAtomic
    }

    /// What became of one of them.
    package enum Outcome: Sendable {
        case created(RecordID, entityTag: String)
        case updated(RecordID, entityTag: String)
        case deleted(RecordID)
        case refused(Refusal)
    }
}
