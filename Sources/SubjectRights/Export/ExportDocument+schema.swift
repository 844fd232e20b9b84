import Catalog
import DataFormats

/// `export.schema.json`: what stands in `export.json`, as a JSON Schema (2020-12) of this catalog.
extension ExportDocument {
    package static let schemaFileName = "export.schema.json"

    package static func schema(_ plan: ExportPlan, _ sections: [ExportSection]) -> [UInt8] {
        let text: JSONValue = ["type": "string"]
        let optionalText: JSONValue = ["type": ["string", "null"]]
        let names: JSONValue = ["type": "array", "items": ["type": "string"]]
        let party: JSONValue = ["type": ["object", "null"], "required": ["name"], "properties": ["name": text]]
        var properties: JSONObject = [
            "format": ["const": "gatehouse-export/1"], "request": ["type": "string", "format": "uuid"],
            "package": ["type": "string", "format": "uuid"], "made_at": ["type": "string", "format": "date-time"],
            "scope": ["const": .string(plan.scope.rawValue)], "law": text,
            "about": ["type": "array", "items": ["type": "string", "format": "uuid"], "minItems": 1], "controller": party,
            "data_protection_officer": party, "supervisory_authority": party,
            "purposes": list(of: ["name": text, "label": text, "basis": text, "article": text]),
            "recipients": list(of: ["name": text, "label": text, "role": text, "purposes": names, "country": text, "safeguard": optionalText]),
            "storage_locations": names, "sources": names, "automated_decisions": text,
            "rights": list(of: ["right": text, "article": text, "text": text]),
        ]
        for section in sections {
            var columns = JSONObject()
            for column in section.columns { columns[column.name] = ["type": ["string", "integer", "boolean", "null"]] }
            properties[section.name] = list(of: columns, title: section.title, about: section.explanation)
        }
        properties["entities"] = .object(["type": "array", "items": ["oneOf": .array(plan.entities.map { entity($0) })]])
        properties["mentions"] =
            plan.mentions.isEmpty
            ? ["type": "array", "maxItems": 0]
            : .object(["type": "array", "items": ["oneOf": .array(plan.mentions.map { entity($0) })]])
        let schema: JSONObject = [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "An export of personal data", "type": "object",
            "required": .array(properties.members.map { .string($0.name) }), "properties": .object(properties), "additionalProperties": false,
        ]
        return JSONValue.object(schema).encoded() + [0x0A]
    }

    private static func list(of properties: JSONObject, title: String? = nil, about: String? = nil) -> JSONValue {
        var list: JSONObject = [
            "type": "array",
            "items": [
                "type": "object", "required": .array(properties.members.map { .string($0.name) }), "properties": .object(properties),
            ],
        ]
        if let title { list["title"] = .string(title) }
        if let about { list["description"] = .string(about) }
        return .object(list)
    }

    private static func entity(_ plan: ExportPlan.PlannedEntity) -> JSONValue {
        let names: JSONValue = ["type": "array", "items": ["type": "string"], "minItems": 1]
        var record: JSONObject = ["id": ["type": "string", "format": "uuid"]]
        for planned in plan.fields where planned.treatment == .shown || planned.treatment == .ownOnly {
            record[planned.field.name] = value(planned.field)
        }
        record["_held"] = names
        record["_withheld"] = names
        record["_unreadable"] = names
        let records: JSONValue = [
            "type": "array",
            "items": ["type": "object", "required": ["id"], "properties": .object(record), "additionalProperties": false],
        ]
        return [
            "type": "object", "title": .string(plan.entity.label), "required": ["entity", "label", "retention", "fields", "records"],
            "properties": [
                "entity": ["const": .string(plan.entity.name)], "label": ["type": "string"], "retention": ["type": "array"],
                "fields": ["type": "array"], "records": records,
            ],
            "additionalProperties": false,
        ]
    }

    private static func value(_ field: Field) -> JSONValue {
        var value: JSONObject = ["title": .string(field.label)]
        switch field.type {
        case .integer: value["type"] = "integer"
        case .boolean: value["type"] = "boolean"
        case .choice:
            value["type"] = "string"
            value["enum"] = .array(field.choices.map { .string($0) })
        case .reference:
            value["type"] = "string"
            value["format"] = "uuid"
        case .date:
            value["type"] = "string"
            value["format"] = "date"
        case .timestamp:
            value["type"] = "string"
            value["format"] = "date-time"
        case .money:
            value["type"] = "string"
            value["pattern"] = "^-?[0-9]+([.][0-9]+)?$"
        case .text, .longtext, .email, .phone, .url, .currency, .country, .user, .team: value["type"] = "string"
        }
        return .object(value)
    }
}
