import AuditTrail
import Catalog
import DataFormats
import Identity
import KeyRing
import Policies
import PostgresLink
package import Storage
package import SubjectRights
package import Vocabulary

/// Erasures that people asked for: begun once, gone on with by whoever comes after, and certified.
extension RecordGateway {
    /// Carries an erasure out, from where it is to its certificate. Called again it goes on, or answers with the same certificate.
    ///
    /// The caller has seen to it that the request is one that may be carried out: identity shown, somebody else's yes given.
    /// - Parameters:
    ///   - id: the request's.
    ///   - progress: told which step begins.
    /// - Throws: `hold-in-the-way` when legal holds keep all of them; their processing is restricted then. Of several people those who are
    ///   held stay, and the certificate says how many.
    package func runErasure(
        _ id: UUIDv7, of subjects: [SubjectID], _ context: RequestContext, progress: @Sendable (ErasureStep) -> Void = { _ in }
    ) async throws(Refusal) -> SignedDocument {
        let decision = try await decide(.update, .request, context)
        if let known = try await erasure(id, context) {
            try await finish(known, by: nil, nil, context, progress)
        } else {
            let people = try await mergedPeople(subjects, context).ids
            let plan = try await erasurePlan(of: people, context)
            let keys = try await keys(for: people, withTenantKey: false, context)
            // While they can still be read. Somebody who is suppressed and not erased after all is found by imports as before.
            let tokens = try await suppressionTokens(of: people.filter { plan.held[$0] == nil }, keys, context)
            let all = Array(Set(tokens.values.joined()))
            try await inVault { () async throws(StorageError) in try await vault.suppress(all, erasure: id, tenant: context.tenant) }
            var counts = ErasureCounts()
            let begun: BegunErasure?
            do throws(Refusal) { begun = try await removeRows(of: people, id: id, .request(id), &counts, decision, context) } catch {
                if error.code != .outcomeUnknown { await unsuppress(id, context) }
                throw error
            }
            guard let begun else {
                await unsuppress(id, context)
                throw .held(by: counts.held.values.flatMap { $0 })
            }
            // Held since they were looked at: they stay, and are not kept out.
            let staying = Set(counts.held.keys.flatMap { tokens[$0] ?? [] }).subtracting(begun.erasure.subjects.flatMap { tokens[$0] ?? [] })
            if !staying.isEmpty { try? await vault.unsuppress(Array(staying), erasure: id, tenant: context.tenant) }
            try await finish(begun.erasure, by: begun.runner, begun.pseudonyms, context, progress)
        }
        return try await issuedCertificate(id, context)
    }

    /// The certificate of an erasure, with what recipients have said since it was first issued.
    package func erasureCertificate(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> SignedDocument {
        let decision = try await decide(.read, .request, context)
        let certificate = try await issuedCertificate(id, context)
        var event = event(decision, context, outcome: .disclosed)
        event.target = .erasure(id, .certified)
        _ = try await record(event, context)
        return certificate
    }

    /// Goes on with erasures of a tenant that have begun and nobody is carrying out.
    ///
    /// - Returns: how many were brought to their end.
    @discardableResult
    package func resumeErasures(_ context: RequestContext) async throws(Refusal) -> Int {
        let tenant = context.tenant
        let rows = try await read(context, [StoreDatabase.abandonedErasures(of: tenant)])[0]
        var count = 0
        for erasure in StoreDatabase.erasures(rows, tenant: tenant) where !Task.isCancelled {
            do throws(Refusal) {
                try await finish(erasure, by: nil, nil, context) { _ in }
                count += 1
                if ErasureCause.isRequest(erasure.cause) { try await settleRequest(ofErasure: erasure.id, context) }
            } catch {
                // One that does not go on does not keep the others waiting.
                if error.code != .busy { observe(.erasureFailed(code: error.code.rawValue)) }
            }
        }
        return count
    }

    func erasure(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> ErasureRow? {
        let rows = try await read(context, [StoreDatabase.erasure(id, tenant: context.tenant)])[0]
        return StoreDatabase.erasures(rows, tenant: context.tenant).first
    }

    // MARK: Steps

    /// Brings an erasure to its end.
    ///
    /// - Parameters:
    ///   - runner: who holds its lease already.
    ///   - pseudonyms: of its people in the trail, where they are still known.
    private func finish(
        _ erasure: ErasureRow, by runner: UUIDv7?, _ pseudonyms: [UUIDv7]?, _ context: RequestContext, _ progress: @Sendable (ErasureStep) -> Void
    ) async throws(Refusal) {
        if erasure.finishedAt != nil { return }
        let holder = try await hold(erasure, runner, context)
        // What the last runner has written down, and not what was read before.
        guard var erasure = try await self.erasure(erasure.id, context) else { return }
        var counts = ErasureCounts(text: erasure.counts)
        do throws(Refusal) {
            if erasure.step == .keys {
                progress(.keys)
                try await destroyKeys(erasure, &counts)
                erasure.step = .lookAgain
                erasure.counts = counts.text
                try await save(erasure)
            }
            if erasure.step == .lookAgain {
                progress(.lookAgain)
                let isRequest = ErasureCause.isRequest(erasure.cause)
                var next = erasure
                next.step = .certify
                try await lookAgain(erasure, pseudonyms, &counts) { found in
                    next.counts = found.text
                    return isRequest ? StoreDatabase.save(next) : StoreDatabase.forget(next.id, tenant: next.tenant)
                }
                observe(.erasureFinished(people: counts.people))
                if !isRequest { return }
                erasure = next
            }
            progress(.certify)
            try await certify(&erasure, counts, context)
        } catch {
            _ = try? await changed(StoreDatabase.release(erasure.id, by: holder, tenant: erasure.tenant), erasure.tenant)
            throw error
        }
    }

    private func hold(_ erasure: ErasureRow, _ runner: UUIDv7?, _ context: RequestContext) async throws(Refusal) -> UUIDv7 {
        let runner = runner ?? .make()
        let claimed: ResultSet
        do { claimed = try await changed(StoreDatabase.claim(erasure.id, by: runner, tenant: erasure.tenant), erasure.tenant) } catch {
            throw refusal(error)
        }
        guard claimed.affectedRows == 1 else {
            throw Refusal(.busy, "somebody else is carrying this erasure out", hint: "ask again in a moment; it goes on by itself")
        }
        return runner
    }

    private func save(_ erasure: ErasureRow) async throws(Refusal) {
        do { _ = try await changed(StoreDatabase.save(erasure), erasure.tenant) } catch { throw refusal(error) }
    }

    /// Nobody is erased: the person need not be kept out.
    private func unsuppress(_ id: UUIDv7, _ context: RequestContext) async {
        _ = try? await vault.liftSuppression(ofErasure: id, tenant: context.tenant)
    }

    // MARK: Certificate

    /// Sees to it that the repository of backups knows of it, tells the log that it is done, and signs what was done with the proof of that.
    private func certify(_ erasure: inout ErasureRow, _ counts: ErasureCounts, _ context: RequestContext) async throws(Refusal) {
        try await confirmRecorded(erasure)
        if erasure.event == nil {
            let (row, tenant) = (erasure, erasure.tenant)
            let (told, _) = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                var event = event(.finishingErasure, context, outcome: .changed)
                event.target = .erasure(row.id, .completed)
                event.count = counts.people
                var row = row
                row.event = event.id
                transaction.enqueue(StoreDatabase.save(row))
                return (row, event)
            }
            precondition(told.tenant == tenant, "an erasure stays in its tenant")
            erasure = told
        }
        let signed = try await issue(erasure, counts, context)
        erasure.issue += 1
        erasure.certificate = signed.bytes
        erasure.step = .done
        erasure.finishedAt = .now()
        try await save(erasure)
    }

    /// The certificate as it was issued last, or issued anew when recipients have answered since.
    private func issuedCertificate(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> SignedDocument {
        guard var erasure = try await erasure(id, context) else {
            throw Refusal(.notFound, "there is no erasure of this request", hint: "a certificate is there once the request was carried out")
        }
        guard let bytes = erasure.certificate else {
            if erasure.step == .certify { try await confirmRecorded(erasure) }
            throw Refusal(.busy, "the erasure is under way, and not certified yet", hint: "ask again in a moment; it goes on by itself")
        }
        let issued: SignedDocument
        do { issued = try SignedDocument.verified(bytes, by: [try rights.signer.noteKey], as: .erasureCertificate) } catch {
            // Signed with a key that is not ours any more: what it says is signed anew.
            return try await issueAgain(&erasure, context)
        }
        let notices = try await notices(of: id, context)
        if issued.document["recipients"] == ErasureDocument.recipients(notices) { return issued }
        return try await issueAgain(&erasure, context)
    }

    private func issueAgain(_ erasure: inout ErasureRow, _ context: RequestContext) async throws(Refusal) -> SignedDocument {
        let signed = try await issue(erasure, ErasureCounts(text: erasure.counts), context)
        erasure.issue += 1
        erasure.certificate = signed.bytes
        try await save(erasure)
        return signed
    }

    private func issue(_ erasure: ErasureRow, _ counts: ErasureCounts, _ context: RequestContext) async throws(Refusal) -> SignedDocument {
        guard let event = erasure.event else { throw Refusal(.internalError, "an erasure without an event cannot be certified") }
        let proof = try await inclusion(of: event, context)
        let stored = try await inVault { () async throws(StorageError) in try await vault.tenantKeys(of: erasure.tenant) }
        let document = ErasureDocument(
            erasure: erasure, counts: counts, controller: rights.processing.controller, notices: try await notices(of: erasure.id, context),
            event: event, proof: proof, epoch: Int(stored.epochs.last?.epoch ?? 0), issuedAt: .now())
        do { return try rights.signer.sign(document.object, as: .erasureCertificate) } catch {
            throw Refusal(.internalError, "the certificate cannot be signed")
        }
    }
}
