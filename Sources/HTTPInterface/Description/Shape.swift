import DataFormats

/// A JSON Schema (2020-12), written down briefly.
struct Shape: Sendable {
    private(set) var json: JSONObject

    init(_ json: JSONObject) { self.json = json }

    // MARK: Values

    /// A text of some characters.
    static func text(_ length: ClosedRange<Int>? = nil) -> Shape {
        var json: JSONObject = ["type": "string"]
        if let length {
            json["minLength"] = .number(JSONNumber(length.lowerBound))
            json["maxLength"] = .number(JSONNumber(length.upperBound))
        }
        return Shape(json)
    }

    static func text(format: String) -> Shape { Shape(["type": "string", "format": .string(format)]) }
    static func text(pattern: String) -> Shape { Shape(["type": "string", "pattern": .string(pattern)]) }
    static let text = text()
    /// An id as the gateway makes them: a UUID of version 7.
    static let id = Shape([
        "type": "string", "format": "uuid", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
    ])
    static let time = text(format: "date-time")
    static let day = text(format: "date")
    static let truth = Shape(["type": "boolean"])
    static let anything = Shape([:])

    static func whole(_ range: ClosedRange<Int>? = nil) -> Shape {
        var json: JSONObject = ["type": "integer"]
        if let range {
            json["minimum"] = .number(JSONNumber(range.lowerBound))
            json["maximum"] = .number(JSONNumber(range.upperBound))
        }
        return Shape(json)
    }

    /// A number of something: 0 or more.
    static let count = Shape(["type": "integer", "minimum": 0])

    static func choice(_ words: [String]) -> Shape {
        Shape(["type": "string", "enum": .array(words.map { .string($0) })])
    }

    static func choice<Word: RawRepresentable & CaseIterable>(of _: Word.Type) -> Shape where Word.RawValue == String {
        choice(Word.allCases.map(\.rawValue))
    }

    static func list(_ items: Shape, _ length: ClosedRange<Int>? = nil) -> Shape {
        var json: JSONObject = ["type": "array", "items": .object(items.json)]
        if let length {
            if length.lowerBound > 0 { json["minItems"] = .number(JSONNumber(length.lowerBound)) }
            json["maxItems"] = .number(JSONNumber(length.upperBound))
        }
        return Shape(json)
    }

    // MARK: Objects

    /// An object in an answer. A name with `?` behind it need not be there; more members may come with later versions.
    static func object(_ members: KeyValuePairs<String, Shape>) -> Shape { object(Array(members), isClosed: false) }

    /// An object in a request, which has no member but these. A name with `?` behind it may be left out.
    static func input(_ members: KeyValuePairs<String, Shape>) -> Shape { object(Array(members), isClosed: true) }

    static func object(_ members: [(key: String, value: Shape)], isClosed: Bool) -> Shape {
        var properties = JSONObject()
        var required: [JSONValue] = []
        for (name, shape) in members {
            let isOptional = name.hasSuffix("?")
            let name = isOptional ? String(name.dropLast()) : name
            properties[name] = .object(shape.json)
            if !isOptional { required.append(.string(name)) }
        }
        var json: JSONObject = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { json["required"] = .array(required) }
        if isClosed { json["additionalProperties"] = false }
        return Shape(json)
    }

    /// An object whose names are not known beforehand.
    static func map(_ values: Shape) -> Shape { Shape(["type": "object", "additionalProperties": .object(values.json)]) }

    /// A page of a list: `data`, and `next`, the cursor of the page behind it.
    static func page(_ items: Shape) -> Shape { object(["data": list(items), "next": text.orNull]) }

    /// One of several, told apart by their members.
    static func either(_ shapes: Shape...) -> Shape { Shape(["anyOf": .array(shapes.map { .object($0.json) })]) }

    /// A shape of `components/schemas`.
    static func named(_ name: String) -> Shape { Shape(["$ref": .string("#/components/schemas/\(name)")]) }

    // MARK: Notes

    var orNull: Shape {
        guard case .string(let type)? = json["type"] else { return Shape(["anyOf": [.object(json), ["type": "null"]]]) }
        var json = json
        json["type"] = [.string(type), "null"]
        if case .array(let words)? = json["enum"] { json["enum"] = .array(words + [.null]) }
        return Shape(json)
    }

    /// A text that is sent in a query: no byte of it may be zero.
    var withoutZeroBytes: Shape {
        guard json["type"] == "string", json["pattern"] == nil, json["enum"] == nil, json["format"] == nil else { return self }
        return with("pattern", #"^[^\u0000]*$"#)
    }

    func says(_ text: String) -> Shape { with("description", .string(text)) }
    func example(_ value: JSONValue) -> Shape { with("examples", [value]) }

    func with(_ name: String, _ value: JSONValue) -> Shape {
        var json = json
        json[name] = value
        return Shape(json)
    }
}
