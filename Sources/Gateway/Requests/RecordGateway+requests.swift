import AuditTrail
import Policies
import PostgresLink
import Sealing
package import Storage
import SubjectRights
package import Vocabulary

/// A request as it is shown to somebody.
package struct ShownRequest: Sendable {
    package let file: RequestFile
    package let history: [RequestEventRow]
    /// What the person wrote of themselves: for whoever works on requests.
    package let person: Personal<[String: String]>?
    package let message: Personal<String>?
    /// Whether the caller may know whom it is about.
    package let showsSubjects: Bool
}

extension RecordGateway {
    /// The day it is for the controller.
    package var today: CalendarDate { calendar.day(of: .now()) }

    /// Requests, what is due first.
    package func listRequests(_ query: RequestQuery, _ context: RequestContext) async throws(Refusal) -> [RequestFile] {
        let decision = try await decide(.read, .request, context)
        let rows = StoreDatabase.requests(try await read(context, [StoreDatabase.requests(query, tenant: context.tenant)])[0])
        var event = event(decision, context, outcome: .disclosed)
        event.target = .report("requests")
        event.count = rows.count
        _ = try await record(event, context)
        var files: [RequestFile] = []
        for row in rows { files.append(try file(row)) }
        return files
    }

    /// One request with its history.
    package func request(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> ShownRequest {
        let decision = try await decide(.read, .request, context)
        let results = try await read(
            context, [StoreDatabase.request(id, tenant: context.tenant), StoreDatabase.requestEvents(of: id, tenant: context.tenant)])
        guard let row = StoreDatabase.requests(results[0]).first else {
            _ = try await record(requestEvent(decision, id, "shown", outcome: .failed, context), context)
            throw Self.noRequest
        }
        let isOfficer = context.policies.decide(context.access, .update, on: SystemResource.request.rawValue).isAllowed
        let content = isOfficer ? try await self.content(of: row, context) : nil
        _ = try await record(requestEvent(decision, id, "shown", outcome: .disclosed, context), context)
        let file = try file(row)
        return ShownRequest(
            file: file, history: StoreDatabase.requestEvents(results[1]), person: content.map { Personal($0.person) },
            message: content?.message.map { Personal($0) },
            // Before anybody has shown who they are, and where nothing has to be shown, nothing tells whether the person is known.
            showsSubjects: isOfficer && file.machine.verifiedAt != nil && file.machine.asksForProof
        )
    }

    // MARK: Parts

    static var noRequest: Refusal { Refusal(.notFound, "there is no such request", hint: "gatehouse request list --all") }

    func file(_ row: RequestRow) throws(Refusal) -> RequestFile {
        guard let file = RequestFile(row, rights.regulations, in: calendar) else {
            throw Refusal(
                .internalError, "the regulation that the request was opened under is no longer there",
                hint: "put its version back into policies/regulations")
        }
        return file
    }

    func requestEvent(
        _ decision: Decision, _ id: UUIDv7, _ step: StaticString, outcome: AuditEvent.Outcome = .changed, _ context: RequestContext
    ) -> AuditEvent {
        var event = event(decision, context, outcome: outcome)
        event.target = .request(id, step)
        return event
    }

    /// The request, locked until the transaction ends.
    func lockedRequest(_ id: UUIDv7, _ transaction: Transaction, _ context: RequestContext) async throws(Refusal) -> RequestFile {
        let rows: ResultSet
        do throws(LinkError) { rows = try await transaction.execute(StoreDatabase.lockRequest(id, tenant: context.tenant))[0] } catch {
            throw refusal(StorageError(error))
        }
        guard let row = StoreDatabase.requests(rows).first else { throw Self.noRequest }
        return try file(row)
    }

    /// Writes what has become of a request; it has to be the one that was fetched.
    func write(_ file: RequestFile, _ transaction: Transaction, _ context: RequestContext) async throws(Refusal) {
        if file.statements.isEmpty { return }
        let results: [ResultSet]
        do throws(LinkError) { results = try await transaction.execute(file.statements) } catch {
            if error.isUniqueViolation { throw Self.openAlready(file.kind) }
            throw refusal(StorageError(error))
        }
        guard file.isNew || results[0].rowCount == 1 else { throw Self.changedMeanwhile }
        if let type = file.eventType { announce(type, of: [file.id], transaction, context) }
    }

    static var changedMeanwhile: Refusal {
        Refusal(.preconditionFailed, "somebody else has worked on the request since you read it", hint: "read it again: gatehouse request show")
    }

    static func openAlready(_ kind: RequestKind) -> Refusal {
        Refusal(
            .requestOpenAlready, "a request for \(kind.rawValue) by the same person is open already, and is answered once (GDPR Art. 12(5))",
            hint: "find it: gatehouse request list --kind \(kind.rawValue)")
    }

    /// Nobody has two open requests of a kind.
    func refuseSecond(
        _ file: RequestFile, about subjects: [SubjectID], _ transaction: Transaction, _ context: RequestContext
    ) async throws(Refusal) {
        if subjects.isEmpty { return }
        let rows: ResultSet
        do throws(LinkError) {
            // Of two that come at once the second waits, and then sees the first.
            rows = try await transaction.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(\(.text("\(context.tenant) \(file.kind.rawValue)")), 7463910266))::text",
                StoreDatabase.openRequests(about: subjects, kind: file.kind.rawValue, but: file.id, tenant: context.tenant))[1]
        } catch {
            throw refusal(StorageError(error))
        }
        if rows.rowCount > 0 { throw Self.openAlready(file.kind) }
    }
}
