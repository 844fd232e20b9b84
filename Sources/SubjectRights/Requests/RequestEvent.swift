/// What happens to a request.
package enum RequestEvent: Sendable, Equatable {
    /// Proof of who asks was asked for.
    case checkBegun
    case checkFailed
    /// It is known who asks; by no proof where none is asked for.
    case verified(by: IdentityProof?)
    case approved(by: String)
    /// Carrying it out began, for the first time or again.
    case begun(by: String)
    case fulfilled
    case partlyFulfilled(reason: String)
    case refused(reason: String)
    case withdrawn
    /// More time is taken, and the person is told why.
    case extended(reason: String)
    /// Receipt was confirmed to the person.
    case confirmed
    /// The time is over without proof.
    case lapsed

    /// How the history of a request calls it.
    package var name: String {
        switch self {
        case .checkBegun: "check-begun"
        case .checkFailed: "check-failed"
        case .verified: "verified"
        case .approved: "approved"
        case .begun: "begun"
        case .fulfilled: "fulfilled"
        case .partlyFulfilled: "partly-fulfilled"
        case .refused: "refused"
        case .withdrawn: "withdrawn"
        case .extended: "extended"
        case .confirmed: "confirmed"
        case .lapsed: "lapsed"
        }
    }

    /// A word of the regulation or of the program that says more; never one of a person.
    package var detail: String? {
        switch self {
        case .verified(let proof): proof?.description
        case .partlyFulfilled(let reason), .refused(let reason): reason
        default: nil
        }
    }
}

/// What somebody has to do about it.
package enum RequestAction: Sendable, Equatable {
    case askForProof
    case askForApproval
    case carryOut
    case tell(Notice)
    /// Codes and the token by which a second request is recognised are of no more use.
    case forgetProof

    /// What a person is told of their request.
    package enum Notice: String, Sendable, CaseIterable {
        case receipt
        case delay = "extension"
        case refusal, completion
    }
}

/// Why an event cannot happen to a request as it is.
package enum RequestProblem: Error, Sendable, Equatable {
    /// The request has ended, or this does not come after that.
    case wrongState(RequestState)
    /// Whoever opened it does not approve it.
    case ownApproval
    /// Whoever approved it does not carry it out.
    case ownExecution
    /// The regulation gives no more time.
    case notExtendable
    case extendedAlready
    /// More time has to be taken within the first period.
    case firstPeriodOver
    /// What has begun and cannot be taken back is brought to its end.
    case begunAlready
    /// The time is not over yet.
    case notDue
}
