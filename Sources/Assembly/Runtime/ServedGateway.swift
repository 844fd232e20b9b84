import Foundation
import Gateway
import HTTPInterface
import Identity
import KeyRing
import PostgresLink
import ServiceLifecycle
import Telemetry
import UnixSignals
import Vocabulary

/// A gateway that serves, through restores of its databases.
///
/// The port is held all the time. What is behind it is taken down when a restore begins and made anew when it has ended, connections, caches of
/// keys and credentials, policies, the log's sequencer and the keepers alike: none of them could say which part of what it remembers the
/// restore has left true, and a key of somebody who was erased again must not be among it. That also covers a gateway that slept through the
/// whole of a restore: the databases name the last one, and another name than at the start is as good as a mark.
struct ServedGateway: Sendable {
    private let options: Runtime.Options
    private let telemetry: RuntimeTelemetry
    private let listen: ListenSettings
    private let door: Door
    /// Requests can be answered, be it by a refusal.
    private let isReady = Latch()
    /// The port is given back.
    private let hasEnded = Latch()

    private var observe: Observer { telemetry.observer }

    init(_ options: Runtime.Options, at listen: ListenSettings) {
        var options = options
        telemetry = RuntimeTelemetry(level: options.logLevel)
        options.telemetry = telemetry
        self.options = options
        self.listen = listen
        door = Door(observe: telemetry.observer)
    }

    /// Serves until the process is told to end.
    func run() async throws {
        // What TLS needs is looked at before anything else is begun.
        let fingerprint = listen.tls?.fingerprint
        let tls = try listen.tls?.open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await holdPort(tls, fingerprint) }
            defer { group.cancelAll() }
            var isOpenedAgain = false
            while !hasEnded.hasHappened {
                do {
                    guard try await serveUntilRestored() else { break }
                } catch let failure as CommandFailure {
                    // The server may be on its way up still; at the start that is for whoever started us to see.
                    guard isOpenedAgain, failure.kind == .unavailable else { throw failure }
                    try await Task.sleep(for: .seconds(1))
                    continue
                }
                observe(.restoring(isUnderWay: true))
                isReady.happen()
                try await waitForTheEnd()
                observe(.restoring(isUnderWay: false))
                isOpenedAgain = true
            }
            try await group.waitForAll()
        }
        observe(.stopping)
    }

    private func holdPort(_ tls: ServerTLS?, _ fingerprint: FolderFingerprint?) async throws {
        defer { hasEnded.happen() }
        await isReady.wait()
        if Task.isCancelled { return }
        let made: Listener? =
            if let tls { Listener(host: listen.host, port: listen.port, tls: tls, trusted: listen.trusted) } else {
                Listener(plainOn: listen.host, port: listen.port, trusted: listen.trusted)
            }
        guard let listener = made else { throw CommandFailure(.unfit, "\(listen.host) is not loopback") }
        let server = Server({ [door] in await door.respond(to: $0) }, at: listener) { [observe, listen] port in
            observe(.serving(address: "\(listen.authority):\(port)"))
            Console.say("ready \(listen.url(port: port))")
        }
        var held: [ServiceGroupConfiguration.ServiceConfiguration] = [.init(service: server)]
        if let tls, let files = listen.tls, let fingerprint {
            held.append(.init(service: CertificateWatch(files: files, tls: tls, fingerprint: fingerprint, observe: observe)))
        }
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: held, gracefulShutdownSignals: [.sigterm, .sigint], logger: telemetry.logger))
        do { try await services.run() } catch {
            throw CommandFailure(
                .unavailable, "\(listen.authority):\(listen.port) cannot be served", hint: "is another program using the port? try --port 0")
        }
    }

    /// Answers true when a restore has begun, and false when the process is to end.
    private func serveUntilRestored() async throws -> Bool {
        let isRestored = Latch()
        let door = door
        var options = options
        options.onRestoring = {
            isRestored.happen()
            door.close()
        }
        do {
            try await Runtime.with(options, progress: { Console.note($0) }) { runtime in
                try await ServeCommand.makeAdministrator(runtime)
                let issuers = try TrustedIssuers(runtime)
                let authenticator = runtime.gateway.authenticator(tokens: issuers.verifier)
                let keepers = try Self.keepers(runtime, issuers, authenticator)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await keepers.run() }
                    group.addTask {
                        await Self.either(isRestored, hasEnded)
                        await keepers.triggerGracefulShutdown()
                    }
                    defer { group.cancelAll() }
                    door.open(
                        API(
                            gateway: runtime.gateway, authenticator: authenticator, observe: observe,
                            metrics: { telemetry.page(accept: $0) }))
                    // It may have been closed just before.
                    if isRestored.hasHappened { door.close() }
                    isReady.happen()
                    try await group.waitForAll()
                }
            }
        } catch {
            // Whatever fails then fails because of it.
            guard isRestored.hasHappened else { throw error }
        }
        return isRestored.hasHappened
    }

    /// Everything that works beside the answering of requests.
    private static func keepers(_ runtime: Runtime, _ issuers: TrustedIssuers, _ authenticator: Authenticator) throws -> ServiceGroup {
        let observe = runtime.telemetry.observer
        let watch = PolicyWatch(
            folder: runtime.policies.location, running: runtime.policies.folder, fingerprint: runtime.policies.fingerprint,
            gateway: runtime.gateway, observe: observe
        )
        let environment = ProcessInfo.processInfo.environment
        let settings = try KeySettings(environment: environment, runtime.state)
        if settings.recipients.isEmpty { observe(.recoveryMissing) }
        if Databases.isPooled(environment), environment[Databases.directVault] == nil {
            observe(.keyNewsMissing(seconds: Int(settings.ring.maximumAge.components.seconds)))
        }
        let services: [any Service] = [
            watch, RotationKeeper(runtime: runtime, epochLength: settings.epochLength), LogKeeper(runtime: runtime), LogHousekeeper(runtime: runtime),
            RequestKeeper(runtime: runtime), try WitnessKeeper(runtime), try FeedKeeper(runtime), ErasureKeeper(runtime: runtime),
            MergeKeeper(runtime: runtime), AgentKeeper(runtime),
            NoticeKeeper(runtime), EventKeeper(runtime), ExportKeeper(runtime: runtime), JobKeeper(runtime: runtime),
            try RetentionKeeper(runtime), LedgerKeeper(runtime: runtime),
            try BackupKeeper(runtime), AnswerKeeper(runtime: runtime), IssuerKeeper(issuers: issuers),
            UseKeeper(store: runtime.store, authenticator: authenticator),
            PeopleKeeper(gateway: runtime.gateway), HoneyKeeper(gateway: runtime.gateway),
        ]
        return ServiceGroup(
            configuration: ServiceGroupConfiguration(services: services.map { .init(service: $0) }, logger: runtime.telemetry.logger))
    }

    /// Looks once a second whether both databases are open; also comes back when the process is to end.
    private func waitForTheEnd() async throws {
        let state = try StateDirectory(options.state)
        try await Databases.with(state, telemetry, { Console.note($0) }, passesRestores: true) { databases in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await hasEnded.wait() }
                group.addTask {
                    while !Task.isCancelled {
                        // One that cannot be reached may be one that is being replaced.
                        if let store = try? await RestoreMark.read(databases.store), let vault = try? await RestoreMark.read(databases.vault),
                            store.restoring == nil, vault.restoring == nil
                        {
                            return
                        }
                        try? await Task.sleep(for: .seconds(1))
                    }
                }
                await group.next()
                group.cancelAll()
            }
        }
    }

    private static func either(_ first: Latch, _ second: Latch) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await first.wait() }
            group.addTask { await second.wait() }
            await group.next()
            group.cancelAll()
        }
    }
}
