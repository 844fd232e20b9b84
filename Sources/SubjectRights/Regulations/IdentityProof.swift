/// A way by which somebody shows that a request is about themselves. A regulation offers several; one is enough.
package enum IdentityProof: Sendable, Hashable, CustomStringConvertible {
    /// An application says that they are logged in to their account there.
    case login
    /// They type a code that was sent to the address that the record has.
    case code
    /// An agent of the Data Rights Protocol has verified an address or a number that the record has, too (11 CCR 7063).
    case agent
    /// Data that matches what the records say, and where asked a signed declaration.
    case points(Int, declaration: Bool)

    package var description: String {
        switch self {
        case .login: "login"
        case .code: "code"
        case .agent: "agent"
        case .points(let count, let declaration): "points-\(count)" + (declaration ? "-declaration" : "")
        }
    }
}
