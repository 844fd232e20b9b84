import ArgumentParser
import Foundation
import Gateway
import Identity
import Logging
import Telemetry
import Vocabulary

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the HTTP API.",
        discussion: """
            Without DATABASE_URL and VAULT_URL a private PostgreSQL is made below the state directory and stopped at the end. Prints
            'ready http://127.0.0.1:PORT' on a line of its own once requests are answered.

            Any other address than loopback is served with TLS alone: GATEHOUSE_TLS_CERTIFICATE_FILE and GATEHOUSE_TLS_KEY_FILE. Renewed
            files come into use by themselves, or on SIGHUP. GATEHOUSE_TLS_CLIENT_CA_FILE takes client certificates.

            Changed policies come into force by themselves, or on SIGHUP, once they compile and their cases hold; else what is wrong is
            told and the running ones stay.

            While the databases are being restored every request is answered with 503 'restoring', also when that began before the start.
            When it has ended, requests are answered again.

            Examples:
              gatehouse serve --state .state --port 8080
              gatehouse serve --listen 0.0.0.0:8443
            """
    )

    @OptionGroup var place: PlaceOptions

    @Option(help: "The port on 127.0.0.1; 0 takes a free one. (default: 8080)")
    var port: Int?

    @Option(help: ArgumentHelp("Where to listen, GATEHOUSE_LISTEN when not said.", valueName: "host:port"))
    var listen: String?

    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning or error.")
    var logLevel = "notice"

    func run() async throws {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError("'\(logLevel)' is no log level: trace, debug, info, notice, warning or error")
        }
        // The watch over the policies listens to it later; until then it must not end the process.
        signal(SIGHUP, SIG_IGN)
        var options = place.runtime
        options.logLevel = level
        options.testsPolicies = true
        options.spools = true
        try await ServedGateway(options, at: ListenSettings(listen: listen, port: port, environment: options.environment)).run()
    }

    /// The first key of the first tenant, for whoever can read the state directory. Where there has ever been a key none is made: whoever revoked
    /// all of them meant it, and whoever reads this host can issue one.
    static func makeAdministrator(_ runtime: Runtime) async throws {
        // Of gateways that start at the same moment one makes it.
        let turn = try FileLock(runtime.state.path + "/administrator.turn")
        turn.own()
        defer { extendLifetime(turn) }
        let path = runtime.state.administratorToken
        var order = CredentialOrder(roles: ["administrator"], user: "administrator")
        order.purpose = "operations"
        do {
            let context = try await runtime.hostContext(makesTenant: true)
            if try await runtime.gateway.hasCredentials(context) { return }
            let key = APIKey.make()
            // Before it is alive, so that no crash leaves one that nobody has. What stood there opened nothing.
            unlink(path)
            try StateDirectory.writeSecret(key.revealed, to: path)
            _ = try await runtime.gateway.issueCredential(order, key: key, context)
        } catch let refusal as Refusal {
            throw CommandFailure(refusal)
        }
        Console.note("an administrator's token is in \(path)")
    }
}
