import DataFormats
package import SubjectRights
package import Vocabulary

/// What somebody puts on record when a person asks for something.
package struct RequestOpening: Sendable {
    package var kind: RequestKind
    /// By its name; `nil` when only one offers this kind.
    package var regulation: String?
    /// By which way it came: web, mail, phone, letter, in-person, agent.
    package var channel = "web"
    /// When it came; `nil` is now.
    package var receivedAt: Instant?
    /// What the person says of themselves: values by the names of fields of people's records.
    package var person: Personal<[String: String]> = Personal([:])
    /// What the person wrote.
    package var message: Personal<String>?
    /// The person, where it is known; what is asked of it has to be shown all the same, unless ``isLoggedIn``.
    package var subject: SubjectID?
    /// The program that opens it says that the person is logged in to their account with it.
    package var isLoggedIn = false
    /// Purposes that an objection is about; none: all that can be objected to.
    package var purposes: [String] = []
    /// Set when an agent of the Data Rights Protocol asks: what it has verified is then said of the person, and nothing else.
    var agent: AgentDetails?
    /// A word of the caller's; a second opening with the same word is told.
    package var idempotencyKey: String?

    package init(kind: RequestKind) { self.kind = kind }

    package static let channels = ["web", "mail", "phone", "letter", "in-person", "agent"]
}

/// What an agent of the Data Rights Protocol says of its own side of a request.
struct AgentDetails: Sendable {
    /// What the agent calls the request.
    let requestID: String?
    /// Where it wants to hear of it.
    let callback: String?
}

/// What somebody shows to prove who they are.
package enum ShownProof: Sendable {
    /// A program says so of somebody who is logged in with it.
    case login(SubjectID)
    case code(Personal<String>)
    /// Values by the names of fields, and the SHA-256 of a signed declaration, in hexadecimal digits.
    case points(Personal<[String: String]>, declaration: String?)
}

/// What is personal in a request: sealed under the request's own data key.
struct RequestContent: Sendable {
    var person: [String: String] = [:]
    var message: String?
    var declaration: String?
    var agent: AgentDetails?

    var json: JSONValue {
        var object = JSONObject()
        var person = JSONObject()
        for (name, value) in self.person.sorted(by: { $0.key < $1.key }) { person[name] = .string(value) }
        object["person"] = .object(person)
        if let message { object["message"] = .string(message) }
        if let declaration { object["declaration"] = .string(declaration) }
        if let id = agent?.requestID { object["agent_request_id"] = .string(id) }
        if let callback = agent?.callback { object["status_callback"] = .string(callback) }
        return .object(object)
    }

    init(person: [String: String] = [:], message: String? = nil, agent: AgentDetails? = nil) {
        self.person = person
        self.message = message
        self.agent = agent
    }

    init?(_ bytes: [UInt8]) {
        guard let object = (try? JSONReader.read(bytes))?.objectValue else { return nil }
        for member in object["person"]?.objectValue?.members ?? [] { person[member.name] = member.value.stringValue }
        message = object["message"]?.stringValue
        declaration = object["declaration"]?.stringValue
        let (id, callback) = (object["agent_request_id"]?.stringValue, object["status_callback"]?.stringValue)
        if id != nil || callback != nil { agent = AgentDetails(requestID: id, callback: callback) }
    }
}
