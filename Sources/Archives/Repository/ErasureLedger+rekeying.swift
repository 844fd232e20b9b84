import DataFormats
package import Sealing
import SubjectRights

extension ErasureLedger {
    /// Seals every entry for other recipients, as ``ArchiveRepository/rekey(with:to:progress:)`` does with archives. Numbers, tenants and people
    /// stay as they are.
    ///
    /// - Returns: how many entries have new recipients.
    package func rekey(with identities: [AgeIdentity], to recipients: [AgeRecipient]) async throws(ArchiveError) -> Int {
        let names = recipients.map { JSONValue.string("\($0)") }
        var count = 0
        for number in try await numbers() {
            let key = RepositoryLayout.erasure(number)
            var statement = try await repository.statement(.erasureLedger, at: key)
            if statement["recipients"] == .array(names) { continue }
            guard let sealed = statement["sealed"]?.stringValue.flatMap({ Base64.decode($0) }) else {
                throw .damaged(key, "it is no entry of a kind that is known here")
            }
            do throws(AgeError) {
                let (header, replaced) = try AgeFile.rewrapped(sealed, with: identities, to: recipients)
                statement["sealed"] = .string(Base64.encode(header + sealed[replaced...]))
            } catch {
                throw .sealed(key, error)
            }
            statement["recipients"] = .array(names)
            try await repository.put(statement, as: .erasureLedger, at: key)
            count += 1
        }
        return count
    }
}
