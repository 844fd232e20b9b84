import AuditFeeds
import DataFormats
import Policies
import Testing

/// Every pair of action and resource, every outcome, and what OCSF 1.5.0 requires of the class it becomes.
struct OCSFMappingTests {
    static let resources = SystemResource.allCases.map(\.rawValue) + ["log", "policy", "contact"]
    static let actions = Action.allCases.map(\.rawValue) + ["begin"]
    static let outcomes = [("allow", "disclosed"), ("allow", "changed"), ("allow", "failed"), ("deny", "refused"), ("allow", "refused")]

    /// Paths that have to be there, with at least one of those between bars.
    static let ofAll = [
        "class_uid", "category_uid", "activity_id", "activity_name", "type_uid", "severity_id", "time", "status_id", "metadata.version",
        "metadata.product.name", "metadata.product.vendor_name", "metadata.uid", "metadata.correlation_uid", "actor.user.uid",
        "src_endpoint.ip|src_endpoint.uid|src_endpoint.name", "unmapped",
    ]
    static let ofClass: [Int64: [String]] = [
        3001: ["user.uid|user.name"],
        3004: ["entity.uid|entity.name", "entity.type"],
        3005: ["user.uid|user.name", "privileges.0"],
        6003: ["api.operation", "api.request.uid", "resources.0.uid|resources.0.name"],
        6005: ["database.name", "database.type_id", "table.name"],
    ]

    @Test(arguments: resources, actions)
    func `an entry has what its class requires, whatever was done and however it ended`(_ resource: String, _ action: String) throws {
        for (decision, outcome) in Self.outcomes {
            for target in [nil, "key-2"] as [JSONValue?] {
                for count in [nil, 3] as [JSONValue?] {
                    let entry = SampleEntry().with("action", .string(action)).with("entity", .string(resource)).with("target", target)
                        .with("count", count).with("decision", .string(decision)).with("outcome", .string(outcome))
                    let event = try OCSFEvent(entry.event())
                    let json = try JSONReader.read(event.json)
                    let eventClass = try #require(find("class_uid", in: json)?.integerValue)
                    for path in Self.ofAll + (try #require(Self.ofClass[eventClass])) {
                        #expect(path.split(separator: "|").contains { find(String($0), in: json) != nil }, "\(path) of \(action) \(resource)")
                    }
                    let activity = try #require(find("activity_id", in: json)?.integerValue)
                    #expect(find("type_uid", in: json)?.integerValue == eventClass * 100 + activity)
                    #expect(find("category_uid", in: json)?.integerValue == eventClass / 1000)
                    let isWell = decision == "allow" && (outcome == "disclosed" || outcome == "changed")
                    #expect(find("status_id", in: json)?.integerValue == (isWell ? 1 : 2))
                    #expect((event.severity.rawValue >= 3) == !isWell)
                }
            }
        }
    }

    @Test(arguments: [
        ("read", "contact", 600501), ("create", "contact", 600506), ("update", "contact", 600502), ("delete", "contact", 600507),
        ("import", "contact", 600505), ("read", "audit", 600302), ("read", "credential", 600302), ("create", "credential", 300101),
        ("delete", "credential", 300105), ("update", "credential", 300501), ("create", "grant", 300501), ("update", "grant", 300599),
        ("delete", "grant", 300502), ("read", "subject", 300402), ("update", "subject", 300403), ("delete", "subject", 300404),
        ("read", "key", 600302), ("update", "key", 600303), ("begin", "log", 600301), ("update", "policy", 600303), ("begin", "contact", 600399),
    ])
    func `each pair has its declared type`(_ action: String, _ entity: String, _ type: Int) throws {
        let entry = SampleEntry().with("action", .string(action)).with("entity", .string(entity)).with("outcome", "changed")
        #expect(try OCSFEvent(entry.event()).activity.typeID == type)
    }

    @Test
    func `a reading of several is a list`() throws {
        #expect(try OCSFEvent(SampleEntry().with("count", 0).event()).activity.typeID == 600508)
    }

    @Test
    func `the plan of a destruction is a reading, the destruction itself stands out`() throws {
        let destruction = SampleEntry().with("action", "delete").with("entity", "subject")
        let plan = try OCSFEvent(destruction.with("outcome", "disclosed").event())
        #expect(plan.activity.typeID == 300402)
        #expect(plan.severity == .informational)
        let done = try OCSFEvent(destruction.with("outcome", "changed").event())
        #expect(done.activity.typeID == 300404)
        #expect(done.severity == .low)
        #expect(find("entity.uid", in: try JSONReader.read(done.json)) == "a1b2c3")
    }

    @Test
    func `only a further log is an alarm`() throws {
        let begin = SampleEntry().with("action", "begin").with("entity", "log").with("outcome", "changed")
        #expect(try OCSFEvent(begin.event(epoch: 1)).severity == .informational)
        #expect(try OCSFEvent(begin.event(epoch: 2)).severity == .high)
    }
}
