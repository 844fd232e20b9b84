import DataFormats
import Expressions
import Foundation

/// Values of expressions as JSON that keeps their types: an object with one member, named after the type.
///
/// Numbers are strings, because JSON's do not tell an int from a double and many readers round them. Doubles may be `NaN`,
/// `Infinity` and `-Infinity`; bytes are base64 (RFC 4648 section 4); a map is a list of pairs, because its keys are values.
enum TypedValueCoding {
    /// Of the JSON: a list within a list takes two levels, a map three.
    static let greatestDepth = 256

    enum Problem: Error, CustomStringConvertible {
        case noExpression, noBindings
        case noTypedValue
        case wrongContent(type: String)
        case wrongKey

        var description: String {
            switch self {
            case .noExpression: "the line is no object with a string \"expr\""
            case .noBindings: "\"bindings\" is no object"
            case .noTypedValue: "a value is no object with one member named after its type"
            case .wrongContent(let type): "a value of type \(type) has the wrong content"
            case .wrongKey: "a map has a key twice, or one that no map may have"
            }
        }
    }

    static func variables(_ json: JSONValue) throws(Problem) -> [String: Value] {
        if case .null = json { return [:] }
        guard let object = json.objectValue else { throw .noBindings }
        var variables: [String: Value] = [:]
        for member in object.members { variables[member.name] = try value(member.value) }
        return variables
    }

    static func value(_ json: JSONValue) throws(Problem) -> Value {
        guard let object = json.objectValue, object.count == 1, let member = object.members.first else { throw .noTypedValue }
        switch (member.name, member.value) {
        case ("list", .array(let elements)): return .list(try values(elements))
        case ("map", .array(let entries)): return .map(try map(entries))
        case ("null", .null): return .null
        case ("bool", .bool(let bool)): return .bool(bool)
        default:
            guard let type = ScalarType(rawValue: member.name) else {
                guard ["list", "map", "null", "bool"].contains(member.name) else { throw .noTypedValue }
                throw .wrongContent(type: member.name)
            }
            guard let text = text(member.value), let value = type.value(text) else { throw .wrongContent(type: member.name) }
            return value
        }
    }

    static func json(_ value: Value) -> JSONValue {
        switch value {
        case .null: ["null": nil]
        case .bool(let bool): ["bool": .bool(bool)]
        case .int(let number): ["int": .string(String(number))]
        case .uint(let number): ["uint": .string(String(number))]
        case .double(let number): ["double": .string(text(number))]
        case .string(let text): ["string": .string(text)]
        case .bytes(let bytes): ["bytes": .string(Data(bytes).base64EncodedString())]
        case .list(let elements): ["list": .array(elements.map(json))]
        case .map(let map): ["map": .array(map.entries.map { .array([json($0.key), json($0.value)]) })]
        case .timestamp(let time): ["timestamp": .string(time.text)]
        case .duration(let length): ["duration": .string(length.text)]
        case .type(let name): ["type": .string(name)]
        }
    }

    private enum ScalarType: String {
        case int, uint, double, string, bytes, timestamp, duration, type

        func value(_ text: String) -> Value? {
            switch self {
            case .int: Int64(text).map { .int($0) }
            case .uint: UInt64(text).map { .uint($0) }
            case .double: Double(text).map { .double($0) }
            case .string: .string(text)
            case .bytes: Data(base64Encoded: text).map { .bytes(Array($0)) }
            case .timestamp: Timestamp(text).map { .timestamp($0) }
            case .duration: Nanoseconds(text).map { .duration($0) }
            case .type: .type(text)
            }
        }
    }

    private static func text(_ json: JSONValue) -> String? {
        switch json {
        case .string(let text): text
        case .number(let number): number.text
        case .null, .bool, .array, .object: nil
        }
    }

    private static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return String(number)
    }

    private static func values(_ json: [JSONValue]) throws(Problem) -> [Value] {
        var values: [Value] = []
        for element in json { values.append(try value(element)) }
        return values
    }

    private static func map(_ json: [JSONValue]) throws(Problem) -> MapValue {
        var entries: [(key: Value, value: Value)] = []
        for entry in json {
            guard let pair = entry.arrayValue, pair.count == 2 else { throw .wrongContent(type: "map") }
            entries.append((try value(pair[0]), try value(pair[1])))
        }
        do throws(EvaluationError.Code) { return try MapValue(entries) } catch { throw .wrongKey }
    }
}
