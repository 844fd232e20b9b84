import Policies
import Testing

/// What policies can be about and can allow, where it is told.
struct PolicyWordsTests {
    @Test(arguments: SystemResource.allCases) func `every resource that is no entity is named for who writes policies`(resource: SystemResource)
        throws
    {
        #expect(try Repository.text("policies/README.md").contains("`\(resource.rawValue)`"))
        for schema in ["policies/access.schema.json", "policies/cases.schema.json"] {
            #expect(try words(of: schema).contains(resource.rawValue), "\(schema)")
        }
    }

    /// The words between commas of the sentence that lists resources.
    private func words(of schema: String) throws -> Set<String> {
        let text = try Repository.text(schema)
        let list = try #require(text.firstMatch(of: /one of (audit, [a-z, -]*)\./))
        return Set(list.1.split(separator: ", ").map(String.init))
    }

    @Test(arguments: Action.allCases) func `every action is named for who writes policies`(action: Action) throws {
        #expect(try Repository.text("policies/README.md").contains(action.rawValue))
    }
}
