import DataFormats
package import Vocabulary

/// A right that a person has an agent exercise (Data Rights Protocol 1.0).
package struct RightsExercise: Sendable {
    package enum Action: String, Sendable, CaseIterable {
        case saleOptOut = "sale:opt-out"
        case saleOptIn = "sale:opt-in"
        case deletion
        case access
        case accessCategories = "access:categories"
        case accessSpecific = "access:specific"

        /// What it is here. `nil`: not offered; opting in again takes two steps of the person's own (11 CCR 7028).
        package var kind: RequestKind? {
            switch self {
            case .saleOptOut: .optOut
            case .saleOptIn: nil
            case .deletion: .erasure
            case .access, .accessCategories, .accessSpecific: .access
            }
        }
    }

    /// Under which law the agent asks.
    package enum Regime: String, Sendable, CaseIterable { case ccpa, voluntary }

    /// What the agent has verified of the person, by the fields that it is known by here.
    package struct Claims: Sendable {
        package let name: Personal<String>?
        package let email: Personal<String>?
        package let phone: Personal<String>?

        package var isEmpty: Bool { email == nil && phone == nil }
    }

    package let action: Action
    package let regime: Regime?
    package let agentRequestID: String?
    package let statusCallback: String?
    /// Verified ones only; the agent's word for a name is kept, and nobody is found by it.
    package let claims: Claims

    /// Why a message is no request: one sentence for the agent, about the form only.
    package struct Problem: Error, Sendable { package let message: String }

    package init(_ message: AgentMessage) throws(Problem) {
        let members = message.members
        guard let exercise = members["exercise"]?.stringValue else { throw Problem(message: "the message has no exercise") }
        guard let action = Action(rawValue: exercise) else {
            throw Problem(message: "exercise is one of \(Action.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.action = action
        switch members["regime"] {
        case nil, .null: regime = nil
        case .string(let text):
            guard let known = Regime(rawValue: text) else { throw Problem(message: "regime is ccpa, voluntary or absent") }
            regime = known
        default: throw Problem(message: "regime is ccpa, voluntary or absent")
        }
        agentRequestID = try Self.text("agent-request-id", members, most: 200)
        statusCallback = try Self.text("status_callback", members, most: 2000)
        func verified(_ name: String) throws(Problem) -> Personal<String>? {
            guard let text = try Self.text(name, members, most: 320), case .bool(true) = members[name + "_verified"] else { return nil }
            return Personal(text)
        }
        claims = Claims(
            name: try Self.text("name", members, most: 400).map { Personal($0) }, email: try verified("email"), phone: try verified("phone_number")
        )
    }

    private static func text(_ name: String, _ members: JSONObject, most: Int) throws(Problem) -> String? {
        switch members[name] {
        case nil, .null: return nil
        case .string(let text) where !text.isEmpty && text.utf8.count <= most: return text
        default: throw Problem(message: "\(name) is a text of 1 to \(most) bytes")
        }
    }
}
