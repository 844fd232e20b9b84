import Catalog
import DataFormats
import KeyRing
import Policies
import Sealing
import Storage
import Vocabulary

/// Seals what a job holds, bound to the place where it rests.
struct JobSeal: Sendable {
    let job: UUIDv7
    let tenant: TenantID

    /// Whose key it is that seals what is not a person's: the job's own, which is destroyed when its files go.
    var holder: SubjectID { SubjectID(job) }

    enum Place {
        case content
        case part(Int32)
        case line(Int64)

        fileprivate var field: [UInt8] {
            switch self {
            case .content: Array("content".utf8)
            case .part(let number): Array("part:\(number)".utf8)
            case .line(let number): Array("line:\(number)".utf8)
            }
        }
    }

    func seal(_ bytes: [UInt8], _ place: Place, _ key: DataKey) -> [UInt8] {
        var cell = CellPlace(tenant: tenant, entity: "record_job", record: RecordID(job))
        var plaintext = bytes
        defer { wipe(&plaintext) }
        return plaintext.withUnsafeBytes { key.seal($0, field: place.field, at: &cell) }
    }

    func open(_ sealed: [UInt8], _ place: Place, _ key: DataKey) -> [UInt8]? {
        var cell = CellPlace(tenant: tenant, entity: "record_job", record: RecordID(job))
        let scratch = Scratch()
        return sealed.withUnsafeBytes { key.open($0, field: place.field, at: &cell, into: scratch).map { Array($0) } }
    }
}

/// What a job was asked for, as it rests before it is sealed: a question may name people, and so may a reason.
struct JobContent: Sendable {
    var reason: String?
    var filter: String?
    var sort: String?
    var fields: [String]?

    var encoded: [UInt8] {
        var object = JSONObject()
        if let reason { object["reason"] = .string(reason) }
        if let filter { object["filter"] = .string(filter) }
        if let sort { object["sort"] = .string(sort) }
        if let fields { object["fields"] = .array(fields.map { .string($0) }) }
        return JSONValue.object(object).encoded()
    }

    init(_ order: JobOrder, reason: String?) {
        self.reason = reason
        (filter, sort, fields) = (order.filter, order.sort, order.fields)
    }

    init?(encoded: [UInt8]) {
        guard let object = (try? JSONReader.read(encoded))?.objectValue else { return nil }
        (reason, filter, sort) = (object["reason"]?.stringValue, object["filter"]?.stringValue, object["sort"]?.stringValue)
        fields = object["fields"]?.arrayValue.map { $0.compactMap(\.stringValue) }
    }

    /// The question of an export, for one page of it.
    func query(after cursor: String?, limit: Int) -> ListQuery {
        var query = ListQuery()
        query.limit = limit
        query.cursor = cursor
        query.filter = filter
        query.fields = fields
        if let sort {
            query.isDescending = sort.hasPrefix("-")
            query.sort = query.isDescending ? String(sort.dropFirst()) : sort
        }
        return query
    }
}

/// Writes down what became of the rows of an import, in the transaction in which it does.
struct ImportJournal: Sendable {
    let seal: JobSeal
    var job: UUIDv7 { seal.job }

    /// - Parameter rows: in a dry run there are none.
    func lines(ofNew numbers: [Int], _ rows: [RecordRow]) -> [JobLine] {
        numbers.enumerated().map { place, number in
            guard rows.indices.contains(place) else { return JobLine(number: Int64(number), fate: .created) }
            let row = rows[place]
            return JobLine(number: Int64(number), fate: .created, record: row.id.uuid, subject: row.subject?.uuid, version: row.version)
        }
    }

    /// What a row replaces rests under the key of the person it is about, and goes with them.
    ///
    /// - Parameter row: the record as it comes to be; `nil` when the row changes nothing.
    func line(
        _ number: Int, _ current: StoredRecord, _ row: PreparedRow?, _ entity: Entity, _ key: DataKey?, _ context: RequestContext
    ) -> JobLine {
        guard let row, let key else { return JobLine(number: Int64(number), fate: .skipped, record: current.id.uuid, subject: current.subject?.uuid) }
        var opening = Opening(current, entity, tenant: context.tenant, key: key)
        var before = JSONObject()
        for (position, field) in entity.fields.enumerated() where row.changedFields.contains(FieldName(field)) {
            let value: FieldValue? = if case .value(let value) = opening.content(position) { value } else { nil }
            before[field.name] = value.map { .string(Base64URL.encode($0.plaintext)) } ?? .null
        }
        return JobLine(
            number: Int64(number), fate: .updated, record: current.id.uuid, subject: current.subject?.uuid, version: row.row.version,
            sealed: seal.seal(JSONValue.object(before).encoded(), .line(Int64(number)), key))
    }

    /// The values that a line has replaced, by the position of their field; `nil` when it does not open.
    func replaced(_ line: JobLine, _ entity: Entity, _ key: DataKey) -> [Int: FieldValue?]? {
        guard let sealed = line.sealed, let bytes = seal.open(sealed, .line(line.number), key),
            let object = (try? JSONReader.read(bytes))?.objectValue
        else { return nil }
        var values: [Int: FieldValue?] = [:]
        for member in object.members {
            guard let position = entity.position(of: member.name) else { return nil }
            let value = member.value.stringValue.flatMap { Base64URL.decode($0) }.flatMap {
                FieldValue(plaintext: $0, type: entity.fields[position].type)
            }
            if value == nil, member.value != .null { return nil }
            values[position] = .some(value)
        }
        return values
    }
}
