import Archives
import ArgumentParser
import DurableFiles
import Foundation
import TransparencyLog

extension BackupCommand {
    /// What PostgreSQL itself runs. Neither connects to a database.
    struct WAL: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "wal",
            abstract: "Take segments of the write-ahead log from PostgreSQL, and give them back.",
            discussion: """
                PostgreSQL runs these as archive_command and restore_command, under its own account: the state directory has to be that account's
                (docs/backup-continuous.md).

                Examples:
                  archive_command = 'gatehouse backup wal push %p --state /var/lib/postgresql/gatehouse'
                  restore_command = 'gatehouse backup wal fetch %f %p --identity /var/lib/postgresql/operations.txt'
                """,
            subcommands: [Push.self, Fetch.self]
        )
    }
}

/// The verifier keys of other hosts.
struct SignerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The verifier key of a host whose statements are believed, too; 'gatehouse certificate key' prints it there.", valueName: "key"))
    var signer: [String] = []
}

extension BackupCommand.WAL {
    struct Push: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal a segment and put it into the repository: archive_command.",
            discussion: """
                Ends with 0 only when the segment is there and durable; PostgreSQL keeps it and tries again otherwise. Pushed again with the same
                content it is there already; with other content it is refused.

                Example: archive_command = 'gatehouse backup wal push %p --state /var/lib/postgresql/gatehouse'
                """
        )
        @OptionGroup var place: PlaceOptions
        @OptionGroup var signers: SignerOptions
        @Argument(help: "The file, as PostgreSQL names it (%p).", completion: .file()) var path: String

        func run() async throws {
            let state = try StateDirectory(place.runtime.state)
            let site = try await BackupSite.open(state, policies: nil, writes: true, makes: false, signers: signers.signer)
            let recipients = try site.settings.recipients()
            do throws(ArchiveError) {
                _ = try await site.repository.push(WALSource(path), for: recipients)
            } catch {
                throw CommandFailure(error)
            }
        }
    }

    struct Fetch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify and open a segment, and write it where PostgreSQL wants it: restore_command.",
            discussion: """
                Ends with 1 when the log has no such file, which PostgreSQL takes for the log's end; with 200 and more whenever anything is
                wrong, so that recovery stops and does not end early. A segment that is missing although later ones are there is wrong, too.

                Example: restore_command = 'gatehouse backup wal fetch %f %p --identity /var/lib/postgresql/operations.txt'
                """
        )
        /// Above 125, PostgreSQL gives up recovery; the kind of failure is added.
        private static let stop: Int32 = 200

        @OptionGroup var place: PlaceOptions
        @OptionGroup var signers: SignerOptions
        @Argument(help: "The file's name (%f).") var name: String
        @Argument(help: "Where to write it (%p).", completion: .file()) var destination: String
        @Option(name: [.customShort("i"), .long], help: ArgumentHelp("A file with age identities.", valueName: "file")) var identity: [String]
        @Option(
            help: ArgumentHelp(
                "The cluster's system identifier; by global/pg_control in the current folder when not given.", valueName: "number"))
        var system: String?

        func run() async throws {
            let isThere: Bool
            do {
                isThere = try await fetch()
            } catch {
                let failure = error as? CommandFailure ?? CommandFailure(.failed, "\(name) could not be fetched")
                Console.note("\(failure)")
                Foundation.exit(Self.stop + failure.kind.rawValue)
            }
            if !isThere { throw ExitCode(1) }
        }

        private func fetch() async throws -> Bool {
            guard let file = WALFile(name) else { throw CommandFailure(.invalid, "\(name) is no file of a write-ahead log") }
            let system: String
            if let named = self.system {
                system = named
            } else {
                do throws(FileError) { system = try WALSource.system(of: "") } catch {
                    throw CommandFailure(.invalid, "there is no global/pg_control in the current folder", hint: "name the cluster with --system")
                }
            }
            let identities = try identity.flatMap { (path) throws(CommandFailure) in try IdentityFile.read(path) }
            let state = try StateDirectory(place.runtime.state)
            let site = try await BackupSite.open(state, policies: nil, writes: false, signers: signers.signer)
            do throws(ArchiveError) {
                return try await site.repository.fetch(file, of: system, with: identities, to: destination)
            } catch {
                throw CommandFailure(error)
            }
        }
    }
}
