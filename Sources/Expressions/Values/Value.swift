/// A value of the Common Expression Language.
///
/// Never printed: it may be about a person. Equality here is identity of kind and content; what CEL calls equal (`1 == 1.0`)
/// is ``isEqual(to:)``.
package enum Value: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case list([Value])
    case map(MapValue)
    case timestamp(Timestamp)
    case duration(Nanoseconds)
    case type(String)

    package var description: String { "redacted" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// The name that `type(value)` answers.
    package var typeName: String {
        switch self {
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .list: "list"
        case .map: "map"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .type: "type"
        }
    }
}

/// A point in time, 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z, to the nanosecond.
package struct Timestamp: Sendable, Hashable, Comparable {
    /// Since 1970-01-01T00:00:00Z; negative before.
    package let seconds: Int64
    /// 0 ..< 1,000,000,000, counted forward from `seconds`.
    package let nanoseconds: Int32

    package static let earliest = Timestamp(unchecked: -62_135_596_800, 0)
    package static let latest = Timestamp(unchecked: 253_402_300_799, 999_999_999)

    private init(unchecked seconds: Int64, _ nanoseconds: Int32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// `nil` outside the years 1 to 9999.
    package init?(seconds: Int64, nanoseconds: Int32 = 0) {
        guard (0..<1_000_000_000).contains(nanoseconds), (Self.earliest.seconds...Self.latest.seconds).contains(seconds) else { return nil }
        self.init(unchecked: seconds, nanoseconds)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

/// A length of time; at most what 64 bits of nanoseconds hold, some 292 years.
package struct Nanoseconds: Sendable, Hashable, Comparable {
    package let count: Int64
    package init(_ count: Int64) { self.count = count }
    package static func < (left: Nanoseconds, right: Nanoseconds) -> Bool { left.count < right.count }
}

/// Why an evaluation has no value.
package struct EvaluationError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Error, Sendable, CaseIterable {
        case noSuchKey = "no such key"
        case noSuchOverload = "no such overload"
        case unknownVariable = "undeclared reference"
        case divisionByZero = "divide by zero"
        case modulusByZero = "modulus by zero"
        case outOfRange = "value out of range"
        case indexOutOfRange = "index out of range"
        case badConversion = "type conversion error"
        case badPattern = "invalid regular expression"
        case badKey = "unsupported key type"
        case repeatedKey = "repeated map key"
        case tooMuch = "evaluation took too many steps"
    }

    package let code: Code
    package let place: Place

    package init(_ code: Code, at place: Place) {
        self.code = code
        self.place = place
    }

    package var description: String { "\(place.line):\(place.column): \(code.rawValue)" }
}

/// What names stand for while an expression is evaluated.
package protocol Bindings {
    /// A variable as a whole; `nil` when there is none of this name.
    func value(of variable: String) -> Value?
    /// `variable.member`, without making a map of everything that the variable has; `nil` leaves it to ``value(of:)``.
    func member(_ name: String, of variable: String) -> MemberValue?
}

package enum MemberValue: Sendable {
    case value(Value)
    /// The variable has no such member.
    case missing
}
