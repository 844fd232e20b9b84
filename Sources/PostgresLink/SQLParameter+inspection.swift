import Vocabulary

/// What a parameter holds, for whoever asked to see a statement. It may be about a person: nothing for a log.
package indirect enum InspectedValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    /// Texts and everything that is written as one: ids, days, times, amounts.
    case text(String)
    case list([InspectedValue])
}

extension SQLParameter {
    /// As `format_type` of PostgreSQL prints it.
    package var typeName: String {
        switch type {
        case TypeID.bool: "boolean"
        case TypeID.bytea: "bytea"
        case TypeID.int8: "bigint"
        case TypeID.int4: "integer"
        case TypeID.text: "text"
        case TypeID.float8: "double precision"
        case TypeID.date: "date"
        case TypeID.timestamptz: "timestamp with time zone"
        case TypeID.numeric: "numeric"
        case TypeID.uuid: "uuid"
        case TypeID.textArray: "text[]"
        case TypeID.byteaArray: "bytea[]"
        case TypeID.uuidArray: "uuid[]"
        case TypeID.int8Array: "bigint[]"
        case TypeID.int4Array: "integer[]"
        case TypeID.timestamptzArray: "timestamp with time zone[]"
        case TypeID.boolArray: "boolean[]"
        case TypeID.float8Array: "double precision[]"
        case TypeID.dateArray: "date[]"
        default: "unknown"
        }
    }

    package var inspected: InspectedValue {
        guard let bytes else { return .null }
        guard typeName.hasSuffix("[]") else { return Self.inspected(type, bytes[...]) }
        // The form that `array` writes: six words of four bytes, then each element behind its length.
        let element = UInt32(truncatingIfNeeded: Self.integer(bytes[8..<12]))
        var elements: [InspectedValue] = []
        var rest = bytes.dropFirst(20)
        while rest.count >= 4 {
            let length = Int(Int32(truncatingIfNeeded: Self.integer(rest.prefix(4))))
            rest = rest.dropFirst(4)
            elements.append(length < 0 ? .null : Self.inspected(element, rest.prefix(length)))
            rest = rest.dropFirst(max(length, 0))
        }
        return .list(elements)
    }

    private static func inspected(_ type: UInt32, _ bytes: ArraySlice<UInt8>) -> InspectedValue {
        switch type {
        case TypeID.bool: .bool(bytes.first == 1)
        case TypeID.int8: .integer(integer(bytes))
        case TypeID.int4: .integer(Int64(Int32(truncatingIfNeeded: integer(bytes))))
        case TypeID.float8: .double(Double(bitPattern: UInt64(bitPattern: integer(bytes))))
        case TypeID.date: .text(CalendarDate(daysSince1970: Int32(truncatingIfNeeded: integer(bytes)) + Epoch.days).description)
        case TypeID.timestamptz: .text(Instant(microseconds: integer(bytes) + Epoch.microseconds).description)
        case TypeID.uuid: UUIDv7(bytes: bytes).map { .text($0.description) } ?? .null
        case TypeID.bytea: .text("\\x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        default: .text(String(decoding: bytes, as: UTF8.self))
        }
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> Int64 {
        bytes.reduce(0) { $0 << 8 | Int64($1) }
    }
}
