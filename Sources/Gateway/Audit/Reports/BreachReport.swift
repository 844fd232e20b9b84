package import Catalog
package import Vocabulary

/// How far a stolen credential reached: what GDPR Art. 33(3)(a) asks of whoever notifies a breach, and what it takes to find out more.
///
/// Made event by event. It grows with the people and records that were reached, up to ``Reached/most``, and not with the events.
package struct BreachReport: Sendable {
    package struct Activity: Sendable, Hashable, Comparable {
        package let entity: String
        package let action: String
        /// As the entry has it.
        package let outcome: String

        package static func < (left: Activity, right: Activity) -> Bool {
            (left.entity, left.action, left.outcome) < (right.entity, right.action, right.outcome)
        }
    }

    /// What was reached of one entity.
    package struct Extent: Sendable {
        package fileprivate(set) var people = Reached()
        package fileprivate(set) var records = Reached()
        /// How often a field was shown in the clear.
        package fileprivate(set) var seen: [String: Int] = [:]
        package fileprivate(set) var masked: Set<String> = []
        /// How often a field was written.
        package fileprivate(set) var written: [String: Int] = [:]
    }

    /// Events of one kind, and the rows they were about.
    package struct Bulk: Sendable, Equatable {
        package fileprivate(set) var events = 0
        package fileprivate(set) var rows = 0
    }

    package let actor: String
    package let app: String?
    package private(set) var events = 0
    package private(set) var first: Instant?
    package private(set) var last: Instant?
    package private(set) var people = Reached()
    package private(set) var activities: [Activity: Int] = [:]
    package private(set) var extents: [String: Extent] = [:]
    /// Pages of lists and searches: the way in which many records leave at once.
    package private(set) var lists = Bulk()
    package private(set) var imports = Bulk()
    package private(set) var changes = 0
    package private(set) var denials = 0
    /// Events that no longer say which records they were about, because one of their people was erased since.
    package private(set) var withoutRecords = 0
    /// The data subjects among the people reached whose ids are known without opening a key; `nil` where nobody asked.
    package internal(set) var subjects: [SubjectID]?

    package init(actor: String, app: String?) {
        self.actor = actor
        self.app = app
    }

    package mutating func add(_ event: ReportedEvent) {
        events += 1
        first = first.map { min($0, event.at) } ?? event.at
        last = last.map { max($0, event.at) } ?? event.at
        activities[Activity(entity: event.entity, action: event.action, outcome: event.outcome), default: 0] += 1
        if event.outcome == "refused" { denials += 1 }
        guard event.result != .withheld else { return }
        people.add(event.subjects)
        if event.hasLostRecords { withoutRecords += 1 }
        if event.result == .changed { changes += 1 }
        if event.action == "import" {
            imports.events += 1
            imports.rows += event.count ?? event.records.count
        } else if event.action == "read", let count = event.count, !event.records.isEmpty || !event.subjects.isEmpty {
            lists.events += 1
            lists.rows += count
        }
        var extent = extents[event.entity] ?? Extent()
        extent.people.add(event.subjects)
        extent.records.add(event.records.map(\.uuid))
        if event.result == .disclosed {
            for field in event.clear { extent.seen[field, default: 0] += 1 }
            extent.masked.formUnion(event.masked)
        } else {
            for field in event.clear { extent.written[field, default: 0] += 1 }
        }
        extents[event.entity] = extent
    }

    // MARK: What follows

    /// Records of the catalog's entities; what happened to keys, grants or the trail is none.
    package func records(_ catalog: CompiledCatalog) -> Int {
        catalog.entities.reduce(0) { $0 + (extents[$1.name]?.records.count ?? 0) }
    }

    /// People whose own records were reached, by the entity that they are known as.
    package func categories(_ catalog: CompiledCatalog) -> [(entity: Entity, people: Int)] {
        catalog.entities.filter { $0.subject == .itself }.compactMap { entity in
            extents[entity.name].flatMap { $0.people.count > 0 ? (entity, $0.people.count) : nil }
        }
    }

    /// People who were reached through what is recorded of them alone: a deal, a call, a task.
    package func peopleThroughOthers(_ catalog: CompiledCatalog) -> Int {
        let known = catalog.entities.filter { $0.subject == .itself }.compactMap { extents[$0.name]?.people.ids }
        return people.ids.count { id in !known.contains { $0.contains(id) } }
    }

    /// Fields that were shown in the clear, the classes that hurt most first.
    package func seen(_ catalog: CompiledCatalog) -> [(fieldClass: FieldClass, fields: [(name: String, times: Int)])] {
        Self.byClass(catalog) { extents[$0]?.seen }
    }

    package func written(_ catalog: CompiledCatalog) -> [(fieldClass: FieldClass, fields: [(name: String, times: Int)])] {
        Self.byClass(catalog) { extents[$0]?.written }
    }

    private static func byClass(
        _ catalog: CompiledCatalog, _ times: (String) -> [String: Int]?
    ) -> [(fieldClass: FieldClass, fields: [(name: String, times: Int)])] {
        var classes: [FieldClass: [(name: String, times: Int)]] = [:]
        for entity in catalog.entities {
            for (name, times) in (times(entity.name) ?? [:]).sorted(by: { $0.key < $1.key }) {
                guard let field = entity.field(named: name) else { continue }
                classes[field.fieldClass, default: []].append(("\(entity.name).\(name)", times))
            }
        }
        return classes.sorted { $0.key > $1.key }.map { ($0.key, $0.value) }
    }

    /// Whether every number of people and records is exact.
    package var isComplete: Bool { people.isComplete && extents.values.allSatisfy { $0.people.isComplete && $0.records.isComplete } }
}
