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
/// A term may have a token in every twentieth record, so nothing is read whole. The records of each token are read in steps, and
/// all tokens advance together, as far as the slowest has come. A term that has been read to its end before the others leads
/// from there on: its records are asked for the other tokens, however common these are.
struct CandidateWalk {
    /// The records of one token, read so far and not walked over yet.
    private struct Stream {
        let token: [UInt8]
        var records: ArraySlice<RecordID> = []
        /// Up to where it was read.
        var last: RecordID?
        var isWhole = false

        mutating func take(upTo end: RecordID?) -> ArraySlice<RecordID> {
            let taken = end.map { end in records.prefix { $0 <= end } } ?? records
            records = records.dropFirst(taken.count)
            return taken
        }
    }

    private let vault: VaultDatabase
    private let tenant: TenantID
    /// For each tier and term its tokens.
    private let sets: [SearchTier: [[[UInt8]]]]
    private var tier: SearchTier
    private var after: RecordID?
    private var isTierDone = false
    private var terms: [[Stream]] = []
    /// What was read from the beginning on for a tier to come.
    private var readAhead: [[UInt8]: TokenWindow] = [:]
    /// Records of the leading term that have not been asked for the other tokens yet.
    private var leading: ArraySlice<RecordID> = []
    private var otherTokens: [[[UInt8]]] = []
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
        step = sets.values.contains { $0.count > 1 } ? 1024 : limit + 32
    }

    /// Behind which there is more to be read; `nil` at the end.
    var position: SearchCandidate? {
        if isTierDone, tier == .beginning { return nil }
        if isTierDone { return SearchCandidate(tier: .beginning, record: Self.first) }
        return SearchCandidate(tier: tier, record: after ?? Self.first)
    }

    /// Less than every id.
    private static let first = RecordID(UUIDv7(high: 0, low: 0))

    /// The next candidates, so many if there are; fewer at the end, or when more hints were read than the effort allows.
    mutating func next(_ count: Int, within mostEffort: Int) async throws(Refusal) -> [SearchCandidate] {
        while found.count < count, effort < mostEffort, try await advance() {}
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
            terms = []
        }
        let sets = sets[tier] ?? []
        if sets.isEmpty {
            isTierDone = true
        } else if !leading.isEmpty {
            try await askLeading()
        } else {
            if terms.isEmpty { terms = sets.map { $0.map { Stream(token: $0, last: after) } } }
            try await fill()
            if !lead() { walk() }
        }
        return true
    }

    /// Reads on where all that was read has been walked over.
    private mutating func fill() async throws(Refusal) {
        var wanted: [(term: Int, stream: Int)] = []
        for term in terms.indices {
            for stream in terms[term].indices where terms[term][stream].records.isEmpty && !terms[term][stream].isWhole {
                if terms[term][stream].last == nil, let window = readAhead[terms[term][stream].token] {
                    keep(window, term, stream)
                } else {
                    wanted.append((term, stream))
                }
            }
        }
        if tier == .beginning { readAhead = [:] }
        if wanted.isEmpty { return }
        let ahead = tier == .whole && after == nil && readAhead.isEmpty ? (sets[.beginning] ?? []).joined() : [].joined()
        let tokens = wanted.map { terms[$0.term][$0.stream].token }
        let others = Array(Set(ahead).subtracting(tokens))
        let windows: [TokenWindow]
        do {
            windows = try await vault.records(
                having: tokens + others, after: wanted.map { terms[$0.term][$0.stream].last } + others.map { _ in nil }, limit: step, tenant: tenant
            )
        } catch {
            throw RecordGateway.refusal(.vault(error))
        }
        for (place, window) in zip(wanted, windows) {
            keep(window, place.term, place.stream)
            if !others.isEmpty { readAhead[terms[place.term][place.stream].token] = window }
        }
        for (token, window) in zip(others, windows.dropFirst(wanted.count)) { readAhead[token] = window }
        step = min(step * 4, Self.largestStep)
    }

    private mutating func keep(_ window: TokenWindow, _ term: Int, _ stream: Int) {
        effort += window.records.count
        terms[term][stream].records = window.records[...]
        terms[term][stream].last = window.records.last ?? terms[term][stream].last
        terms[term][stream].isWhole = window.isWhole
    }

    /// Lets a term lead that has been read to its end, if there is one, and others have not been.
    ///
    /// Asking about a record costs as much as reading dozens of hints, so that only few of them lead.
    private mutating func lead() -> Bool {
        let whole = terms.indices.filter { terms[$0].allSatisfy(\.isWhole) }
        if whole.isEmpty || whole.count == terms.count { return false }
        let records = Self.common(whole.map { term in terms[term].map(\.records) })
        if records.count > Self.askedAtOnce { return false }
        leading = records[...]
        otherTokens = terms.indices.filter { !whole.contains($0) }.map { terms[$0].map(\.token) }
        isTierDone = leading.isEmpty
        return true
    }

    /// Walks as far as every token has been read.
    private mutating func walk() {
        let end = terms.joined().filter { !$0.isWhole }.compactMap(\.last).min()
        var taken: [[ArraySlice<RecordID>]] = []
        for term in terms.indices {
            taken.append(terms[term].indices.map { terms[term][$0].take(upTo: end) })
        }
        accept(Self.common(taken))
        after = end ?? after
        isTierDone = end == nil
    }

    private mutating func askLeading() async throws(Refusal) {
        var asked = Array(leading.prefix(Self.askedAtOnce))
        leading = leading.dropFirst(asked.count)
        isTierDone = leading.isEmpty
        after = asked.last
        for tokens in otherTokens where !asked.isEmpty {
            effort += asked.count
            let having: Set<RecordID>
            do { having = try await vault.those(of: asked, having: tokens, tenant: tenant) } catch { throw RecordGateway.refusal(.vault(error)) }
            asked.removeAll { !having.contains($0) }
        }
        accept(asked)
    }

    private mutating func accept(_ records: [RecordID]) {
        let tier = tier
        found.append(contentsOf: records.map { SearchCandidate(tier: tier, record: $0) })
    }

    /// The records that each term has in one of its runs, in order.
    static func common(_ terms: [[ArraySlice<RecordID>]]) -> [RecordID] {
        var common: [RecordID]?
        for runs in terms {
            if let known = common {
                let having = Set(runs.joined())
                common = known.filter { having.contains($0) }
            } else {
                common = runs.count == 1 ? Array(runs[0]) : Set(runs.joined()).sorted()
            }
        }
        return common ?? []
    }
}
