import KeyRing
import Sealing

/// What the environment says of keys beside their provider.
///
/// | variable | meaning |
/// |---|---|
/// | `GATEHOUSE_RECOVERY_RECIPIENTS_FILE` | age recipients (`age1…`, one a line) that epoch keys are copied to; `keys/recovery-recipients` when not set |
/// | `GATEHOUSE_KEY_CACHE_SECONDS` | how long an opened key is kept at most (60); the same in every gateway of a vault |
/// | `GATEHOUSE_EPOCH_DAYS` | how long an epoch lasts once somebody was erased in it (30); 0 ends epochs by hand only |
struct KeySettings {
    var ring = KeyRingSettings()
    var recipients: [AgeRecipient] = []
    /// `nil` when epochs end by hand only.
    var epochLength: Duration?

    init(environment: [String: String], _ state: StateDirectory) throws(CommandFailure) {
        if let seconds = try Self.number("GATEHOUSE_KEY_CACHE_SECONDS", 1...3600, environment) {
            ring.maximumAge = .seconds(seconds)
            ring.changeDeadline = .seconds(min(30, max(2, seconds)))
        }
        let days = try Self.number("GATEHOUSE_EPOCH_DAYS", 0...3650, environment) ?? 30
        epochLength = days == 0 ? nil : .seconds(days * 86_400)
        let named = environment["GATEHOUSE_RECOVERY_RECIPIENTS_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        recipients = try RecipientFile.read(named ?? state.recoveryRecipients, of: "recovery", isRequired: named != nil)
    }

    private static func number(_ name: String, _ range: ClosedRange<Int>, _ environment: [String: String]) throws(CommandFailure) -> Int? {
        guard let text = environment[name], !text.isEmpty else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw CommandFailure(.unfit, "\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
