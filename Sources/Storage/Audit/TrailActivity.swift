package import Vocabulary

/// What somebody did in a quarter of an hour, in numbers.
package struct ActivityTally: Sendable, Equatable {
    package let actor: String
    /// The beginning of the quarter.
    package let quarter: Instant
    package let events: Int
    /// What the policies did not allow, and questions by fields that were not for the caller.
    package let denials: Int
    /// Records, keys and grants removed; what was refused or not there does not count.
    package let deletions: Int
    package let first: Instant
    package let last: Instant

    package init(actor: String, quarter: Instant, events: Int, denials: Int, deletions: Int, first: Instant, last: Instant) {
        self.actor = actor
        self.quarter = quarter
        self.events = events
        self.denials = denials
        self.deletions = deletions
        self.first = first
        self.last = last
    }
}

/// How many people's data somebody read within an hour.
package struct ReachTally: Sendable, Equatable {
    package let actor: String
    /// When the hour begins: full and half hours, so that each moment lies in two of them.
    package let hour: Instant
    package let people: Int

    package init(actor: String, hour: Instant, people: Int) {
        self.actor = actor
        self.hour = hour
        self.people = people
    }
}

/// How often somebody saw or wrote a field in the clear.
package struct FieldUse: Sendable, Equatable {
    package let actor: String
    package let entity: String
    package let field: String
    package let times: Int
    package let first: Instant
    package let last: Instant

    package init(actor: String, entity: String, field: String, times: Int, first: Instant, last: Instant) {
        self.actor = actor
        self.entity = entity
        self.field = field
        self.times = times
        self.first = first
        self.last = last
    }
}

/// A glass that was broken, and how much happened under it. Its reason stays where it is.
package struct BrokenGlass: Sendable, Equatable {
    package let grant: UUIDv7
    package let actor: String
    package let rule: String
    package let at: Instant
    package let events: Int

    package init(grant: UUIDv7, actor: String, rule: String, at: Instant, events: Int) {
        self.grant = grant
        self.actor = actor
        self.rule = rule
        self.at = at
        self.events = events
    }
}

/// How often somebody touched what raises an alarm.
package struct AlarmTally: Sendable, Equatable {
    package let actor: String
    package let events: Int
    package let first: Instant
    package let last: Instant

    package init(actor: String, events: Int, first: Instant, last: Instant) {
        self.actor = actor
        self.events = events
        self.first = first
        self.last = last
    }
}

/// Everybody's activity in a stretch of time, added up by the database.
package struct TrailActivity: Sendable {
    package let tallies: [ActivityTally]
    package let reach: [ReachTally]
    package let uses: [FieldUse]
}

/// A stretch of time to be added up.
package struct TrailStretch: Sendable, Equatable {
    /// Events from `since` on and before `until`; at most a day, so that no statement runs for long.
    package let since: Instant
    package let until: Instant
    /// Hours that begin from here on and before `hoursUntil`, with what of them lies behind `until`.
    package let hoursSince: Instant
    package let hoursUntil: Instant
    /// Nothing from here on is looked at.
    package let horizon: Instant

    package init(since: Instant, until: Instant, hoursSince: Instant, hoursUntil: Instant, horizon: Instant) {
        self.since = since
        self.until = until
        self.hoursSince = hoursSince
        self.hoursUntil = hoursUntil
        self.horizon = horizon
    }
}
