import AuditTrail
import Identity
import Policies
import PostgresLink
import Storage
import SubjectRights
package import Vocabulary

extension RecordGateway {
    /// Receipt was confirmed to the person by hand (CCPA: within ten business days).
    package func confirmRequest(_ id: UUIDv7, ifVersion: Int64? = nil, _ context: RequestContext) async throws(Refusal) -> RequestFile {
        let decision = try await decide(.update, .request, context)
        return try await step(id, .confirm, decision, ifVersion, context) { (file: inout RequestFile) throws(Refusal) in
            try file.take(.confirmed, by: context.principal.actor, at: context.time)
            file.edit { $0.mails.removeAll { $0 == RequestMail.receipt } }
        }
    }

    /// The second person's yes. Never of whoever opened the request, nor of whoever asked.
    package func approveRequest(_ id: UUIDv7, ifVersion: Int64? = nil, _ context: RequestContext) async throws(Refusal) -> RequestFile {
        let decision = try await decide(.create, .approval, context)
        let actor = context.principal.actor
        // Users may be named by their address: then nobody approves what they ask for themselves.
        let asked = try await fetched(id, context).map { Set($0.person.values.map { $0.lowercased() }) } ?? []
        return try await step(id, .approve, decision, ifVersion, context) { (file: inout RequestFile) throws(Refusal) in
            if asked.contains(actor.lowercased()) { throw file.refusal(.ownApproval, of: .approved(by: actor)) }
            try file.take(.approved(by: actor), by: actor, at: context.time)
        }
    }

    /// Takes more time, within the first period, once. The person is told.
    ///
    /// - Parameter why: what the person is told; a sentence about the request, and not about a person.
    package func extendRequest(
        _ id: UUIDv7, why: ExtensionReason, ifVersion: Int64? = nil, _ context: RequestContext
    ) async throws(Refusal) -> RequestFile {
        let decision = try await decide(.update, .request, context)
        return try await step(id, .extend, decision, ifVersion, context) { (file: inout RequestFile) throws(Refusal) in
            try file.take(.extended(reason: why.rawValue), by: context.principal.actor, at: context.time)
        }
    }

    /// Turns a request down for a reason that its regulation knows. The person is told, and where to complain.
    package func refuseRequest(
        _ id: UUIDv7, reason: String, ifVersion: Int64? = nil, _ context: RequestContext
    ) async throws(Refusal) -> RequestFile {
        let decision = try await decide(.update, .request, context)
        return try await step(id, .refuse, decision, ifVersion, context) { (file: inout RequestFile) throws(Refusal) in
            try file.take(.refused(reason: file.reason(reason).name), by: context.principal.actor, at: context.time)
        }
    }

    /// The person wants it no more.
    package func withdrawRequest(_ id: UUIDv7, ifVersion: Int64? = nil, _ context: RequestContext) async throws(Refusal) -> RequestFile {
        let decision = try await decide(.update, .request, context)
        return try await step(id, .withdraw, decision, ifVersion, context) { (file: inout RequestFile) throws(Refusal) in
            try file.take(.withdrawn, by: context.principal.actor, at: context.time)
        }
    }

    // MARK: Parts

    /// Does something to a request, its event in the trail and its history in the same transaction. Of two people who act at once the second
    /// sees what the first has done.
    func step(
        _ id: UUIDv7, _ step: RequestStep, _ decision: Decision, _ ifVersion: Int64?, _ context: RequestContext,
        _ body: (inout RequestFile) throws(Refusal) -> Void
    ) async throws(Refusal) -> RequestFile {
        do throws(Refusal) {
            return try await change(context) { (transaction: Transaction) async throws(Refusal) in
                var file = try await lockedRequest(id, transaction, context)
                if let ifVersion, ifVersion != file.row.version { throw Self.changedMeanwhile }
                try body(&file)
                try await write(file, transaction, context)
                return (file, requestEvent(decision, id, step.target, context))
            }.value
        } catch {
            if error.code == .denied { try await recordOwn(id, step, context) }
            throw error
        }
    }

    /// That somebody wanted to be the second person to themselves is on record.
    func recordOwn(_ id: UUIDv7, _ step: RequestStep, _ context: RequestContext) async throws(Refusal) {
        _ = try await record(requestEvent(.ownRequest, id, step.target, outcome: .refused, context), context)
    }

    /// What a request says of the person, for comparing.
    private func fetched(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> RequestContent? {
        let rows = try await read(context, [StoreDatabase.request(id, tenant: context.tenant)])[0]
        guard let row = StoreDatabase.requests(rows).first else { return nil }
        return try await content(of: row, context)
    }
}

/// Why more time is taken (GDPR Art. 12(3)).
package enum ExtensionReason: String, Sendable, CaseIterable {
    case complex, many

    package var says: String {
        switch self {
        case .complex: "because the request is complex"
        case .many: "because of the number of requests"
        }
    }
}
