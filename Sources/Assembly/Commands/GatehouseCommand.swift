package import ArgumentParser
import Foundation
import Logging

/// `gatehouse`: one program that serves and commands.
package struct GatehouseCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "A privacy, security and compliance gateway in front of a CRM's data.",
        discussion: """
            Commands work on this host's state directory (--state, GATEHOUSE_STATE, default .state), or from anywhere on a running
            gateway: GATEHOUSE_PROFILE ('gatehouse profile add'), or GATEHOUSE_URL and GATEHOUSE_TOKEN.

            Exit codes: 0 done, 1 failed, 2 partly done, 3 denied, 4 not found, 5 invalid input, 6 unavailable, 7 unfit to serve,
            64 wrong usage.

            Examples:
              gatehouse serve --state .state --port 8080
              gatehouse token issue --role sales-rep --user ann --json
              gatehouse import people.csv --as contacts --map people.yaml --dry-run
              gatehouse policy test ./policies
            """,
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, TokenCommand.self, UserCommand.self, TeamCommand.self, ImportCommand.self, JobCommand.self, SampleCommand.self,
            AuditCommand.self,
            SchemaCommand.self,
            GrantCommand.self, SubjectCommand.self, RequestCommand.self, ConsentCommand.self, CertificateCommand.self, NoticeCommand.self,
            SuppressionCommand.self, HoldCommand.self, HoneyCommand.self, LimitCommand.self, RetentionCommand.self, ReportCommand.self,
            AgentCommand.self, WebhookCommand.self, KeyCommand.self, BackupCommand.self, SealCommand.self, OpenCommand.self,
            GetCommand.self, ListCommand.self, CreateCommand.self, UpdateCommand.self, DeleteCommand.self, ProfileCommand.self,
            StatusCommand.self, ConfigCommand.self,
            SearchCommand.self,
            PolicyCommand.self,
            ExpressionCommand.self,
        ]
    )

    package init() {}

    /// The program's entry: failures become one sentence on standard error and the exit code of their kind.
    package static func launch() async {
        // A reader that has gone shows as a failed write, and not as the end of a command in the middle of its work.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            // The commands about the configuration tell what is wrong with it themselves.
            if !(command is any ReadsConfiguration) { try Configuration.ofProcess.apply() }
            if var asynchronous = command as? any AsyncParsableCommand { try await asynchronous.run() } else { try command.run() }
        } catch let failure as CommandFailure {
            Console.note("\(failure)")
            Foundation.exit(failure.kind.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}

/// Options of every command that works on a state directory or a running gateway.
struct PlaceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The state directory on this host.", valueName: "dir"))
    var state: String?

    /// Read by ``Configuration`` before any command runs.
    @Option(help: ArgumentHelp("The configuration file; gatehouse.yaml in the state directory when not said.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The folder of policies; found by itself in a checkout.", valueName: "dir"))
    var policies: String?

    @Option(help: ArgumentHelp("The tenant to work in, on this host.", valueName: "name"))
    var tenant: String?

    /// The running gateway to talk to, as the environment names it, unless a state directory was named.
    var remote: RemoteGateway? {
        get throws {
            guard state == nil, let remote = try RemoteGateway.named() else { return nil }
            if tenant != nil { throw CommandFailure(.invalid, "over the network the tenant is the token's", hint: "leave out --tenant") }
            return remote
        }
    }

    var runtime: Runtime.Options {
        Runtime.Options(state: state ?? ProcessInfo.processInfo.environment["GATEHOUSE_STATE"] ?? ".state", policies: policies)
    }
}

/// Says on standard output what was asked for, and on standard error what takes long.
///
/// A reader that has gone (`| head`) is no failure: what it does not take is dropped, and the command comes to its end.
enum Console {
    static let isTerminal = isatty(STDERR_FILENO) == 1

    static func note(_ text: String) { write("\(text)\n", to: STDERR_FILENO) }
    static func say(_ text: String) { write("\(text)\n", to: STDOUT_FILENO) }

    static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }
}
