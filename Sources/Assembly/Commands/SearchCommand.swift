import ArgumentParser
import Catalog
import DataFormats
import Foundation
import Gateway

struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "What the search tokens of the vault tell.", subcommands: [Report.self]
    )

    struct Report: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "For each searchable field: how many bits leak to whoever has the vault alone.",
            discussion: """
                Reads every token of the tenant, on this host; prints counts, never a token or a value.

                Examples:
                  gatehouse search report
                  gatehouse search report --entity contact --json
                """
        )

        @OptionGroup var place: PlaceOptions
        @Option(help: "One entity alone.") var entity: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            if try place.remote != nil {
                throw CommandFailure(.invalid, "search reports are made on the gateway's host", hint: "run this there with --state")
            }
            let wanted = entity
            let exposures = try await place.withGateway { gateway, context in
                if let wanted, gateway.catalog.entity(named: wanted) == nil {
                    throw CommandFailure(
                        .invalid, "there is no entity of this name", hint: "one of " + gateway.catalog.entities.map(\.name).joined(separator: ", "))
                }
                return try await gateway.searchExposures(of: wanted.flatMap { gateway.catalog.entity(named: $0) }, context)
            }
            if json { return Console.say(String(decoding: SearchCommand.json(exposures).encoded(), as: UTF8.self)) }
            SearchCommand.say(exposures)
        }
    }

    private static let learned = """
        whoever has the vault and not its keys learns which records share a value and how often each value occurs, and no value
        """

    private static func say(_ exposures: [SearchExposure]) {
        if exposures.isEmpty { return Console.say("there are no search tokens") }
        Table.print(
            ["field", "search", "token bits", "tokens", "distinct", "largest", "share", "entropy", "min-entropy", "fits"],
            exposures.map { exposure in
                [
                    "\(exposure.entity).\(exposure.field)", exposure.kind.rawValue, "\(exposure.tokenBits)", "\(exposure.tokens)",
                    "\(exposure.distinct)", "\(exposure.largest)", decimal(exposure.largestShare * 100, 2) + " %", decimal(exposure.entropy, 1),
                    decimal(exposure.minimumEntropy, 1), exposure.suggestedBits.map { "token_bits: \($0)" } ?? "",
                ]
            }
        )
        Console.say("\n\(learned).")
        Console.say("Entropy is that of the counts, in bits; a field is low where it has less than half the bits of its number of tokens.")
        Console.say("FITS is the length with which different values share tokens, 2 <= C < sqrt(R), and equality is no longer certain.")
        for exposure in exposures where exposure.isLow { Console.say("warning: \(warning(exposure))\n  hint: \(hint(exposure))") }
    }

    private static func warning(_ exposure: SearchExposure) -> String {
        """
        \(exposure.entity).\(exposure.field) by \(exposure.kind.rawValue) has \(decimal(exposure.entropy, 1)) bits over \(exposure.tokens) tokens: \
        so few values that their frequencies, known from elsewhere, name the common ones
        """
    }

    private static func hint(_ exposure: SearchExposure) -> String {
        if let bits = exposure.suggestedBits {
            return "'token_bits: \(bits)' lets values share tokens; a search opens a few records more"
        }
        return "no length of token blurs so few values: leave the search out, or keep the vault as close as its keys"
    }

    private static func json(_ exposures: [SearchExposure]) -> JSONValue {
        .object([
            "learned": .string(learned),
            "fields": .array(
                exposures.map { exposure in
                    .object([
                        "entity": .string(exposure.entity), "field": .string(exposure.field), "search": .string(exposure.kind.rawValue),
                        "token_bits": .number(JSONNumber(exposure.tokenBits)), "tokens": .number(JSONNumber(exposure.tokens)),
                        "distinct_tokens": .number(JSONNumber(exposure.distinct)), "largest_bucket": .number(JSONNumber(exposure.largest)),
                        "largest_share": number(exposure.largestShare, 6),
                        "entropy_bits": number(exposure.entropy, 3),
                        "min_entropy_bits": number(exposure.minimumEntropy, 3),
                        "coincidences": number(exposure.coincidences, 6),
                        "suggested_token_bits": exposure.suggestedBits.map { .number(JSONNumber($0)) } ?? .null,
                        "warning": exposure.isLow ? .string(warning(exposure)) : .null,
                        "hint": exposure.isLow ? .string(hint(exposure)) : .null,
                    ])
                }
            ),
        ])
    }

    private static func number(_ number: Double, _ digits: Int) -> JSONValue {
        JSONNumber(text: decimal(number, digits)).map { .number($0) } ?? .null
    }
    private static func decimal(_ number: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", number) }
}
