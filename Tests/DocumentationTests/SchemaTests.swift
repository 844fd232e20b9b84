import Catalog
import DataFormats
import Policies
import Testing
import Vocabulary

/// The JSON Schemas beside the policies against the words that the compilers take.
struct SchemaTests {
    private func schema(_ name: String) throws -> JSONValue {
        try JSONReader.read(Array(Repository.text("policies/" + name).utf8))
    }

    private func at(_ value: JSONValue, _ path: String...) throws -> JSONValue {
        try path.reduce(value) { value, name in try #require(value.objectValue?[name], "no \(name)") }
    }

    private func words(_ value: JSONValue) throws -> Set<String> {
        Set(try #require(value.objectValue?["enum"]?.arrayValue).compactMap(\.stringValue))
    }

    @Test func `the catalog's schema knows every word of the catalog`() throws {
        let field = try at(schema("catalog.schema.json"), "$defs", "field", "properties")
        #expect(try words(at(field, "type")) == Set(FieldType.allCases.map(\.rawValue)))
        #expect(try words(at(field, "class")) == Set(FieldClass.allCases.map(\.rawValue)))
        #expect(try words(at(field, "store")) == Set(FieldStorage.allCases.map(\.rawValue)))
        #expect(try words(at(field, "mask")) == Set(Mask.allCases.map(\.rawValue)))
        #expect(try words(at(field, "search", "items")) == Set(SearchKind.allCases.map(\.rawValue)))
        let retention = try at(schema("catalog.schema.json"), "$defs", "retention", "properties")
        #expect(try words(at(retention, "do")) == Set(RetentionRule.Action.allCases.map(\.rawValue)))
    }

    @Test func `the policies' schema knows every word of the policies`() throws {
        let schema = try schema("access.schema.json")
        #expect(try words(at(schema, "$defs", "action")) == Set(Action.allCases.map(\.rawValue)))
        #expect(try words(at(schema, "$defs", "mask")) == Set(Mask.allCases.map(\.rawValue)))
        let ceiling = try words(at(schema, "$defs", "ceiling"))
        #expect(ceiling == Set(FieldClass.allCases.filter { !$0.isNamedOnly }.map(\.rawValue)))
    }

    /// The members of an object in a schema.
    private func members(_ value: JSONValue) throws -> Set<String> { Set(try at(value, "properties").objectValue?.members.map(\.name) ?? []) }

    @Test func `the policies' schema knows every member of a rule`() throws {
        let schema = try schema("access.schema.json")
        #expect(try members(schema) == Set(PolicyWords.policy))
        #expect(try members(at(schema, "$defs", "rule")) == Set(PolicyWords.rule))
        let required = try words(at(schema, "$defs", "rule", "properties", "require", "items"))
        #expect(required == [Obligation.stepUp.rawValue, Obligation.secondPerson.rawValue])
    }

    @Test func `the schema of cases knows every word of cases`() throws {
        let schema = try schema("cases.schema.json")
        let one = try at(schema, "$defs", "case")
        #expect(try members(schema) == Set(PolicyWords.caseFile))
        #expect(try members(one) == Set(PolicyWords.policyCase))
        #expect(try members(at(one, "properties", "as")) == Set(PolicyWords.caller))
        #expect(try members(at(one, "properties", "expect")) == Set(PolicyWords.expectation))
        #expect(try members(at(schema, "$defs", "person")) == Set(PolicyWords.person))
        #expect(try words(at(schema, "$defs", "action")) == Set(Action.allCases.map(\.rawValue)))
        #expect(try words(at(schema, "$defs", "mask")) == Set(Mask.allCases.map(\.rawValue)))
        let expected = try at(one, "properties", "expect", "properties")
        #expect(try words(at(expected, "decision")) == Set(Verdict.Outcome.allCases.map(\.rawValue)))
        #expect(try words(at(expected, "needs")) == Set(Obligation.allCases.map(\.rawValue)))
    }

    @Test func `the schemas of purposes and roles know their words`() throws {
        let purpose = try at(schema("purposes.schema.json"), "properties", "purposes", "additionalProperties", "properties")
        #expect(try words(at(purpose, "basis")) == Set(LawfulBasis.allCases.map(\.rawValue)))
        let attribute = try at(schema("roles.schema.json"), "properties", "attributes", "additionalProperties", "properties")
        #expect(try words(at(attribute, "type")) == Set(AttributeKind.allCases.map(\.rawValue)))
    }
}
