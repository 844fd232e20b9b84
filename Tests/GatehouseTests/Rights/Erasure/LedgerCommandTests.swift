import Archives
import DataFormats
import Foundation
import Sealing
import SubjectRights
import TestPostgres
import Testing
import TransparencyLog

/// A gateway that has a repository of backups, or has it for a while only.
@Suite(.timeLimit(.minutes(15)))
struct LedgerCommandTests {
    @Test func `an erasure waits for the repository of backups, and comes to its end without anybody`() async throws {
        try await Site.with { site in
            let folder = try TemporaryFolder.make()
            let (operations, offline) = (AgeIdentity.make(), AgeIdentity.make())
            let recipients = folder + "/recipients"
            try "\(operations.recipient)\n".write(toFile: recipients, atomically: true, encoding: .utf8)
            site.add(["GATEHOUSE_BACKUP_REPOSITORY": folder + "/repository", "GATEHOUSE_BACKUP_RECIPIENTS_FILE": recipients])
            let refused = try await site.run("status")
            #expect(refused.status == 7 && refused.errors.contains("one recipient"), "\(refused.errors)")
            try "\(operations.recipient)\n\(offline.recipient)\n".write(toFile: recipients, atomically: true, encoding: .utf8)

            try await site.serve()
            let scene = try await RequestScene(site)
            let id = try await scene.opened("erasure")
            #expect(try await scene.step(id, "approve", by: scene.second)["state"] == "in-progress")
            let answer = try await scene.step(id, "run")
            #expect(answer.status == 503 && answer.code == "repository-unavailable" && answer.headers["retry-after"] != nil)
            #expect(try await site.administerVault("SELECT count(*) FROM data_key WHERE holder = '\(scene.contact)'") == "0")
            let status = try await site.run("status")
            #expect(status.status == 0 && status.output.contains("1 person not in the repository, since 20"), "\(status.output)\(status.errors)")
            let asOfficer = ["GATEHOUSE_URL": scene.officer.url, "GATEHOUSE_TOKEN": try #require(scene.officer.token)]
            let certificate = try await site.run("request", "certificate", id, environment: asOfficer)
            #expect(certificate.status == 6 && certificate.errors.contains("has not taken the record of it yet"), "\(certificate.errors)")

            let medium = try await DirectoryMedium.open(folder + "/repository", making: true)
            _ = try await ArchiveRepository.open(medium, signer: nil, makes: true)
            try await eventually("the request is fulfilled") { try await scene.officer.get("/v1/requests/\(id)")["state"] == "fulfilled" }
            #expect(try await site.run("request", "certificate", id, environment: asOfficer).status == 0)
            // The request had a key of its own, which went with its end: the repository is told of that, too.
            try await eventually("the repository knows of everything") {
                try await site.run("status", "--json").output.contains("\"erasures_unrecorded\":{\"people\":0,\"since\":null,\"failure\":null}")
            }

            let key = try NoteKey(try await site.run("certificate", "key").output.trimmingCharacters(in: .whitespacesAndNewlines))
            let ledger = ErasureLedger(try await ArchiveRepository.open(medium, signer: nil, trusted: [key], makes: false))
            let entries = try await ledger.entries(ledger.numbers(), with: [offline])
            #expect(entries.flatMap(\.batch.people).contains { "\($0.subject)" == scene.contact })
        }
    }
}
