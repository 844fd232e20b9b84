package import Vocabulary

/// A batch as bytes, for the inbox and the spool: a version, then for each event its parts, each with its length before it.
extension AuditBatch {
    private static var version: UInt8 { 1 }
    private static var absent: UInt32 { .max }

    /// The events, without tenant and id.
    package var bytes: [UInt8] {
        var output: [UInt8] = [Self.version]
        output.reserveCapacity(rows.reduce(1) { $0 + $1.entry.count + 160 })
        for row in rows { Self.append(row, to: &output) }
        return output
    }

    /// The whole batch: tenant, id, events.
    package var frame: [UInt8] {
        var output: [UInt8] = []
        tenant.uuid.append(to: &output)
        id.append(to: &output)
        return output + bytes
    }

    /// `nil` for bytes that are none of a batch.
    package init?(frame: [UInt8]) {
        guard frame.count > 32, let tenant = UUIDv7(bytes: frame[0..<16]), let id = UUIDv7(bytes: frame[16..<32]) else { return nil }
        self.init(tenant: TenantID(tenant), id: id, bytes: frame[32...])
    }

    package init?(tenant: TenantID, id: UUIDv7, bytes: ArraySlice<UInt8>) {
        guard bytes.first == Self.version else { return nil }
        let rows = bytes.dropFirst().withUnsafeBytes { bytes -> [AuditRow]? in
            var reader = Reader(bytes: bytes)
            var rows: [AuditRow] = []
            while !reader.isAtEnd {
                guard let row = reader.row() else { return nil }
                rows.append(row)
            }
            return rows
        }
        guard let rows else { return nil }
        self.init(tenant: tenant, id: id, rows: rows)
    }

    private static func append(_ row: AuditRow, to output: inout [UInt8]) {
        row.id.uuid.append(to: &output)
        append(UInt64(bitPattern: row.at.microseconds), to: &output)
        for text in [row.actor, row.action, row.entity, row.decision] { append(Array(text.utf8), to: &output) }
        append(row.purpose.map { Array($0.utf8) }, to: &output)
        append(row.grant?.bytes, to: &output)
        append(row.subjects, to: &output)
        append(row.records.map(\.uuid), to: &output)
        append(row.reason.map { Array($0.utf8) }, to: &output)
        append(row.salt, to: &output)
        append(row.entry, to: &output)
    }

    private static func append(_ part: [UInt8]?, to output: inout [UInt8]) {
        append(part.map { UInt32($0.count) } ?? absent, to: &output)
        if let part { output += part }
    }

    private static func append(_ ids: [UUIDv7], to output: inout [UInt8]) {
        append(UInt32(ids.count * 16), to: &output)
        for id in ids { id.append(to: &output) }
    }

    private static func append(_ number: some FixedWidthInteger, to output: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { output += $0 }
    }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var position = 0

        var isAtEnd: Bool { position == bytes.count }

        mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
            guard count <= bytes.count - position else { return nil }
            defer { position += count }
            return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
        }

        mutating func length() -> UInt32? { take(4).map { UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self)) } }
        mutating func number() -> UInt64? { take(8).map { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) } }

        mutating func id() -> UUIDv7? {
            guard let high = number(), let low = number() else { return nil }
            return UUIDv7(high: high, low: low)
        }

        /// `.some(nil)` for a part that there is none of.
        mutating func part() -> UnsafeRawBufferPointer?? {
            guard let count = length() else { return nil }
            if count == absent { return .some(nil) }
            return take(Int(count)).map { .some($0) }
        }

        mutating func text() -> String? {
            guard case .some(.some(let part)) = part() else { return nil }
            return String(validating: part, as: UTF8.self)
        }

        mutating func ids() -> [UUIDv7]? {
            guard case .some(.some(let part)) = part(), part.count.isMultiple(of: 16) else { return nil }
            var reader = Reader(bytes: part)
            return (0..<part.count / 16).compactMap { _ in reader.id() }
        }

        mutating func row() -> AuditRow? {
            guard let id = id(), let at = number(), let actor = text(), let action = text(), let entity = text(), let decision = text(),
                let purpose = part(), let grant = part(), let subjects = ids(), let records = ids(), let reason = part(), let salt = part(),
                case .some(.some(let entry)) = part()
            else { return nil }
            return AuditRow(
                id: EventID(id), at: Instant(microseconds: Int64(bitPattern: at)), actor: actor, action: action, entity: entity, decision: decision,
                purpose: purpose.map { String(decoding: $0, as: UTF8.self) }, grant: grant.flatMap { UUIDv7(bytes: $0) }, subjects: subjects,
                records: records.map { RecordID($0) }, reason: reason.map { String(decoding: $0, as: UTF8.self) }, salt: salt.map { Array($0) },
                entry: Array(entry)
            )
        }
    }
}
