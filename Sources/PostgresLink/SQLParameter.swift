package import Vocabulary

/// One value sent beside a statement, in PostgreSQL's binary form where that is simple, else as text.
package struct SQLParameter: Sendable {
    /// The type's object id in every PostgreSQL (catalog `pg_type`).
    let type: UInt32
    let isBinary: Bool
    /// `nil` is NULL.
    let bytes: [UInt8]?

    private init(_ type: UInt32, isBinary: Bool = true, _ bytes: [UInt8]?) {
        self.type = type
        self.isBinary = isBinary
        self.bytes = bytes
    }

    enum TypeID {
        static let bool: UInt32 = 16, bytea: UInt32 = 17, int8: UInt32 = 20, int4: UInt32 = 23, text: UInt32 = 25, float8: UInt32 = 701
        static let date: UInt32 = 1082, timestamptz: UInt32 = 1184, numeric: UInt32 = 1700, uuid: UInt32 = 2950
        static let textArray: UInt32 = 1009, byteaArray: UInt32 = 1001, uuidArray: UInt32 = 2951, int8Array: UInt32 = 1016
        static let int4Array: UInt32 = 1007, timestamptzArray: UInt32 = 1185, boolArray: UInt32 = 1000, float8Array: UInt32 = 1022
        static let dateArray: UInt32 = 1182
    }

    package static func bool(_ value: Bool?) -> SQLParameter { SQLParameter(TypeID.bool, value.map { [$0 ? 1 : 0] }) }
    package static func bytes(_ value: [UInt8]?) -> SQLParameter { SQLParameter(TypeID.bytea, value) }
    package static func text(_ value: String?) -> SQLParameter { SQLParameter(TypeID.text, value.map { Array($0.utf8) }) }
    package static func int8(_ value: Int64?) -> SQLParameter { SQLParameter(TypeID.int8, value.map(bigEndian)) }
    package static func int4(_ value: Int32?) -> SQLParameter { SQLParameter(TypeID.int4, value.map(bigEndian)) }
    package static func double(_ value: Double?) -> SQLParameter {
        SQLParameter(TypeID.float8, value.map { bigEndian($0.bitPattern) })
    }
    package static func uuid(_ value: UUIDv7?) -> SQLParameter { SQLParameter(TypeID.uuid, value.map(\.bytes)) }
    /// Decimal digits as PostgreSQL reads them; a text that is no number is refused by the server.
    package static func numeric(_ value: String?) -> SQLParameter {
        SQLParameter(TypeID.numeric, isBinary: false, value.map { Array($0.utf8) })
    }
    package static func date(_ value: CalendarDate?) -> SQLParameter {
        SQLParameter(TypeID.date, value.map { bigEndian($0.daysSince1970 - Epoch.days) })
    }
    package static func timestamp(_ value: Instant?) -> SQLParameter {
        SQLParameter(TypeID.timestamptz, value.map { bigEndian($0.microseconds - Epoch.microseconds) })
    }

    package static func texts(_ values: [String?]) -> SQLParameter {
        array(TypeID.textArray, of: TypeID.text, values, count: \.utf8.count) { $1 += $0.utf8 }
    }
    package static func byteStrings(_ values: [[UInt8]?]) -> SQLParameter {
        array(TypeID.byteaArray, of: TypeID.bytea, values, count: \.count) { $1 += $0 }
    }
    package static func uuids(_ values: [UUIDv7?]) -> SQLParameter {
        array(TypeID.uuidArray, of: TypeID.uuid, values, count: { _ in 16 }) { $0.append(to: &$1) }
    }
    package static func int8s(_ values: [Int64?]) -> SQLParameter { numbers(TypeID.int8Array, of: TypeID.int8, values) { $0 } }
    package static func int4s(_ values: [Int32?]) -> SQLParameter { numbers(TypeID.int4Array, of: TypeID.int4, values) { $0 } }
    package static func timestamps(_ values: [Instant?]) -> SQLParameter {
        numbers(TypeID.timestamptzArray, of: TypeID.timestamptz, values) { $0.microseconds - Epoch.microseconds }
    }
    package static func bools(_ values: [Bool?]) -> SQLParameter { numbers(TypeID.boolArray, of: TypeID.bool, values) { $0 ? 1 : 0 as UInt8 } }
    package static func doubles(_ values: [Double?]) -> SQLParameter { numbers(TypeID.float8Array, of: TypeID.float8, values, \.bitPattern) }
    package static func dates(_ values: [CalendarDate?]) -> SQLParameter {
        numbers(TypeID.dateArray, of: TypeID.date, values) { $0.daysSince1970 - Epoch.days }
    }

    private static func numbers<Value, Number: FixedWidthInteger>(
        _ type: UInt32, of element: UInt32, _ values: [Value?], _ number: (Value) -> Number
    ) -> SQLParameter {
        array(type, of: element, values, count: { _ in Number.bitWidth / 8 }) { append(number($0), to: &$1) }
    }

    /// One-dimensional array in the form of `array_recv`: dimensions, null flag, element type, length, lower bound, elements.
    private static func array<Value>(
        _ type: UInt32, of element: UInt32, _ values: [Value?], count: (Value) -> Int, _ write: (Value, inout [UInt8]) -> Void
    ) -> SQLParameter {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + values.reduce(0) { $0 + 4 + ($1.map(count) ?? 0) })
        append(Int32(values.isEmpty ? 0 : 1), to: &bytes)
        append(Int32(values.contains { $0 == nil } ? 1 : 0), to: &bytes)
        append(element, to: &bytes)
        if !values.isEmpty {
            append(Int32(values.count), to: &bytes)
            append(Int32(1), to: &bytes)
        }
        for value in values {
            append(Int32(value.map(count) ?? -1), to: &bytes)
            if let value { write(value, &bytes) }
        }
        return SQLParameter(type, bytes)
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private static func bigEndian<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}

/// PostgreSQL counts from 2000-01-01.
enum Epoch {
    static let days: Int32 = 10_957
    static let microseconds: Int64 = 946_684_800_000_000
}
