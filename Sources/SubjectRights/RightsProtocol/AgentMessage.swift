package import DataFormats
package import Sealing
package import Vocabulary

/// Why a message of an agent counts for nothing. Agents are not told which of these it was.
package enum AgentMessageError: Error, Sendable, Equatable {
    /// Not standard base64, or shorter than a signature.
    case malformed
    /// The signature is not the agent's.
    case forged
    /// It names another agent, or another business.
    case misdirected
    /// Not yet, or no longer, valid.
    case untimely
    /// What was signed is no JSON object, or lacks what every message has.
    case incomplete
}

/// What an agent of the Data Rights Protocol 1.0 has signed and sent: libsodium's combined mode, a 64-byte Ed25519 signature before the JSON,
/// the whole in base64.
///
/// There is none that was not verified: everything is checked in the order that the protocol asks for before anything else is looked at.
package struct AgentMessage: Sendable {
    package static let greatestByteCount = 64 << 10

    /// The members that the agent sent, those of the envelope among them.
    package let members: JSONObject

    /// - Parameters:
    ///   - text: the body as sent; white space around it does not count.
    ///   - agent: whom the token names, or the path when there is no token yet.
    ///   - business: what this business is called in the directory.
    package init(
        _ text: [UInt8], from agent: String, key: VerifyingKey, business: String, at now: Instant
    ) throws(AgentMessageError) {
        members = try Self.opened(text, key: key)
        guard let sender = members["agent-id"]?.stringValue, let receiver = members["business-id"]?.stringValue,
            let issued = members["issued-at"]?.stringValue.flatMap({ Instant($0) }),
            let expires = members["expires-at"]?.stringValue.flatMap({ Instant($0) })
        else { throw .incomplete }
        guard sender == agent, receiver == business else { throw .misdirected }
        guard issued < now, now < expires else { throw .untimely }
        guard members["drp.version"]?.stringValue == "1.0" else { throw .incomplete }
    }

    /// A message that the protocol sends without an envelope: why a request is revoked.
    package init(bare text: [UInt8], key: VerifyingKey) throws(AgentMessageError) { members = try Self.opened(text, key: key) }

    private static func opened(_ text: [UInt8], key: VerifyingKey) throws(AgentMessageError) -> JSONObject {
        let space: Set<UInt8> = [0x09, 0x0A, 0x0D, 0x20]
        let trimmed = text.drop(while: space.contains).reversed().drop(while: space.contains).reversed()
        guard text.count <= greatestByteCount, let bytes = Base64.decode(Array(trimmed)), bytes.count > VerifyingKey.signatureByteCount else {
            throw .malformed
        }
        let json = Array(bytes.dropFirst(VerifyingKey.signatureByteCount))
        guard key.isValid(bytes.prefix(VerifyingKey.signatureByteCount), for: json) else { throw .forged }
        guard let members = (try? JSONReader.read(json))?.objectValue else { throw .incomplete }
        return members
    }
}
