import KeyRing
import Storage
import Vocabulary

/// A record that the vault hints at.
struct SearchCandidate: Sendable, Hashable {
    let tier: SearchTier
    let record: RecordID
}

/// Walks through the records that have a token of every term, tier by tier, in the order of their ids.
///
/// A term may have a token in every twentieth record, so nothing is read whole. A single term is read in steps. Of several, a
/// term that is read to its end in one step leads, and its records are asked for the other tokens; where every term goes on,
/// they advance together, and what all of them have so far is as far as the slowest has come.
struct CandidateWalk {
    private let vault: VaultDatabase
    private let tenant: TenantID
    /// For each tier and term its tokens.
    private let sets: [SearchTier: [[[UInt8]]]]
    private var tier: SearchTier
    private var after: RecordID?
    private var isTierDone = false
    /// Read ahead for the second tier, from its beginning on.
    private var readAhead: [TokenWindow]?
    /// Records of the leading term that have not been asked for the other tokens yet.
    private var leading: ArraySlice<RecordID> = []
    private var otherSets: [[[UInt8]]] = []
    private var found: ArraySlice<SearchCandidate> = []
    private var step: Int
    /// How many hints were read.
    private(set) var effort = 0

    private static let largestStep = 8192
    private static let askedAtOnce = 512

    /// - Parameters:
    ///   - after: where to go on.
    ///   - limit: how many records are wanted, to read no more than needed when all of them fit.
    init(
        _ sets: [SearchTier: [[[UInt8]]]], after: SearchCandidate?, limit: Int, _ vault: VaultDatabase, _ tenant: TenantID
    ) {
        self.vault = vault
        self.tenant = tenant
        self.sets = sets
        tier = after?.tier ?? .whole
        self.after = after?.record
        let terms = sets.values.map(\.count).max() ?? 1
        step = terms == 1 ? limit + 32 : 2048
    }

    /// Behind which there is more to be read; `nil` at the end.
    var position: SearchCandidate? {
        if isTierDone, tier == .beginning { return nil }
        if isTierDone { return SearchCandidate(tier: .beginning, record: Self.first) }
        return SearchCandidate(tier: tier, record: after ?? Self.first)
    }

    /// Less than every id.
    private static let first = RecordID(UUIDv7(high: 0, low: 0))

    /// The next candidates, at most so many; none at the end, or when more hints were read than the effort allows.
    mutating func next(_ count: Int, within mostEffort: Int) async throws(Refusal) -> [SearchCandidate] {
        while found.isEmpty, effort < mostEffort, try await advance() {}
        // What is there already is taken along, without another way to the vault.
        while found.count < count, readAhead != nil, isTierDone, try await advance() {}
        let taken = found.prefix(count)
        found = found.dropFirst(count)
        return Array(taken)
    }

    /// One step; `false` at the end of the last tier.
    private mutating func advance() async throws(Refusal) -> Bool {
        if isTierDone {
            guard tier == .whole else { return false }
            tier = .beginning
            after = nil
            isTierDone = false
        }
        let sets = sets[tier] ?? []
        if sets.isEmpty {
            isTierDone = true
        } else if !leading.isEmpty {
            try await askLeading()
        } else {
            try await read(sets)
        }
        return true
    }

    private mutating func read(_ sets: [[[UInt8]]]) async throws(Refusal) {
        let windows = try await windows(sets)
        effort += windows.reduce(0) { $0 + $1.records.count }
        step = min(step * 2, Self.largestStep)
        let whole = windows.indices.filter { windows[$0].isWhole }
        if let leader = whole.min(by: { windows[$0].records.count < windows[$1].records.count }), whole.count < windows.count {
            var records = windows[leader].records
            for other in whole where other != leader {
                let having = Set(windows[other].records)
                records.removeAll { !having.contains($0) }
            }
            leading = records[...]
            otherSets = windows.indices.filter { !windows[$0].isWhole }.map { sets[$0] }
            if records.isEmpty { isTierDone = true }
            return
        }
        let (common, end) = Self.common(windows)
        take(common)
        after = end
        isTierDone = end == nil
    }

    /// The records that are in all windows, and up to where that is all of them; `nil` is the end.
    static func common(_ windows: [TokenWindow]) -> (records: [RecordID], end: RecordID?) {
        let end = windows.filter { !$0.isWhole }.compactMap(\.records.last).min()
        var common = windows.first?.records ?? []
        for window in windows.dropFirst() {
            let having = Set(window.records)
            common.removeAll { !having.contains($0) }
        }
        if let end { common.removeAll { $0 > end } }
        return (common, end)
    }

    private mutating func askLeading() async throws(Refusal) {
        var asked = Array(leading.prefix(Self.askedAtOnce))
        leading = leading.dropFirst(asked.count)
        isTierDone = leading.isEmpty
        after = asked.last
        for tokens in otherSets where !asked.isEmpty {
            effort += asked.count
            let having: Set<RecordID>
            do { having = try await vault.those(of: asked, having: tokens, tenant: tenant) } catch { throw RecordGateway.refusal(.vault(error)) }
            asked.removeAll { !having.contains($0) }
        }
        take(asked)
    }

    private mutating func take(_ records: [RecordID]) {
        let tier = tier
        found.append(contentsOf: records.map { SearchCandidate(tier: tier, record: $0) })
    }

    /// At the very beginning both tiers are read in one go: the first seldom fills a page.
    private mutating func windows(_ sets: [[[UInt8]]]) async throws(Refusal) -> [TokenWindow] {
        if tier == .beginning, let ready = readAhead {
            readAhead = nil
            return ready
        }
        let ahead = tier == .whole && after == nil ? self.sets[.beginning] ?? [] : []
        let windows: [TokenWindow]
        do {
            windows = try await vault.records(having: sets + ahead, after: after, limit: step, tenant: tenant)
        } catch {
            throw RecordGateway.refusal(.vault(error))
        }
        if !ahead.isEmpty { readAhead = Array(windows.dropFirst(sets.count)) }
        return Array(windows.prefix(sets.count))
    }
}
