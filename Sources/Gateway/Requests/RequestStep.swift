/// What officers and programs do to a request, by the word in the path and in the trail.
package enum RequestStep: String, Sendable, CaseIterable {
    /// Has a code sent to the address that the record has.
    case code
    case verify
    /// Notes that receipt was confirmed by other means than the gateway's mail.
    case confirm
    case approve
    case extend
    case refuse
    case withdraw
    case run

    /// How the trail calls it.
    var target: StaticString {
        switch self {
        case .code: "code"
        case .verify: "verify"
        case .confirm: "confirm"
        case .approve: "approve"
        case .extend: "extend"
        case .refuse: "refuse"
        case .withdraw: "withdraw"
        case .run: "run"
        }
    }
}
