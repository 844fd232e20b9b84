import Foundation
import Gateway
import Identity
import IdentityProviders
import Policies
import PolicyFiles
import ServiceLifecycle
import Storage
import Vocabulary

/// The issuers of tokens that `GATEHOUSE_ISSUERS_FILE` names; without the setting only keys are taken.
struct TrustedIssuers: Sendable {
    let published: [PublishedKeys]
    /// `nil` when no issuer is trusted.
    let verifier: TokenVerifier?

    init(_ runtime: Runtime) throws {
        try self.init(runtime, path: ProcessInfo.processInfo.environment["GATEHOUSE_ISSUERS_FILE"])
    }

    private init(_ runtime: Runtime, path: String?) throws {
        guard let path else {
            (published, verifier) = ([], nil)
            return
        }
        let observe = runtime.telemetry.observer
        let policies = runtime.gateway.policies
        let issuers = try Self.read(path, IssuerReading(roles: policies.roles, attributes: Set(policies.attributes.keys)))
        let published = issuers.map { PublishedKeys($0, observe: observe) }
        self.published = published
        verifier = TokenVerifier(zip(issuers, published).map { ($0, $1.keys) }) { issuer, flaw in
            observe(.tokenRefused(issuer: issuer, code: flaw.rawValue))
        }
    }

    static func read(_ path: String, _ reading: IssuerReading) throws(CommandFailure) -> [Issuer] {
        guard let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self) else {
            throw CommandFailure(.unfit, "\(path) cannot be read", hint: "GATEHOUSE_ISSUERS_FILE names the file of issuers")
        }
        do throws(Diagnostic) {
            let issuers = try reading.issuers(YAMLDocument.read(text, file: path))
            for issuer in issuers {
                guard let file = issuer.authoritiesFile, !FileManager.default.isReadableFile(atPath: file) else { continue }
                throw Diagnostic(SourcePosition(file: path, line: 1, column: 1), "the file of 'ca' of \(issuer.name) cannot be read")
            }
            return issuers
        } catch {
            throw CommandFailure(Diagnostics([error]))
        }
    }
}

/// Fetches the keys of issuers before they are asked for: at the start, and whenever they are due.
struct IssuerKeeper: Service {
    let issuers: TrustedIssuers
    var interval: Duration = .seconds(5)

    func run() async throws {
        guard !issuers.published.isEmpty else {
            try? await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown {
            repeat {
                await withTaskGroup(of: Void.self) { group in
                    for issuer in issuers.published { group.addTask { await issuer.refreshWhenDue() } }
                }
            } while (try? await Task.sleep(for: interval)) != nil
        }
    }
}

/// Notes when keys were used last. What a crash loses is an hour of it.
struct UseKeeper: Service {
    let store: StoreDatabase
    let authenticator: Authenticator
    var interval: Duration = .seconds(60)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: interval)) != nil {
                let uses = authenticator.takeUses()
                if !uses.isEmpty { try? await store.noteUses(uses) }
            }
        }
    }
}
