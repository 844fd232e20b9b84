package import AuditTrail
import Identity
import Policies
import PostgresLink
import Storage
package import TransparencyLog
import Vocabulary

/// What came of holding a store's events against its log.
package struct LiveReport: Sendable {
    package struct Epoch: Sendable {
        package let origin: LogOrigin
        package let size: Int
        package let entries: Int
        package let prunedBelow: Int
    }

    package var epochs: [Epoch] = []
    /// The first ones, of ``findingCount`` in all.
    package var findings: [LiveVerification.Finding] = []
    package var findingCount = 0
    package var isSound: Bool { findingCount == 0 }

    fileprivate mutating func add(_ finding: LiveVerification.Finding) {
        findingCount += 1
        if findings.count < 200 { findings.append(finding) }
    }
}

extension RecordGateway {
    /// Reads every event of the tenant and holds it against the log: hashes, heads, signatures, what is remembered elsewhere, and what stands beside the
    /// entries. Looking is recorded.
    ///
    /// - Parameters:
    ///   - key: what heads have to be signed with; the store's own word where it is `nil`.
    ///   - progress: how many entries of how many were read.
    package func verifyLog(
        key: NoteKey?, _ context: RequestContext, progress: @Sendable (Int, Int) -> Void
    ) async throws(Refusal) -> LiveReport {
        let decision = try await decide(.read, .audit, context)
        let tenant = context.tenant
        var event = event(decision, context, outcome: .disclosed)
        event.target = .report("verification")
        _ = try await record(event, context)
        var report = LiveReport()
        // A log that does not go on is what is being looked for, and no reason not to look.
        do throws(Refusal) { try await catchUp(tenant) } catch { report.add(.init(.logBehind)) }
        // Before the store is read, so that a log that grows meanwhile has all of them.
        let remembered: [(epoch: Int, head: TreeHead)]
        do { remembered = try await sequencer.remembered(of: tenant) } catch { throw refusal(error) }
        try await hold(&report, remembered: remembered, key: key, context, progress: progress)
        return report
    }

    /// Holds the log as it is against its hashes, heads and signatures, and against heads that are remembered elsewhere.
    func hold(
        _ report: inout LiveReport, remembered: [(epoch: Int, head: TreeHead)], key: NoteKey?, _ context: RequestContext,
        progress: @Sendable (Int, Int) -> Void
    ) async throws(Refusal) {
        let tenant = context.tenant
        let overview = try await storedOverview(context)
        let total = overview.size + overview.epochs.filter { $0.origin.epoch != overview.origin.epoch }.reduce(0) { $0 + $1.checkpoint.head.size }
        var done = 0
        let rows = try await read(context, [StoreDatabase.log(of: tenant), StoreDatabase.strayEvents(of: tenant)])
        guard let log = StoreDatabase.storedLog(rows[0]) else { return }
        for epoch in 1...log.epoch {
            let signed = overview.epochs.first { $0.origin.epoch == epoch }
            let isOpen = epoch == log.epoch
            let size = isOpen ? overview.size : signed?.checkpoint.head.size ?? 0
            let origin = LogOrigin(name: log.name, tenant: tenant, epoch: epoch)
            var verification = LiveVerification(origin, size: size, prunedBelow: signed?.prunedBelow ?? 0)
            var wanted: [(head: TreeHead, code: LiveVerification.Finding.Code)] = signed.map { [($0.checkpoint.head, .checkpointUnverified)] } ?? []
            wanted += remembered.filter { $0.epoch == epoch }.map { ($0.head, .headLost) }
            for head in wanted where head.head.size > size { verification.note(head.code, head.head.size) }
            try await walk(&verification, size: size, &wanted, context) { progress(done + $0, total) }
            if isOpen {
                // The log may have grown meanwhile: its head is compared at the size that was read.
                if size == log.size { verification.finish(storedRoot: TreeHash(bytes: log.root)) }
            }
            if let signed { check(signed, key, &verification) }
            done += size
            report.epochs.append(
                .init(origin: origin, size: size, entries: verification.entries, prunedBelow: signed?.prunedBelow ?? 0))
            report.findings += verification.findings.prefix(200 - min(200, report.findings.count))
            report.findingCount += verification.findingCount
        }
        for (place, isSecond) in StoreDatabase.strayPlaces(rows[1]) { report.add(.init(isSecond ? .placeTaken : .entryAdded, place: place)) }
    }

    private func check(_ signed: LogOverview.Epoch, _ key: NoteKey?, _ verification: inout LiveVerification) {
        guard let key = key ?? signed.key else { return verification.note(.checkpointUnverified, signed.checkpoint.head.size) }
        let read = try? SignedCheckpoint(verifying: Array(signed.checkpoint.note.utf8), anyEpochOf: key)
        if read?.head != signed.checkpoint.head || read?.origin != signed.origin {
            verification.note(.checkpointUnverified, signed.checkpoint.head.size)
        }
    }

    /// Reads the entries of an epoch in their order, and compares each wanted head when the tree has its size.
    private func walk(
        _ verification: inout LiveVerification, size: Int, _ wanted: inout [(head: TreeHead, code: LiveVerification.Finding.Code)],
        _ context: RequestContext, progress: (Int) -> Void
    ) async throws(Refusal) {
        let epoch = verification.epoch
        func compare(_ verification: inout LiveVerification) {
            for head in wanted where head.head.size == verification.next && head.head != verification.head {
                verification.note(head.code, head.head.size)
            }
        }
        func lend(_ verification: inout LiveVerification) async throws(Refusal) {
            guard let tile = verification.neededTile else { return }
            let hashes = try await tiles([tile], epoch: epoch, context)[tile] ?? []
            verification.lend(tile, hashes)
        }
        compare(&verification)
        var from = 0
        while true {
            let events: [FoundEvent]
            do {
                events = try await store.auditEntries(
                    from: LogPlace(epoch: epoch, position: from), to: size, limit: 2048, Scope(context.principal))
            } catch {
                throw refusal(error)
            }
            for event in events {
                while verification.next < event.place.position {
                    try await lend(&verification)
                    verification.skip()
                    compare(&verification)
                }
                try await lend(&verification)
                let before = verification.next
                verification.add(event)
                if verification.next != before { compare(&verification) }
            }
            progress(verification.next)
            guard let last = events.last?.place.position, events.count == 2048 else { break }
            from = last + 1
        }
        while verification.next < size {
            try await lend(&verification)
            verification.skip()
            compare(&verification)
        }
    }
}
