import AuditTrail
import KeyRing
import Identity
import Policies
import PostgresLink
import Sealing
import Storage
import SubjectRights
package import Vocabulary

/// Who asks has to show who they are. Until then every answer is the same for people that are known and for those that are not.
extension RecordGateway {
    /// Answers that look at people come no sooner than this, so that their time tells nothing.
    private static var evenTime: Duration { .milliseconds(250) }
    static var codeLifetime: Duration { .seconds(15 * 60) }
    static var maximumCodes: Int32 { 5 }

    /// Has a code sent to the address that the record of the person has, if there is one. Nobody is told whether.
    package func sendCode(_ id: UUIDv7, ifVersion: Int64? = nil, _ context: RequestContext) async throws(Refusal) -> RequestFile {
        let decision = try await decide(.create, .request, context)
        return try await step(id, .code, decision, ifVersion, context) { (file: inout RequestFile) throws(Refusal) in
            try Self.check(.code, file)
            guard file.row.codesSent < Self.maximumCodes else {
                throw Refusal(
                    .requestState, "\(Self.maximumCodes) codes were sent, and no more are (\(file.terms.article))", hint: "use another proof")
            }
            try file.take(.checkBegun, by: context.principal.actor, at: context.time)
            file.edit { ($0.code, $0.codeUntil) = (nil, nil) }
            file.queue(RequestMail.code)
        }
    }

    /// Takes a proof. One that fits makes the people known whom the request is about; one that does not is counted, and the last one ends
    /// the request.
    package func verifyRequest(
        _ id: UUIDv7, _ proof: ShownProof, ifVersion: Int64? = nil, _ context: RequestContext
    ) async throws(Refusal) -> RequestFile {
        let decision = try await decide(.create, .request, context)
        return try await evenly { () async throws(Refusal) in
            let rows = try await read(context, [StoreDatabase.request(id, tenant: context.tenant)])[0]
            guard let row = StoreDatabase.requests(rows).first else { throw Self.noRequest }
            let before = try file(row)
            guard before.state.precedesProof, before.machine.asksForProof else {
                throw before.refusal(.wrongState(before.state), of: .verified(by: nil))
            }
            let found = try await compare(proof, before, context)
            let tenantKeys = try await tenantKeys(context)
            let (file, _) = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                var file = try await lockedRequest(id, transaction, context)
                if let ifVersion, ifVersion != file.row.version { throw Self.changedMeanwhile }
                var fits = found
                if case .code(let code) = proof { fits = try Self.fits(code.value, file, tenantKeys, at: context.time) }
                if let fits {
                    try await refuseSecond(file, about: fits.subjects, transaction, context)
                    try file.take(.verified(by: fits.proof), by: context.principal.actor, at: context.time)
                    file.edit { $0.subjects = fits.subjects }
                } else {
                    if file.state == .received { try file.take(.checkBegun, by: context.principal.actor, at: context.time) }
                    try file.take(.checkFailed, by: context.principal.actor, at: context.time)
                }
                if case .points(_, let declaration?) = proof { file.note("declaration", declaration, by: context.principal.actor, at: context.time) }
                try await write(file, transaction, context)
                return (file, requestEvent(decision, id, fits == nil ? "proof-failed" : "verify", context))
            }
            // Counted first, then told.
            if file.state == .identityCheck || file.state == .refused { throw Self.doesNotFit(file) }
            return file
        }
    }

    private struct Fit {
        let proof: IdentityProof
        let subjects: [SubjectID]
    }

    /// - Returns: whom data points fit, or nobody. Codes are looked at in the transaction that counts them.
    private func compare(_ proof: ShownProof, _ file: RequestFile, _ context: RequestContext) async throws(Refusal) -> Fit? {
        switch proof {
        case .code:
            try Self.check(.code, file)
            return nil
        case .login(let subject):
            try checkMayStateLogin(file.terms, context)
            let isThere = try await keys(ofNamed: [subject], context).subjects[subject] != nil
            let isOther = !file.subjects.isEmpty && file.subjects != [subject]
            return isThere && !isOther ? Fit(proof: .login, subjects: [subject]) : nil
        case .points(let person, let declaration):
            let offered = file.terms.proofs.compactMap { proof -> (count: Int, declaration: Bool)? in
                if case .points(let count, let declaration) = proof { (count, declaration) } else { nil }
            }
            guard let least = offered.map(\.count).min() else { throw Self.notOffered(file) }
            let problems = personProblems(person.value, "points")
            if !problems.isEmpty { throw Refusal(.valueInvalid, "a member of the body is wrong", members: problems) }
            if let declaration, declaration.count != 64 || !declaration.allSatisfy(\.isHexDigit) {
                throw Refusal(
                    .valueInvalid, "a member of the body is wrong",
                    members: [.init("declaration", "value-invalid", "declaration is the SHA-256 of the signed declaration, in 64 hexadecimal digits")]
                )
            }
            let usable = offered.filter { person.value.count >= $0.count && (!$0.declaration || declaration != nil) }.sorted { $0.count < $1.count }
            guard let chosen = usable.first else {
                throw Refusal(
                    .valueInvalid,
                    "\(file.kind.rawValue) takes \(least) data points\(offered.allSatisfy(\.declaration) ? " and a signed declaration" : "") (\(file.terms.article))"
                )
            }
            let people = try await people(fitting: person.value, atLeast: chosen.count, among: file.subjects, context)
            return people.isEmpty
                ? nil
                : Fit(
                    proof: .points(chosen.count, declaration: chosen.declaration), subjects: Set(people.map(\.subject)).sorted { $0.uuid < $1.uuid })
        }
    }

    private static func check(_ proof: IdentityProof, _ file: RequestFile) throws(Refusal) {
        guard file.terms.proofs.contains(proof) else { throw notOffered(file) }
    }

    private static func notOffered(_ file: RequestFile) -> Refusal {
        let offered = file.terms.proofs.map(\.description).joined(separator: ", ")
        return Refusal(
            .valueInvalid, "\(file.regulation.name) does not take this proof for \(file.kind.rawValue) (\(file.terms.article))",
            hint: offered.isEmpty ? "it takes none" : "it takes \(offered)")
    }

    private static func doesNotFit(_ file: RequestFile) -> Refusal {
        let left = RequestMachine.maximumAttempts - file.machine.failedAttempts
        if file.state == .refused {
            let citation = file.version.refusal(RefusalReason.unverified, of: file.kind)?.citation ?? file.terms.article
            return Refusal(.proofInvalid, "the proof does not fit, and the request is refused: nobody has shown who they are (\(citation))")
        }
        return Refusal(
            .proofInvalid, "the proof does not fit (\(file.terms.article))", hint: left == 1 ? "one attempt is left" : "\(left) attempts are left")
    }

    // MARK: Codes

    static func digest(of code: String, _ id: UUIDv7, _ keys: TenantKeys) -> [UInt8] {
        Blake2b.hash(id.bytes + Array(code.utf8), key: keys.derive("gatehouse/v1/request-code"))
    }

    /// - Throws: when there is no code that could fit: none was sent, or it has expired. That is no failed attempt.
    private static func fits(_ code: String, _ file: RequestFile, _ keys: TenantKeys, at now: Instant) throws(Refusal) -> Fit? {
        guard let expected = file.row.code, let until = file.row.codeUntil else {
            throw Refusal(
                .codeExpired, "no code is waited for (\(file.terms.article))", hint: "have one sent: gatehouse request verify ID --send-code")
        }
        guard until > now else {
            throw Refusal(
                .codeExpired, "the code has expired: it is good for fifteen minutes (\(file.terms.article))",
                hint: "have another sent: gatehouse request verify ID --send-code")
        }
        let given = digest(of: code.filter { !$0.isWhitespace && $0 != "-" }, file.id, keys)
        guard isEqualInConstantTime(given, expected), !file.subjects.isEmpty else { return nil }
        return Fit(proof: .code, subjects: file.subjects)
    }

    /// Answers no sooner than after an even time, whether it succeeds or not.
    func evenly<Value: Sendable>(_ body: () async throws(Refusal) -> Value) async throws(Refusal) -> Value {
        let end = ContinuousClock.now + Self.evenTime
        do throws(Refusal) {
            let value = try await body()
            try? await Task.sleep(until: end)
            return value
        } catch {
            try? await Task.sleep(until: end)
            throw error
        }
    }
}
