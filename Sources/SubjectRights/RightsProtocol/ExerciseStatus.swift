package import DataFormats
package import Vocabulary

/// How a request stands, in the words of the Data Rights Protocol 1.0.
package struct ExerciseStatus: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        case open
        case inProgress(needsVerificationAt: String?)
        case fulfilled
        case revoked
        case expired
        case denied(Denial)
    }

    package enum Denial: String, Sendable, CaseIterable {
        case suspectedFraud = "suspected_fraud"
        case insufficientVerification = "insuf_verification"
        case noMatch = "no_match"
        case claimNotCovered = "claim_not_covered"
        case outsideJurisdiction = "outside_jurisdiction"
        case tooManyRequests = "too_many_requests"
        case other
    }

    package let request: UUIDv7
    package var agentRequestID: String?
    package let state: State
    package let receivedAt: Instant
    /// Set from the moment on that somebody works on it.
    package var expectedBy: Instant?
    /// A sentence, without anything about the person.
    package var details: String?
    package var resultsAt: String?
    package var expiresAt: Instant?

    package init(request: UUIDv7, state: State, receivedAt: Instant) {
        self.request = request
        self.state = state
        self.receivedAt = receivedAt
    }

    /// Whether it stays as it is from now on.
    package var isFinal: Bool {
        switch state {
        case .open, .inProgress, .denied(.tooManyRequests): false
        case .fulfilled, .revoked, .expired, .denied: true
        }
    }

    /// Members that agents know; none is sent that has no value, but `reason`, which is null then.
    package var members: JSONObject {
        let word: String
        var reason: String?
        var verification: String?
        switch state {
        case .open: word = "open"
        case .inProgress(let url):
            word = "in_progress"
            verification = url
            reason = url == nil ? nil : "need_user_verification"
        case .fulfilled: word = "fulfilled"
        case .revoked: word = "revoked"
        case .expired: word = "expired"
        case .denied(let denial):
            word = "denied"
            reason = denial.rawValue
        }
        var members: JSONObject = ["request_id": .string(request.description)]
        if let agentRequestID { members["agent_request_id"] = .string(agentRequestID) }
        members["status"] = .string(word)
        members["reason"] = reason.map { .string($0) } ?? .null
        members["received_at"] = .string(Self.text(receivedAt))
        if let expectedBy { members["expected_by"] = .string(Self.text(expectedBy)) }
        if let details { members["processing_details"] = .string(details) }
        if let verification { members["user_verification_url"] = .string(verification) }
        if let resultsAt { members["results_url"] = .string(resultsAt) }
        if let expiresAt { members["expires_at"] = .string(Self.text(expiresAt)) }
        return members
    }

    /// Milliseconds and a numeric offset: what every agent's library reads.
    package static func text(_ time: Instant) -> String { String(time.description.dropLast(4)) + "+00:00" }
}
