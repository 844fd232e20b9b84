package import Vocabulary

/// Everyone who saw or changed a person's data: what GDPR Art. 15(1)(c) asks of the recipients, and for which purposes (Art. 15(1)(a)).
///
/// Made event by event; it grows with the number of those who had to do with the person, and not with how often they had.
package struct SubjectReport: Sendable {
    /// Who asked, and as what. The same user in another role is another recipient.
    package struct Recipient: Sendable, Hashable, Comparable {
        package let actor: String
        /// The key of a program; `nil` for a person.
        package let app: String?
        package let roles: [String]

        init(_ event: ReportedEvent) {
            actor = event.actor
            app = event.user == nil ? event.app : nil
            roles = event.roles.sorted()
        }

        package static func < (left: Recipient, right: Recipient) -> Bool {
            (left.actor, left.roles.joined(separator: " ")) < (right.actor, right.roles.joined(separator: " "))
        }
    }

    package struct DeclaredPurpose: Sendable, Hashable, Comparable {
        package let name: String
        package let basis: String?

        package static func < (left: DeclaredPurpose, right: DeclaredPurpose) -> Bool { left.name < right.name }
    }

    /// What was done to records of one kind, and which fields were written.
    package struct Change: Sendable {
        package fileprivate(set) var times = 0
        package fileprivate(set) var fields: Set<String> = []
    }

    package struct ChangeKind: Sendable, Hashable, Comparable {
        package let action: String
        package let entity: String

        package static func < (left: ChangeKind, right: ChangeKind) -> Bool { (left.action, left.entity) < (right.action, right.entity) }
    }

    package struct Access: Sendable {
        package let first: Instant
        package fileprivate(set) var last: Instant
        /// How often something was shown.
        package fileprivate(set) var times = 0
        package fileprivate(set) var purposes: Set<DeclaredPurpose> = []
        /// What was looked at: entities, or the person's part of the trail or of the consents.
        package fileprivate(set) var entities: Set<String> = []
        /// By entity and name, as `contact.email`.
        package fileprivate(set) var clear: Set<String> = []
        package fileprivate(set) var masked: Set<String> = []
        package fileprivate(set) var changes: [ChangeKind: Change] = [:]
    }

    /// What somebody wanted and did not get.
    package struct AttemptKind: Sendable, Hashable {
        package let recipient: Recipient
        package let action: String
        package let entity: String
        /// refused or failed.
        package let outcome: String
        package let rule: String
    }

    package struct Attempts: Sendable {
        package fileprivate(set) var times = 0
        package let first: Instant
        package fileprivate(set) var last: Instant
    }

    package let subject: SubjectID
    package private(set) var events = 0
    private var accesses: [Recipient: Access] = [:]
    private var failures: [AttemptKind: Attempts] = [:]

    package init(_ subject: SubjectID) { self.subject = subject }

    /// By actor and roles.
    package var recipients: [(recipient: Recipient, access: Access)] {
        accesses.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Oldest first.
    package var attempts: [(kind: AttemptKind, attempts: Attempts)] {
        failures.sorted { ($0.value.first, $0.key.recipient) < ($1.value.first, $1.key.recipient) }.map { ($0.key, $0.value) }
    }

    /// Takes an event that was about the person, or about one of the person's records.
    package mutating func add(_ event: ReportedEvent) {
        events += 1
        let recipient = Recipient(event)
        guard event.result != .withheld else {
            let kind = AttemptKind(recipient: recipient, action: event.action, entity: event.entity, outcome: event.outcome, rule: event.rule)
            var attempts = failures[kind] ?? Attempts(first: event.at, last: event.at)
            attempts.times += 1
            attempts.last = max(attempts.last, event.at)
            failures[kind] = attempts
            return
        }
        var access = accesses[recipient] ?? Access(first: event.at, last: event.at)
        access.last = max(access.last, event.at)
        access.entities.insert(event.entity)
        if let purpose = event.purpose { access.purposes.insert(DeclaredPurpose(name: purpose, basis: event.basis)) }
        if event.result == .disclosed {
            access.times += 1
            access.clear.formUnion(event.clear.map { "\(event.entity).\($0)" })
            access.masked.formUnion(event.masked.map { "\(event.entity).\($0)" })
            access.masked.subtract(access.clear)
        } else {
            var change = access.changes[ChangeKind(action: event.action, entity: event.entity)] ?? Change()
            change.times += 1
            change.fields.formUnion(event.clear.map { "\(event.entity).\($0)" })
            access.changes[ChangeKind(action: event.action, entity: event.entity)] = change
        }
        accesses[recipient] = access
    }
}
