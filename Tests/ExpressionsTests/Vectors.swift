import DataFormats
import Expressions
import Foundation
import Testing

/// An expression with what it comes to.
struct Vector: CustomTestStringConvertible, Sendable {
    let name: String
    let expression: String
    let bindings: MapBindings
    /// `nil` for an error.
    let expected: Value?

    var testDescription: String { name }

    /// The lines of a file in `Vectors`.
    static func file(_ name: String) throws -> [Vector] {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Vectors/\(name).jsonl")
        return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { try Vector(Array($0.utf8), file: name) }
    }

    private init(_ line: [UInt8], file: String) throws {
        guard let object = try JSONReader.read(line).objectValue, let name = object["name"]?.stringValue,
            let expression = object["expr"]?.stringValue
        else { throw Malformed() }
        self.name = "\(file)/\(name)"
        self.expression = expression
        var variables: [String: Value] = [:]
        for member in object["bindings"]?.objectValue?.members ?? [] { variables[member.name] = try Value(typed: member.value) }
        bindings = MapBindings(variables: variables)
        expected = try object["value"].map { try Value(typed: $0) }
    }

    struct Malformed: Error {}
}

/// Variables that are there as a whole.
struct MapBindings: Bindings {
    var variables: [String: Value] = [:]

    func value(of variable: String) -> Value? { variables[variable] }
    func member(_ name: String, of variable: String) -> MemberValue? { nil }
}

extension Value {
    /// Reads a typed value: an object with one member, named after the type.
    init(typed json: JSONValue) throws {
        guard let object = json.objectValue, object.count == 1, let member = object.members.first else { throw Vector.Malformed() }
        let text = member.value.stringValue
        let value: Value? =
            switch (member.name, member.value) {
            case ("null", .null): .null
            case ("bool", .bool(let bool)): .bool(bool)
            case ("int", _): text.flatMap(Int64.init).map(Value.int)
            case ("uint", _): text.flatMap(UInt64.init).map(Value.uint)
            case ("double", _): text.flatMap(Double.init).map(Value.double)
            case ("string", _): text.map(Value.string)
            case ("bytes", _): text.flatMap { Data(base64Encoded: $0) }.map { .bytes(Array($0)) }
            case ("list", .array(let elements)): .list(try elements.map { try Value(typed: $0) })
            case ("map", .array(let entries)): .map(try MapValue(entries.map(Self.entry)))
            case ("timestamp", _): text.flatMap { Timestamp($0) }.map(Value.timestamp)
            case ("duration", _): text.flatMap { Nanoseconds($0) }.map(Value.duration)
            case ("type", _): text.map(Value.type)
            default: nil
            }
        guard let value else { throw Vector.Malformed() }
        self = value
    }

    private static func entry(_ json: JSONValue) throws -> (key: Value, value: Value) {
        guard let pair = json.arrayValue, pair.count == 2 else { throw Vector.Malformed() }
        return (try Value(typed: pair[0]), try Value(typed: pair[1]))
    }
}
