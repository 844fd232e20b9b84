import AuditTrail
import Catalog
import Identity
import Policies
import Sealing
import Storage
package import SubjectRights
package import Vocabulary

/// Why a call of an agent came to nothing.
package enum ExerciseFailure: Error, Sendable {
    /// The token or the message is not an agent's that is heard; or the request is another's.
    case unheard
    /// The call itself is wrong: one sentence for the agent. Fatal when the request has ended with it.
    case wrong(String, isFatal: Bool)
    /// It was not done, for a reason of ours.
    case failed(Refusal)
}

/// Requests that agents of the Data Rights Protocol 1.0 send: each becomes a request like any other, and officers work on it.
extension RecordGateway {
    /// Takes a signed request in. One with an id of the agent's that was sent before is told as it stands.
    package func exercise(_ agent: HeardAgent, _ body: [UInt8]) async throws(ExerciseFailure) -> ExerciseStatus {
        let message: AgentMessage
        do throws(AgentMessageError) {
            message = try AgentMessage(body, from: agent.row.id, key: agent.key, business: agent.row.business, at: .now())
        } catch {
            throw .unheard
        }
        let exercise: RightsExercise
        do throws(RightsExercise.Problem) { exercise = try RightsExercise(message) } catch { throw .wrong(error.message, isFatal: true) }
        guard let kind = exercise.action.kind else {
            throw .wrong(
                "\(exercise.action.rawValue) is not offered: opting in again takes two steps of the person's own (11 CCR 7028)", isFatal: true)
        }
        do throws(Refusal) {
            if let id = exercise.agentRequestID, let known = try await sentBefore(id, agent.context) { return status(known, agentRequestID: id) }
            var opening = RequestOpening(kind: kind)
            // The protocol is about the law of California, and about what businesses grant beyond it.
            opening.regulation = "ccpa"
            opening.channel = "agent"
            opening.person = Personal(claimed(exercise.claims))
            opening.agent = AgentDetails(requestID: exercise.agentRequestID, callback: exercise.statusCallback)
            opening.idempotencyKey = exercise.agentRequestID
            if opening.person.value.isEmpty {
                throw Refusal(.valueInvalid, "no e-mail address and no phone number of the person was verified")
            }
            return status(try await openRequest(opening, agent.context), agentRequestID: exercise.agentRequestID)
        } catch {
            switch error.code {
            case .requestOpenAlready: throw .wrong("a request of this kind by the same person is open already", isFatal: true)
            case .valueInvalid: throw .wrong(error.detail, isFatal: true)
            default: throw .failed(error)
            }
        }
    }

    /// How a request of the agent stands.
    package func exerciseStatus(_ id: UUIDv7, _ agent: HeardAgent) async throws(ExerciseFailure) -> ExerciseStatus {
        do throws(Refusal) {
            let decision = try await decide(.read, .request, agent.context)
            let row = try await own(id, agent.context)
            let content = try await content(of: row, agent.context)
            _ = try await record(requestEvent(decision, id, "status", outcome: .disclosed, agent.context), agent.context)
            return status(try file(row), agentRequestID: content?.agent?.requestID)
        } catch {
            throw error.code == .notFound || error.code == .denied ? .unheard : .failed(error)
        }
    }

    /// The person wants it no more.
    ///
    /// - Parameter body: signed; why, which is not kept.
    package func revokeExercise(_ id: UUIDv7, _ agent: HeardAgent, _ body: [UInt8]) async throws(ExerciseFailure) -> ExerciseStatus {
        do throws(AgentMessageError) { _ = try AgentMessage(bare: body, key: agent.key) } catch { throw .unheard }
        do throws(Refusal) {
            let row = try await own(id, agent.context)
            let content = try await content(of: row, agent.context)
            let before = try file(row)
            if before.state == .withdrawn { return status(before, agentRequestID: content?.agent?.requestID) }
            return status(try await withdrawRequest(id, agent.context), agentRequestID: content?.agent?.requestID)
        } catch {
            switch error.code {
            case .notFound, .denied: throw .unheard
            case .requestState: throw .wrong("the request has ended, or cannot be taken back any more", isFatal: false)
            default: throw .failed(error)
            }
        }
    }

    // MARK: Parts

    /// The request, if it is this agent's.
    private func own(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> RequestRow {
        let rows = try await read(context, [StoreDatabase.request(id, tenant: context.tenant)])[0]
        guard let row = StoreDatabase.requests(rows).first, row.channel == "agent", row.openedBy == context.principal.actor else {
            throw Self.noRequest
        }
        return row
    }

    private func sentBefore(_ word: String, _ context: RequestContext) async throws(Refusal) -> RequestFile? {
        let digest = idempotency(of: word, try await tenantKeys(context), context)
        let rows = try await read(context, [StoreDatabase.request(idempotency: digest, tenant: context.tenant)])[0]
        return try StoreDatabase.requests(rows).first.map { row throws(Refusal) in try file(row) }
    }

    /// By the fields of people's records that are of the same type.
    private func claimed(_ claims: RightsExercise.Claims) -> [String: String] {
        var person: [String: String] = [:]
        for (name, claim) in [("email", claims.email), ("phone", claims.phone)] {
            if let claim, personField(name) != nil { person[name] = claim.value }
        }
        return person
    }

    func status(_ file: RequestFile, agentRequestID: String?) -> ExerciseStatus {
        var details: String?
        let state: ExerciseStatus.State
        switch file.state {
        case .received: state = .open
        case .identityCheck, .awaitingApproval, .inProgress:
            state = .inProgress(needsVerificationAt: nil)
            // A later day has to be told with a reason.
            details = file.extensionReason.flatMap { ExtensionReason(rawValue: $0) }?.says
        case .fulfilled: state = .fulfilled
        case .partlyFulfilled:
            state = .fulfilled
            details = reasonText(file).map { "in part: " + $0 }
        case .withdrawn: state = .revoked
        case .expired: state = .expired
        case .refused:
            details = reasonText(file)
            switch file.machine.reason {
            case RefusalReason.unverified: state = .denied(file.subjects.isEmpty ? .noMatch : .insufficientVerification)
            case "fraud": state = .denied(.suspectedFraud)
            case "unfounded": state = .denied(.other)
            default: state = .denied(.claimNotCovered)
            }
        }
        var status = ExerciseStatus(request: file.id, state: state, receivedAt: file.row.receivedAt)
        status.agentRequestID = agentRequestID
        status.details = details
        if case .open = state {} else { status.expectedBy = Instant("\(file.machine.due.date)T00:00:00Z") }
        return status
    }

    private func reasonText(_ file: RequestFile) -> String? {
        guard let name = file.machine.reason, let reason = file.version.refusal(name, of: file.kind) else { return nil }
        return "\(reason.says) (\(reason.citation))"
    }
}
