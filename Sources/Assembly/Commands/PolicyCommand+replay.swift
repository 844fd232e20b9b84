import ArgumentParser
import Catalog
import DataFormats
import Gateway
import HTTPInterface
import Policies
import PolicyFiles
import Storage
import Vocabulary

extension PolicyCommand {
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide the recorded accesses again under other policies, and list every difference.",
            discussion: """
                Each access of the audit trail is decided under the new policies as it was asked: by the same roles and user, for the same
                purpose and reason, with the same grant, at the same time. Records are taken as they are today; a difference that the
                running policies make today, too, is marked 'since changed'. On this host the records' plain fields are asked; over
                GATEHOUSE_URL records cannot be looked at, what a caller sees at most decides, and the running policies are those of --policies.

                The trail does not tell a caller's teams and attributes, the address, or Sec-GPC: rules that ask for those come out as if
                there were none. What a refused change would have written is not told either, so such refusals are passed over.

                Examples:
                  gatehouse policy replay --since 30d ./policies.new --state .state
                  gatehouse policy replay --since 2026-11-01T00:00:00Z ./policies.new --json
                """
        )

        @Argument(help: "The folder of the new policies.") var new: String
        @OptionGroup var place: PlaceOptions
        @Option(help: "From this time on, or for so long: 12h, 30d.") var since = "30d"
        @Option(help: "Before this time.") var until: String?
        @Flag(name: .customLong("fail-on-change"), help: "End with 1 when there is a difference.") var failsOnChange = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let loaded: PolicyFolder
            do { loaded = try PolicyFolder.load(new) } catch { throw CommandFailure(error) }
            let (since, until) = (try TrailTime.since(since, now: .now()), try until.map { try TrailTime.point($0, "--until") })
            let outcome: TrailReplay
            if let remote = try place.remote {
                let running: PolicyFolder
                do { running = try PolicyFolder.load(PolicyLocation.find(place.policies, nil)) } catch let error as Diagnostics {
                    throw CommandFailure(error)
                }
                outcome = try await TrailReplay.run(
                    RemoteTrail(client: try GatewayClient(remote), since: since, until: until), running: running.policies, new: loaded.policies)
            } else {
                outcome = try await place.withGateway { gateway, context in
                    try await TrailReplay.run(
                        HostTrail(gateway: gateway, context: context, since: since, until: until), running: gateway.policies,
                        new: loaded.policies)
                }
            }
            if json { PolicyCommand.show(outcome.members) } else { outcome.say() }
            if failsOnChange, !outcome.replay.groups.isEmpty { throw CommandFailure(.failed, "the policies decide otherwise") }
        }
    }
}
