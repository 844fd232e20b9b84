import DataFormats
import Sealing
package import Vocabulary

/// What stands beside an entry and can be taken away: the words of a reason, and the ids of records about people.
///
/// An entry can never be changed once it is in the log, and a reason may say anything about anybody. So the entry holds a
/// commitment (``digest``), and the words rest in columns beside it: while they are there anybody can check them against the
/// log, and when they are taken away with the person's key, the salt goes with them and the commitment says nothing.
package struct AuditMargin: Sendable, Equatable {
    package let salt: [UInt8]
    package let reason: String?
    /// In the order of the event.
    package let records: [RecordID]

    package init(salt: [UInt8], reason: String?, records: [RecordID]) {
        self.salt = salt
        self.reason = reason
        self.records = records
    }

    /// `nil` when there is nothing to keep.
    init?(reason: String?, records: [RecordID]) {
        if reason == nil, records.isEmpty { return nil }
        var generator = SystemRandomNumberGenerator()
        let words: [UInt64] = [generator.next(), generator.next()]
        self.init(salt: words.withUnsafeBytes { Array($0) }, reason: reason, records: records)
    }

    private static let use = Array("gatehouse/v1/audit-margin\0".utf8)

    /// SHA-256 over the use, the salt, and the canonical JSON (RFC 8785) of `{"reason": …, "records": […]}` without what there is none of.
    package var digest: [UInt8] {
        var json = JSONWriter(capacity: 128)
        json.beginObject()
        if let reason {
            json.name("reason")
            json.string(reason)
        }
        if !records.isEmpty {
            json.name("records")
            json.beginArray()
            for record in records { json.string(record.description) }
            json.endArray()
        }
        json.endObject()
        return SHA256.hash(Self.use + salt + json.bytes)
    }
}
