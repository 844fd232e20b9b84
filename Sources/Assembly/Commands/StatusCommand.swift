import ArgumentParser
import DataFormats
import Foundation
import Gateway
import HTTPInterface
import Identity
import Storage
import TransparencyLog
import Vocabulary

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Keys, the audit log and its witnesses, and until when what was erased can be read in old copies.",
        discussion: """
            The shred horizon is the moment from which no copy of the vault, however old, opens what was erased: then the epoch in which the
            last person was erased has ended. GATEHOUSE_EPOCH_DAYS (30) sets how long that takes at most.

            Example: gatehouse status --json
            """
    )
    @OptionGroup var place: PlaceOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let json = json
        let settings = try KeySettings(environment: ProcessInfo.processInfo.environment, StateDirectory(place.runtime.state))
        let epochLength = settings.epochLength
        let state = try StateDirectory(place.runtime.state)
        try await place.onHost { gateway, context in
            let status = try await gateway.keyStatus(epochLength: epochLength, context)
            let log = try await gateway.logOverview(context)
            let spooled = Self.spooledBytes(state)
            let unrecorded = try await gateway.unrecordedErasures(of: context.principal.tenant)
            if json {
                var object = Self.object(status)
                object["audit"] = .object(LogCoding.object(log))
                object["spooled_bytes"] = .number(JSONNumber(spooled))
                object["erasures_unrecorded"] = unrecorded.map { .object(LedgerText.object($0.erasures, $0.failure)) } ?? .null
                return Console.say(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self))
            }
            var rows = [
                ["key provider", status.provider],
                [
                    "recovery",
                    status.hasRecovery ? "epoch keys are copied to offline recipients" : "none: whoever loses the provider loses everything",
                ],
                ["epoch", "\(status.epoch), since \(status.epochBegan)" + (status.openEpochs > 1 ? " (\(status.openEpochs) are open)" : "")],
                ["last epoch ended", Self.ended(status.lastEnded)],
                ["suite", status.suite == 2 ? "2 (XAES-256-GCM)" : "1 (XChaCha20-Poly1305)"],
                ["people with a key", "\(status.subjects)"],
                ["people erased", "\(status.destroyed)"],
                ["shred horizon", Self.horizon(status)],
            ]
            rows += status.rotations.map { ["rotating", "\($0.kind.rawValue): \($0.step)\($0.total > 0 ? ", \($0.done * 100 / $0.total) %" : "")"] }
            rows.append(["erasures for backups", unrecorded.map { LedgerText.sentence($0.erasures, $0.failure) } ?? LedgerText.none])
            rows += Self.rows(log, spooled)
            Table.print(["what", "state"], rows)
        }
    }

    private static func rows(_ log: LogOverview, _ spooled: Int) -> [[String]] {
        let signed = log.epochs.last { $0.origin.epoch == log.origin.epoch }
        var rows = [
            ["audit log", "\(log.size) entries in epoch \(log.origin.epoch)"],
            ["signed head", signed.map { "\($0.checkpoint.head.size) entries, at \($0.signedAt)" } ?? "none yet"],
        ]
        if spooled > 0 { rows.append(["spool", "\(spooled) bytes wait for the database"]) }
        let present = log.witnesses.filter { $0.epoch == log.origin.epoch }
        if present.isEmpty { rows.append(["witnesses", "none: whoever has this host can rewrite the log unseen"]) }
        for witness in present {
            let state = witness.failure.map { "confirms nothing since \(witness.failingSince.map { "\($0)" } ?? "the beginning") (\($0))" }
            rows.append(["witness \(witness.witness)", state ?? "\(witness.size) entries, at \(witness.witnessedAt.map { "\($0)" } ?? "")"])
        }
        for feed in log.feeds {
            let state = feed.failure.map { "takes nothing since \(feed.failingSince.map { "\($0)" } ?? "the beginning") (\($0))" }
            rows.append(["feed \(feed.feed)", state ?? "delivered up to \(feed.next.epoch).\(feed.next.position)"])
        }
        return rows
    }

    /// What the spools of this host's gateways hold beyond their heads.
    private static func spooledBytes(_ state: StateDirectory) -> Int {
        let folders = ((try? FileManager.default.contentsOfDirectory(atPath: state.audit)) ?? []).filter { $0.hasPrefix("spool") }
        return folders.reduce(0) { sum, folder in
            let path = state.audit + "/" + folder
            let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            return sum + files.reduce(0) { $0 + (((try? FileManager.default.attributesOfItem(atPath: path + "/" + $1))?[.size] as? Int) ?? 0) }
        }
    }

    private static func ended(_ epoch: EndedEpoch?) -> String {
        guard let epoch else { return "none yet" }
        return "\(epoch.epoch), unused since \(epoch.unusedSince), "
            + (epoch.destroyedAt.map { "destroyed \($0)" } ?? "its key is still to be destroyed: gatehouse key rotate epoch")
    }

    private static func horizon(_ status: KeyStatus) -> String {
        if status.readableInCopies == 0 { return "reached: no copy of the vault opens anybody who was erased" }
        let people = "\(status.readableInCopies) erased \(status.readableInCopies == 1 ? "person" : "people") in old copies"
        guard let end = status.shredHorizon else { return "\(people) until the epoch is ended by hand: gatehouse key rotate epoch" }
        return "\(people) until \(end)"
    }

    private static func object(_ status: KeyStatus) -> JSONObject {
        var object: JSONObject = [
            "provider": .string(status.provider), "recovery": .bool(status.hasRecovery), "epoch": .number(JSONNumber(status.epoch)),
            "epoch_began": .string(status.epochBegan.description), "open_epochs": .number(JSONNumber(status.openEpochs)),
            "suite": .number(JSONNumber(status.suite)), "search_generation": .number(JSONNumber(status.searchGeneration)),
            "subjects": .number(JSONNumber(status.subjects)), "erased": .number(JSONNumber(status.destroyed)),
            "erased_readable_in_copies": .number(JSONNumber(status.readableInCopies)),
            "rotations": .array(status.rotations.map { .object(KeyCommand.object($0)) }),
        ]
        object["shred_horizon"] = status.shredHorizon.map { .string($0.description) } ?? .null
        if let ended = status.lastEnded {
            var epoch: JSONObject = ["epoch": .number(JSONNumber(Int(ended.epoch))), "unused_since": .string(ended.unusedSince.description)]
            epoch["destroyed_at"] = ended.destroyedAt.map { .string($0.description) } ?? .null
            object["last_ended"] = .object(epoch)
        }
        return object
    }
}
