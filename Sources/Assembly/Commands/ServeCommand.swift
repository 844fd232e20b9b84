import ArgumentParser
import Foundation
import Gateway
import HTTPInterface
import Identity
import Logging
import ServiceLifecycle
import Telemetry
import UnixSignals
import Vocabulary

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the HTTP API on loopback.",
        discussion: """
            Without DATABASE_URL and VAULT_URL a private PostgreSQL is made below the state directory and stopped at the end. Prints
            'ready http://127.0.0.1:PORT' on a line of its own once requests are answered.

            Changed policies come into force by themselves, or on SIGHUP, once they compile and their cases hold; else what is wrong is
            told and the running ones stay.

            Example: gatehouse serve --state .state --port 8080
            """
    )

    @OptionGroup var place: PlaceOptions

    @Option(help: "The port on 127.0.0.1; 0 takes a free one.")
    var port = 8080

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
        let port = port
        try await Runtime.with(options, progress: { Console.note($0) }) { runtime in
            let observe = runtime.telemetry.observer
            try await Self.makeAdministrator(runtime)
            let api = API(
                gateway: runtime.gateway, authenticator: runtime.gateway.authenticator(), observe: observe,
                metrics: { runtime.telemetry.page(accept: $0) })
            let server = Server(api, host: "127.0.0.1", port: port) { port in
                observe(.serving(address: "127.0.0.1:\(port)"))
                Console.say("ready http://127.0.0.1:\(port)")
            }
            let watch = PolicyWatch(
                folder: runtime.policies.location, running: runtime.policies.folder, fingerprint: runtime.policies.fingerprint,
                gateway: runtime.gateway, observe: observe
            )
            let settings = try KeySettings(environment: ProcessInfo.processInfo.environment, runtime.state)
            if settings.recipients.isEmpty { observe(.recoveryMissing) }
            let keeper = RotationKeeper(runtime: runtime, epochLength: settings.epochLength)
            let witnesses = try WitnessKeeper(runtime)
            let feeds = try FeedKeeper(runtime)
            let services = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [
                        .init(service: watch), .init(service: keeper), .init(service: LogKeeper(runtime: runtime)),
                        .init(service: LogHousekeeper(runtime: runtime)), .init(service: witnesses),
                        .init(service: feeds),
                        .init(service: server),
                    ], gracefulShutdownSignals: [.sigterm, .sigint],
                    logger: runtime.telemetry.logger
                )
            )
            do { try await services.run() } catch {
                throw CommandFailure(
                    .unavailable, "127.0.0.1:\(port) cannot be served", hint: "is another program using the port? try --port 0"
                )
            }
            observe(.stopping)
        }
    }

    /// The first key of the first tenant, for whoever can read the state directory.
    private static func makeAdministrator(_ runtime: Runtime) async throws {
        let path = runtime.state.administratorToken
        guard !FileManager.default.fileExists(atPath: path) else { return }
        // Of gateways that start at the same moment one makes it.
        let turn = try FileLock(runtime.state.path + "/administrator.turn")
        turn.own()
        defer { extendLifetime(turn) }
        guard !FileManager.default.fileExists(atPath: path) else { return }
        var order = CredentialOrder(roles: ["administrator"], user: "administrator")
        order.purpose = "operations"
        do {
            let (key, _) = try await runtime.gateway.issueCredential(order, runtime.hostContext(makesTenant: true))
            try StateDirectory.writeSecret(key.revealed, to: path)
        } catch let refusal as Refusal {
            throw CommandFailure(refusal)
        }
        Console.note("an administrator's token is in \(path)")
    }
}
