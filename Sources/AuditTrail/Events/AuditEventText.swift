import DataFormats
package import Storage
import Vocabulary

/// An event as people and programs are shown it: the members of its entry, with what is still in the margin put back in place, and where it
/// stands in the log.
package enum AuditEventText {
    /// One JSON object: the entry's members, `reason` and `records` from the margin, and `log` {epoch, position}.
    ///
    /// It is not the entry, and does not hash to its leaf: that is what proofs and tiles give.
    package static func json(_ event: FoundEvent) -> [UInt8] {
        guard var object = (try? JSONReader.read(event.entry))?.objectValue else { return event.entry }
        if let reason = event.reason { object["reason"] = .string(reason) }
        if object["records"] == nil, !event.records.isEmpty { object["records"] = .array(event.records.map { .string($0.description) }) }
        object["log"] = .object([
            "epoch": .number(JSONNumber(event.place.epoch)), "position": .number(JSONNumber(event.place.position)),
        ])
        return JSONValue.object(object).encoded()
    }

    /// Whether what stands beside an entry is what it was written with. An entry whose margin was taken away as a whole says yes.
    package static func isMarginTrue(_ event: FoundEvent) -> Bool {
        let entry = (try? JSONReader.read(event.entry))?.objectValue
        let digest = entry?["margin"]?.stringValue
        guard let salt = event.salt else { return event.reason == nil && (digest == nil || event.records.isEmpty) }
        let isInEntry = entry?["records"] != nil
        let margin = AuditMargin(salt: salt, reason: event.reason, records: isInEntry ? [] : event.records)
        return digest == Hex.encode(margin.digest)
    }
}
