package import AuditTrail
package import Catalog
import DataFormats
package import Storage
import Vocabulary

/// Counts and sums of groups, as one caller may see them, in JSON: like ``DisclosedRecord`` it takes the receipt of a
/// durable audit event to make one.
package struct DisclosedGroups: Sendable {
    /// `{"groups": [{"key": {…}, "count": 12, "sum": {…}}], "smallest_group": 5}`. How many groups were left out is not told: with a filter
    /// that fits one person it would answer whatever is asked about them.
    package let json: [UInt8]

    /// - Parameter smallest: groups about fewer people are left out; groups about nobody are shown.
    package init(_ groups: StoredGroups, _ entity: Entity, smallest: Int, receipt: borrowing AuditReceipt) {
        let grouping = groups.grouping
        let people = groups.indices.map { groups.people($0) }
        var suppressed = Set(people.indices.filter { people[$0] > 0 && people[$0] < smallest })
        // One hole in a whole can be filled by subtraction; two cannot.
        if suppressed.count == 1, let next = people.indices.filter({ !suppressed.contains($0) }).min(by: { people[$0] < people[$1] }) {
            suppressed.insert(next)
        }
        var json = JSONWriter(capacity: 64 + groups.indices.count * 96)
        json.beginObject()
        json.name("groups")
        json.beginArray()
        for group in groups.indices where !suppressed.contains(group) {
            json.beginObject()
            json.name("key")
            json.beginObject()
            groups.withKey(group) { cell in
                for (column, position) in grouping.by.enumerated() {
                    json.name(entity.fields[position].name)
                    if let bytes = cell(column) { CellText.writePlain(bytes, entity.fields[position].type, &json) } else { json.null() }
                }
            }
            json.endObject()
            json.name("count")
            json.number(groups.count(group))
            if !grouping.sums.isEmpty {
                json.name("sum")
                json.beginObject()
                for (number, position) in grouping.sums.enumerated() {
                    json.name(entity.fields[position].name)
                    if let sum = groups.sum(group, number) { json.string(sum) } else { json.null() }
                }
                json.endObject()
            }
            json.endObject()
        }
        json.endArray()
        if smallest > 1 {
            json.name("smallest_group")
            json.number(Int64(smallest))
        }
        json.endObject()
        self.json = json.bytes
    }
}
