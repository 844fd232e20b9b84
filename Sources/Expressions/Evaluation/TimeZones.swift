import Foundation
import Synchronization

/// Offsets from UTC by name.
enum TimeZones {
    private static let known = Mutex<[ExactText: TimeZone]>([:])
    private static let largestCount = 64

    /// Seconds east of UTC at a moment, for `Europe/Lisbon`, `UTC`, `+02:00`, `-02:30` or `02:00`; `nil` for any other text.
    static func offset(of name: String, at seconds: Int64) -> Int? {
        if let offset = Timestamp.offset(name.utf8) { return offset }
        return zone(name)?.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
    }

    private static func zone(_ name: String) -> TimeZone? {
        let key = ExactText(name)
        if let zone = known.withLock({ $0[key] }) { return zone }
        guard let zone = TimeZone(identifier: name) else { return nil }
        known.withLock {
            if $0.count >= largestCount { $0.removeAll() }
            $0[key] = zone
        }
        return zone
    }
}
