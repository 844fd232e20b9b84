import DataFormats
import Sealing
import TestPostgres
import Vocabulary

/// An agent of the Data Rights Protocol with a key of its own.
final class TestAgent: Sendable {
    let id: String
    let business: String
    private let seed: [UInt8]

    init(business: String = "EXAMPLE") {
        id = "AGENT_" + UUIDv7.make().description.filter { $0 != "-" }.uppercased()
        self.business = business
        seed = randomBytes(count: 32)
    }

    private func withKey<Value>(_ body: (borrowing SigningKey) -> Value) -> Value {
        guard let key = SigningKey(seed: SecretBytes(copying: seed)) else { preconditionFailure("a seed has 32 bytes") }
        return body(key)
    }

    /// Its line in the directory.
    var entry: JSONValue {
        let key = withKey { Base64.encode($0.verifyingKey.bytes) }
        return ["id": .string(id), "name": "An agent of tests", "verify_key": .string(key)]
    }

    /// A signed message: the envelope, and what else is said.
    func message(
        _ members: JSONObject = [:], from sender: String? = nil, to receiver: String? = nil, issued: Duration = .seconds(-60),
        lasting: Duration = .seconds(600)
    ) -> [UInt8] {
        let now = Instant.now()
        var whole: JSONObject = [
            "agent-id": .string(sender ?? id), "business-id": .string(receiver ?? business),
            "issued-at": .string(now.advanced(by: issued).description), "expires-at": .string(now.advanced(by: issued + lasting).description),
            "drp.version": "1.0",
        ]
        for member in members.members { whole[member.name] = member.value }
        return signed(whole)
    }

    func signed(_ members: JSONObject) -> [UInt8] {
        let json = JSONValue.object(members).encoded()
        return Array(Base64.encode(withKey { $0.sign(json) } + json).utf8)
    }

    /// Sets up a token at a site where the agent is admitted.
    func caller(_ site: Site) async throws -> Caller {
        let nobody = Caller(url: try site.url)
        let answer = try await nobody.send("POST", "/drp/v1/agent/\(id)", ["Content-Type": "text/plain"], body: message())
        guard let token = answer["token"]?.stringValue else { throw TestFailure("no token: \(answer.status) \(answer.text)") }
        return Caller(url: try site.url, token: token, id: id)
    }

    func admit(_ site: Site) async throws {
        let answer = try await site.administrator.post("/v1/rights-agents", ["business": .string(business), "agents": .array([entry])])
        guard answer.status == 204 else { throw TestFailure("not admitted: \(answer.text)") }
    }
}
