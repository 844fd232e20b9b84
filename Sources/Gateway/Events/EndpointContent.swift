import DataFormats
import KeyRing
import Sealing
import Storage
import SubjectRights
package import Vocabulary

/// What an endpoint is that nobody can read in the store: where it is, what it filters by, and what its messages are signed with.
struct EndpointContent: Sendable {
    var url: String
    var description: String?
    var filter: String?
    var secret: String
    /// Signs beside the new one until then.
    var previous: (secret: String, until: Instant)?

    /// 32 random bytes.
    static func makeSecret() -> String { "whsec_" + Base64.encode(randomBytes(count: 32)) }

    func secrets(at now: Instant) -> WebhookSecrets? {
        let old = previous.flatMap { $0.until > now ? $0.secret : nil }
        return WebhookSecrets([secret, old].compactMap { $0 }.joined(separator: "\n"))
    }

    func sealed(_ seal: NoticeSeal, of endpoint: UUIDv7) -> [UInt8] {
        var object: JSONObject = ["url": .string(url), "secret": .string(secret)]
        if let description { object["description"] = .string(description) }
        if let filter { object["filter"] = .string(filter) }
        if let previous { object["previous"] = ["secret": .string(previous.secret), "until": .string(previous.until.description)] }
        return seal.seal(JSONValue.object(object).encoded(), of: endpoint)
    }

    init(url: String, description: String?, filter: String?) {
        self.url = url
        self.description = description
        self.filter = filter
        secret = Self.makeSecret()
    }

    init?(_ sealed: [UInt8], _ seal: NoticeSeal, of endpoint: UUIDv7) {
        guard let bytes = seal.open(sealed, of: endpoint), let object = (try? JSONReader.read(bytes))?.objectValue,
            let url = object["url"]?.stringValue, let secret = object["secret"]?.stringValue
        else { return nil }
        self.url = url
        self.secret = secret
        description = object["description"]?.stringValue
        filter = object["filter"]?.stringValue
        if let previous = object["previous"]?.objectValue, let old = previous["secret"]?.stringValue,
            let until = previous["until"]?.stringValue.flatMap({ Instant($0) })
        {
            self.previous = (old, until)
        }
    }
}

/// What is asked for when an endpoint is made, or changed: what is `nil` stays as it is.
package struct EndpointOrder: Sendable {
    package var url: String?
    package var types: [String]?
    /// An empty text takes the filter away.
    package var filter: String?
    package var description: String?
    package var isEnabled: Bool?
    /// The key that the endpoint belongs to, for the operator on the host; everybody else's are their own.
    package var owner: String?

    package init() {}
}

/// An endpoint as its owner is shown it; never with a secret.
package struct Endpoint: Sendable {
    package let id: UUIDv7
    package let owner: String
    package let url: String
    package let types: [String]
    package let filter: String?
    package let description: String?
    package let purpose: String?
    package let createdAt: Instant
    package let disabledAt: Instant?
    package let disabledBecause: String?
    package let oldSecretUntil: Instant?

    init(_ row: EndpointRow, _ content: EndpointContent) {
        id = row.id
        owner = row.owner
        url = content.url
        types = row.types
        filter = content.filter
        description = content.description
        purpose = row.purpose
        createdAt = row.createdAt
        disabledAt = row.disabledAt
        disabledBecause = row.disabledBecause
        oldSecretUntil = content.previous?.until
    }
}
