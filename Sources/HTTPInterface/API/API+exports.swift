package import DataFormats
package import Gateway
import NIOHTTP1
import Sealing
import SubjectRights
import Vocabulary

extension API {
    /// `POST /v1/requests/{id}/export`: `passphrase` or `recipient` (an `age1…` key), and `mail`: true.
    func exportRequest(_ id: UUIDv7, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let order = try ExportCoding.order(request.object("application/json"))
        let version = try request.requestVersion()
        let answer: @Sendable (ExportedPackage) -> APIResponse = { [byMail = order.byMail] package in
            APIResponse(.created, body: JSONValue.object(ExportCoding.object(package, withLink: !byMail)).encoded())
        }
        context.answers(by: answer)
        return answer(try await gateway.exportRequest(id, sealedTo: order.seal, byMail: order.byMail, ifVersion: version, context))
    }
}

/// Exports on the wire.
package enum ExportCoding {
    /// Whom a package is to be sealed for, and which way its link goes.
    package static func order(_ object: JSONObject) throws(Refusal) -> (seal: ExportSeal, byMail: Bool) {
        var problems: [Refusal.Member] = []
        for member in object.members where !["passphrase", "recipient", "mail"].contains(member.name) {
            problems.append(.init(member.name, Refusal.Code.memberUnknown.rawValue, "there is no such member"))
        }
        var seal: ExportSeal?
        switch (object["passphrase"], object["recipient"]) {
        case (.string(let text)?, nil):
            var bytes = Array(text.utf8)
            if let passphrase = Passphrase(bytes) {
                seal = .passphrase(passphrase)
            } else {
                problems.append(
                    .init(
                        "passphrase", "value-invalid",
                        "a passphrase has \(Passphrase.minimumByteCount) to 1024 bytes: a few words that nobody guesses"))
            }
            wipe(&bytes)
        case (nil, .string(let text)?):
            if let recipient = try? AgeRecipient(text) {
                seal = .recipient(recipient)
            } else {
                problems.append(.init("recipient", "value-invalid", "recipient is a public key of age: age1…"))
            }
        default: problems.append(.init("passphrase", "value-required", "give a passphrase or a recipient, one of them, as a text"))
        }
        var byMail = false
        switch object["mail"] {
        case nil, .bool(false)?: break
        case .bool(true)?: byMail = true
        default: problems.append(.init("mail", "type-wrong", "mail is true or false"))
        }
        guard let seal, problems.isEmpty else { throw Refusal(.valueInvalid, "a member of the body is wrong", members: problems) }
        return (seal, byMail)
    }

    /// A package that was built. The manifest is the signed document that is in the package, too: names of files, counts and hashes, and no value.
    ///
    /// - Parameter withLink: a link that went by mail is the person's alone.
    package static func object(_ package: ExportedPackage, withLink: Bool) -> JSONObject {
        var records = JSONObject()
        for (entity, count) in package.counts { records[entity] = .number(JSONNumber(count)) }
        return [
            "package": .string(package.id.description), "link": withLink ? .string(package.link.value) : .null,
            "expires_at": .string(package.expiresAt.description), "bytes": .number(JSONNumber(package.byteCount)), "records": .object(records),
            "manifest": (try? JSONReader.read(package.manifest.bytes)) ?? .null,
        ]
    }
}
