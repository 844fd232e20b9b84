import Catalog
import Expressions
import PostgresLink
import Storage
import SubjectRights
import Testing
import Vocabulary

/// Random ledgers: the condition that reads them, the rules in memory, and a plain reading of the standard have to agree.
@Suite(.timeLimit(.minutes(15)))
struct ConsentLedgerTests {
    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// "The last event in a valid state, not withdrawn later, inside its duration, and its notice version not retired", word for word.
    private static func oracle(_ events: [ConsentEvent], _ purpose: String, retired: [String], at now: Instant) -> Bool {
        var last: Int?
        for (index, event) in events.enumerated() where event.purpose == purpose {
            if event.state == .given || event.state == .renewed { last = index }
        }
        guard let last else { return false }
        for event in events[(last + 1)...] where event.purpose == purpose {
            switch event.state {
            case .withdrawn, .refused, .expired: return false
            case .requested, .given, .renewed: continue
            }
        }
        if let end = events[last].validUntil, end <= now { return false }
        if let notice = events[last].notice, retired.contains("\(notice.id)/\(notice.version)") { return false }
        return true
    }

    /// The same in SQL that has nothing in common with the gateway's: numbers and aggregates.
    private static func naive(_ retired: [String]) -> SQL {
        """
        WITH numbered AS (
          SELECT e.*, row_number() OVER (PARTITION BY subject_id ORDER BY sequence) AS place FROM consent_event e WHERE purpose = 'marketing'
        ), ends AS (
          SELECT subject_id, coalesce(max(place) FILTER (WHERE state IN ('given', 'renewed')), 0) AS yes,
            coalesce(max(place) FILTER (WHERE state IN ('withdrawn', 'refused', 'expired')), 0) AS no FROM numbered GROUP BY subject_id
        )
        SELECT n.subject_id FROM numbered n JOIN ends ON ends.subject_id = n.subject_id AND n.place = ends.yes
        WHERE ends.yes > ends.no AND coalesce(n.valid_until > now(), true) AND NOT coalesce(n.notice = ANY(\(.texts(retired))), false)
        """
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `database, memory and a plain reading agree about random ledgers`(seed: UInt64) async throws {
        try await SampleTable.withStore { store, entity in
            var random = SplitMix(state: seed)
            let tenant = TenantID(.make())
            let table = RecordTable(entity)
            let now = Instant.now()
            let purposes = ["marketing", "marketing", "partner-offers"]
            var ledgers: [SubjectID: [ConsentEvent]] = [:]
            var statements: [SQL] = []
            for _ in 0..<120 {
                let person = SubjectID(.make())
                let cells = entity.fields.map { field -> Cell in
                    if field.isSealed { return .sealed(nil) }
                    return field.isSystem ? .plain(.timestamp(now)) : .plain(nil)
                }
                statements.append(table.insert(RecordRow(id: RecordID(person.uuid), version: 1, subject: person, cells: cells), tenant: tenant))
                for _ in 0..<Int.random(in: 0...6, using: &random) {
                    // Times go back and forth: the order of the ledger is what counts.
                    let at = now.advanced(by: .seconds(Int.random(in: -1000...1000, using: &random)))
                    let end = [nil, nil, -3600, 3600].randomElement(using: &random).flatMap { $0 }.map { now.advanced(by: .seconds($0)) }
                    let notice = [nil, 1, 2].randomElement(using: &random).flatMap { $0 }.map { NoticeReference(id: "letter", version: $0) }
                    let event = ConsentEvent(
                        purpose: purposes.randomElement(using: &random) ?? "marketing",
                        state: ConsentState.allCases.randomElement(using: &random) ?? .given, at: at, validUntil: end, notice: notice,
                        recordedBy: "ann")
                    ledgers[person, default: []].append(event)
                    statements.append(StoreDatabase.add(StoredConsentEvent(subject: person, event: event), tenant: tenant))
                }
            }
            try await store.change(tenant, statements)
            for retired in [[], ["letter/1"], ["letter/1", "letter/2"]] {
                let condition = RowCondition.subject(.consents(to: "marketing", retired: retired)).filter(entity)
                let answers = try await store.read(
                    Scope(tenant: tenant), ["SELECT subject_id FROM sample WHERE \(condition)", Self.naive(retired)])
                let (asked, naive) = (Self.people(answers[0]), Self.people(answers[1]))
                let read = Set(ledgers.filter { Self.oracle($0.value, "marketing", retired: retired, at: now) }.keys)
                let worked = Set(
                    ledgers.filter { ledger in
                        ConsentHistory.all(ledger.value).contains { $0.purpose == "marketing" && $0.isInForce(at: now, retired: retired) }
                    }.keys)
                #expect(asked == read)
                #expect(naive == read)
                #expect(worked == read)
                #expect(!read.isEmpty && read.count < ledgers.count)
            }
        }
    }

    private static func people(_ rows: ResultSet) -> Set<SubjectID> {
        Set((0..<rows.rowCount).compactMap { rows.uuid($0, 0).map { SubjectID($0) } })
    }
}
