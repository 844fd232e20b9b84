package import Vocabulary

/// Which backups stay: `last=7 daily=7 weekly=4 monthly=12 within=48h`. Pure: the clock is an argument.
///
/// A backup stays when any rule keeps it. `daily=7` keeps the latest backup of each of the latest seven days that have one, so that nothing
/// goes only because none was made for a while; `weekly`, `monthly` and `yearly` do the same with weeks, months and years. Days are those of
/// UTC, and weeks begin on Monday (ISO 8601). The latest backup always stays.
package struct KeepRules: Sendable, Equatable, CustomStringConvertible {
    package enum Rule: String, Sendable, CaseIterable {
        /// The latest of all, whatever the rules say.
        case latest
        case last, within, daily, weekly, monthly, yearly
    }

    /// What becomes of a backup, and by which rules it stays.
    package struct Verdict: Sendable, Equatable {
        package let id: BackupID
        package let at: Instant
        /// In the order of the rules; empty when the backup goes.
        package let keptBy: [Rule]
        package var stays: Bool { !keptBy.isEmpty }
    }

    private static let example = "for example: last=7 daily=7 weekly=4 monthly=12 within=48h"

    private var counts: [Rule: Int] = [:]
    private var within: BackupSpan?

    package init(_ text: String) throws(BackupTextError) {
        for word in text.split(whereSeparator: \.isWhitespace) {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let rule = Rule(rawValue: String(parts[0])), rule != .latest else {
                throw BackupTextError(
                    "'\(word)' is no rule for keeping backups",
                    hint: "rules are last=, within=, daily=, weekly=, monthly= and yearly=; \(Self.example)"
                )
            }
            guard counts[rule] == nil, rule != .within || within == nil else {
                throw BackupTextError("'\(rule.rawValue)' is there twice", hint: "name each rule once; \(Self.example)")
            }
            if rule == .within {
                guard let span = BackupSpan(parts[1]) else {
                    throw BackupTextError(
                        "'\(word)' names no time", hint: "minutes, hours, days or weeks: within=90m, within=48h, within=7d, within=2w")
                }
                within = span
            } else {
                guard let count = WrittenNumber.read(parts[1]) else {
                    throw BackupTextError("'\(word)' names no number", hint: "a number from 1 on; leave the rule out to keep none by it")
                }
                counts[rule] = count
            }
        }
        guard !counts.isEmpty || within != nil else {
            throw BackupTextError("no rule says which backups are kept", hint: Self.example)
        }
    }

    /// In the order of the rules, whatever the order was.
    package var description: String {
        Rule.allCases.compactMap { rule in
            rule == .within ? within.map { "within=\($0)" } : counts[rule].map { "\(rule.rawValue)=\($0)" }
        }.joined(separator: " ")
    }

    /// What becomes of each backup, the latest first. Each kind is kept for itself: a snapshot stands in for no base of a log, nor the other way round.
    package func verdicts(_ backups: [(id: BackupID, at: Instant, kind: BackupManifest.Kind)], now: Instant) -> [Verdict] {
        Dictionary(grouping: backups, by: \.kind).values.flatMap { kind in verdicts(kind.map { ($0.id, $0.at) }, now: now) }
            .sorted { ($1.at, $1.id) < ($0.at, $0.id) }
    }

    /// What becomes of each backup of one kind, the latest first. A moment that is still to come, by a clock that was wrong, counts as any other.
    func verdicts(_ backups: [(id: BackupID, at: Instant)], now: Instant) -> [Verdict] {
        // Of two of the same moment the one whose name is later.
        let backups = backups.sorted { ($1.at, $1.id) < ($0.at, $0.id) }
        var keptBy = [[Rule]](repeating: [], count: backups.count)
        if !backups.isEmpty { keptBy[0].append(.latest) }
        for rule in Rule.allCases {
            switch rule {
            case .latest: continue
            case .last: for index in 0..<min(counts[.last] ?? 0, backups.count) { keptBy[index].append(.last) }
            case .within:
                guard let within else { continue }
                for (index, backup) in backups.enumerated() where backup.at.microseconds >= now.microseconds - within.microseconds {
                    keptBy[index].append(.within)
                }
            case .daily, .weekly, .monthly, .yearly:
                var left = counts[rule] ?? 0
                var period: Int?
                for (index, backup) in backups.enumerated() where left > 0 {
                    let own = Self.period(rule, backup.at)
                    guard own != period else { continue }
                    period = own
                    left -= 1
                    keptBy[index].append(rule)
                }
            }
        }
        return zip(backups, keptBy).map { Verdict(id: $0.id, at: $0.at, keptBy: $1) }
    }

    /// The number of the day, week, month or year that a moment is in; each is another for another one.
    private static func period(_ rule: Rule, _ moment: Instant) -> Int {
        let day = moment.dayNumber
        let date = CalendarDate(daysSince1970: Int32(truncatingIfNeeded: day)).components
        return switch rule {
        case .weekly: (day + 3 - ((day + 3) % 7 + 7) % 7) / 7
        case .monthly: date.year * 12 + date.month
        case .yearly: date.year
        default: day
        }
    }
}

extension Instant {
    /// Days since 1970-01-01, a Thursday.
    var dayNumber: Int { Int((microseconds - Self.inDay(microseconds)) / 86_400_000_000) }

    private static func inDay(_ microseconds: Int64) -> Int64 {
        let rest = microseconds % 86_400_000_000
        return rest < 0 ? rest + 86_400_000_000 : rest
    }
}
