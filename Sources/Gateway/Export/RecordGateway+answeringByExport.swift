import AuditTrail
import Catalog
import Identity
import Mail
import Policies
import PostgresLink
import Storage
import SubjectRights
package import Vocabulary

extension RecordGateway {
    /// Answers a request for access or portability: has a package built for the person whom the request is about, and fulfils the request.
    ///
    /// A fulfilled request can be answered so again, when a link was lost: the earlier one leads nowhere then. After a crash, call it again.
    ///
    /// - Parameter byMail: the link goes to the address on the person's record, and to nobody else. When that fails the request stays in progress.
    package func exportRequest(
        _ id: UUIDv7, sealedTo seal: ExportSeal, byMail: Bool, ifVersion: Int64? = nil, _ context: RequestContext
    ) async throws(Refusal) -> ExportedPackage {
        _ = try await decide(.create, .export, context)
        let decision = try await decide(.update, .request, context)
        let rows = try await read(context, [StoreDatabase.request(id, tenant: context.tenant)])[0]
        guard let row = StoreDatabase.requests(rows).first else { throw Self.noRequest }
        let before = try file(row)
        let scope = try Self.scope(of: before)
        let actor = context.principal.actor
        if before.state == .fulfilled {
            if let ifVersion, ifVersion != before.row.version { throw Self.changedMeanwhile }
        } else {
            _ = try await changing(id, .run, ifVersion, context) { (file: inout RequestFile, _: Transaction) throws(Refusal) in
                try file.take(.begun(by: actor), by: actor, at: context.time)
                return requestEvent(decision, file.id, "begin", context)
            }
        }
        let package = try await exportPackage(id, of: before.subjects, scope: scope, sealedTo: seal, isEnd: before.state == .fulfilled, context)
        if byMail, let subject = before.subjects.first {
            try await send(letter(package, to: try await mailAddress(of: subject, context)))
        }
        if before.state != .fulfilled {
            context.call?.ends { _ in package }
            // Letters that were sent meanwhile have counted the version on; whether it can be fulfilled the request itself knows.
            _ = try await changing(id, .run, nil, context) { (file: inout RequestFile, _: Transaction) throws(Refusal) in
                try file.take(.fulfilled, by: actor, at: context.time)
                return requestEvent(decision, file.id, "run", context)
            }
        }
        return package
    }

    private static func scope(of file: RequestFile) throws(Refusal) -> ExportScope {
        switch file.kind {
        case .portability: return .portability
        case .access: return file.regulation.name == "ccpa" ? .know : .access
        default:
            throw Refusal(
                .requestState, "a request for \(file.kind.rawValue) is not answered by an export (\(file.terms.article))",
                hint: "gatehouse request run \(file.id)")
        }
    }

    private func letter(_ package: ExportedPackage, to address: Personal<String>) -> MailMessage {
        let controller = rights.processing.controller
        let text = """
            Your data is ready. This link hands it out once, until \(package.expiresAt.description.prefix(10)):

            \(package.link.value)

            The file is sealed for you: it opens with the program age (age-encryption.org) and the passphrase or key that you have agreed with
            us on another way. The README.txt in it says how to go on.

            \(controller.name)
            \(controller.email)
            """
        return MailMessage(to: address, subject: "Your data", text: Personal(text))
    }
}
