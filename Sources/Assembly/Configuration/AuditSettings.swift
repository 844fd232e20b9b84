import AuditFeeds
import Foundation
import TransparencyLog
import Vocabulary
import Witnesses

/// What the environment says of the audit trail.
struct AuditSettings: Sendable {
    /// What new logs are called: their origin is `NAME/TENANT/EPOCH` (GATEHOUSE_AUDIT_NAME).
    let name: String
    /// How many bytes of events may wait on this host while the database takes none; 0 for no spool (GATEHOUSE_AUDIT_SPOOL_MB).
    let spoolBytes: Int
    /// A file of witnesses (GATEHOUSE_AUDIT_WITNESSES_FILE), and how often each is shown the newest head (GATEHOUSE_AUDIT_WITNESS_SECONDS).
    let witnesses: String?
    let witnessInterval: Duration
    /// A file of collectors that events are pushed to (GATEHOUSE_AUDIT_FEEDS_FILE).
    let feeds: String?
    /// Full months that entries are kept; `nil` keeps them all (GATEHOUSE_AUDIT_KEEP_MONTHS).
    let monthsKept: Int?

    init(environment: [String: String]) throws(CommandFailure) {
        name = environment["GATEHOUSE_AUDIT_NAME"] ?? "gatehouse"
        let sample = LogOrigin(name: name, tenant: TenantID(.make()), epoch: 1)
        guard name.utf8.count <= 200, LogOrigin(sample.description) == sample else {
            throw CommandFailure(
                .unfit, "GATEHOUSE_AUDIT_NAME is no name of a log", hint: "like a URL without scheme: example.com/audit; no spaces, no +")
        }
        spoolBytes = try Self.number("GATEHOUSE_AUDIT_SPOOL_MB", 64, 0...4095, environment) << 20
        witnesses = environment["GATEHOUSE_AUDIT_WITNESSES_FILE"]
        witnessInterval = .seconds(try Self.number("GATEHOUSE_AUDIT_WITNESS_SECONDS", 60, 1...86_400, environment))
        feeds = environment["GATEHOUSE_AUDIT_FEEDS_FILE"]
        monthsKept =
            environment["GATEHOUSE_AUDIT_KEEP_MONTHS"] == nil ? nil : try Self.number("GATEHOUSE_AUDIT_KEEP_MONTHS", 0, 1...1200, environment)
    }

    /// Who confirms heads of the log; `nil` where nobody is named.
    func witnessSettings() throws(CommandFailure) -> WitnessSettings? {
        guard let path = witnesses else { return nil }
        guard let text = FileManager.default.contents(atPath: path).flatMap({ String(validating: $0, as: UTF8.self) }) else {
            throw CommandFailure(.unfit, "\(path) cannot be read", hint: "GATEHOUSE_AUDIT_WITNESSES_FILE names who witnesses the audit log")
        }
        do { return try WitnessSettings(text: text) } catch { throw CommandFailure(.unfit, "\(path), \(error)", hint: "see docs/audit.md") }
    }

    /// Who gets the events; `nil` where nobody is named.
    func feedSettings() throws(CommandFailure) -> FeedSettings? {
        guard let path = feeds else { return nil }
        guard let text = FileManager.default.contents(atPath: path).flatMap({ String(validating: $0, as: UTF8.self) }) else {
            throw CommandFailure(.unfit, "\(path) cannot be read", hint: "GATEHOUSE_AUDIT_FEEDS_FILE names who the audit events go to")
        }
        do { return try FeedSettings(text, file: path) } catch { throw CommandFailure(error) }
    }

    private static func number(
        _ name: String, _ usual: Int, _ range: ClosedRange<Int>, _ environment: [String: String]
    ) throws(CommandFailure) -> Int {
        guard let text = environment[name] else { return usual }
        guard let number = Int(text), range.contains(number) else {
            throw CommandFailure(.unfit, "\(name) is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
