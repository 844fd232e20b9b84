import ArgumentParser
import Catalog
import DataFormats
import Gateway
import Identity
import Policies
import PolicyFiles
import Vocabulary

extension PolicyCommand {
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compile the policies and their cases, and say what is likely a mistake.",
            discussion: """
                Whatever is wrong is told as file:line:column with a hint, and ends with 7. Warnings are told and end with 0, with --strict
                with 7: rules that can never match or are shadowed by a deny, rules that show a field for a purpose it is not kept for,
                fields that no role or every role sees, roles that may do nothing; with --users roles that nobody has, for which this host's
                state directory or GATEHOUSE_URL is asked.

                Examples:
                  gatehouse policy check
                  gatehouse policy check ./policies --strict --json
                  gatehouse policy check --users --state .state
                """
        )

        @Argument(help: "The folder of policies.") var folder: String?
        @OptionGroup var place: PlaceOptions
        @Flag(help: "Warnings are failures, too.") var strict = false
        @Flag(help: "Look for roles that no live key has.") var users = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let path = try PolicyLocation.find(folder ?? place.policies, nil)
            let loaded: PolicyFolder
            do throws(Diagnostics) {
                loaded = try PolicyFolder.load(path)
                _ = try PolicyFolder.cases(of: path, for: loaded.policies)
            } catch {
                if json { PolicyCommand.show(.object(["ok": false, "problems": PolicyCommand.json(error.all), "warnings": []])) }
                throw CommandFailure(error)
            }
            var warnings = PolicyLint.warnings(loaded.policies)
            if users { warnings += try await unusedRoles(loaded.policies) }
            let isFit = warnings.isEmpty || !strict
            if json {
                PolicyCommand.show(
                    .object([
                        "ok": .bool(isFit), "rules": .number(JSONNumber(loaded.policies.rules.count)),
                        "entities": .number(JSONNumber(loaded.catalog.entities.count)), "problems": [], "warnings": PolicyCommand.json(warnings),
                    ]))
            } else {
                for warning in warnings { Console.say("warning: \(warning)") }
                Console.say("ok: \(loaded.policies.rules.count) rules, \(loaded.catalog.entities.count) entities, \(warnings.count) warnings")
            }
            if !isFit { throw CommandFailure(.unfit, "\(warnings.count) warnings, and --strict was given") }
        }

        private func unusedRoles(_ policies: CompiledPolicies) async throws -> [Diagnostic] {
            var used: Set<String> = []
            if let remote = try place.remote {
                let keys = (try await GatewayClient(remote).object("GET", "/v1/tokens")["data"]?.arrayValue ?? []).compactMap(\.objectValue)
                for key in keys where key["revoked_at"]?.stringValue == nil {
                    used.formUnion((key["roles"]?.arrayValue ?? []).compactMap(\.stringValue))
                }
            } else {
                used = try await place.withGateway { gateway, context in
                    Set(try await gateway.listCredentials(context).filter { $0.revokedAt == nil }.flatMap(\.roles))
                }
            }
            return policies.roles.subtracting(used).sorted().map { role in
                Diagnostic(
                    policies.rolePositions[role] ?? SourcePosition(file: "roles.yaml", line: 1, column: 1), "nobody has the role '\(role)'",
                    hint: "no live key of the tenant names it"
                )
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the cases beside the policies, and look for rules that no case guards.",
            discussion: """
                A case says who does what with which record, and what has to come of it; see policies/README.md. A rule is guarded when
                some case fails once the rule is deleted. A failing case ends with 7, with --strict an unguarded rule does, too.

                Examples:
                  gatehouse policy test
                  gatehouse policy test ./policies --strict --json
                """
        )

        @Argument(help: "The folder of policies.") var folder: String?
        @OptionGroup var option: PolicyFolderOption
        @Flag(help: "Unguarded rules are failures, too.") var strict = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let path = try option.path(folder)
            let report: PolicyCaseReport
            do throws(Diagnostics) {
                let loaded = try PolicyFolder.load(path)
                report = loaded.policies.run(try PolicyFolder.cases(of: path, for: loaded.policies))
            } catch {
                throw CommandFailure(error)
            }
            if json { PolicyCommand.show(.object(Self.members(report))) } else { Self.say(report) }
            if !report.isPassed { throw CommandFailure(.unfit, "\(report.failed.count) cases fail") }
            if strict, !report.unguarded.isEmpty { throw CommandFailure(.unfit, "\(report.unguarded.count) rules are guarded by no case") }
        }

        private static func say(_ report: PolicyCaseReport) {
            for failure in report.failures { Console.say("failed: \(failure)") }
            for rule in report.unguarded { Console.say("warning: \(rule.position): no case fails when rule '\(rule.name)' is deleted") }
            Console.say("\(report.passed.count) cases hold, \(report.failed.count) fail; \(report.guarded) of \(report.rules) rules are guarded")
        }

        private static func members(_ report: PolicyCaseReport) -> JSONObject {
            [
                "ok": .bool(report.isPassed), "passed": .number(JSONNumber(report.passed.count)),
                "failed": .array(
                    report.failed.map { failed in
                        .object(["case": .string(failed.policyCase.name), "failures": PolicyCommand.json(failed.failures)])
                    }
                ),
                "rules": .number(JSONNumber(report.rules)), "guarded": .number(JSONNumber(report.guarded)),
                "unguarded": .array(report.unguarded.map { .string($0.name) }),
            ]
        }
    }
}
