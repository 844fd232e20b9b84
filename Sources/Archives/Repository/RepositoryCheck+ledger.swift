extension RepositoryCheck {
    /// Reads the ledger of erasures: every number has to be there, signed, in its place.
    mutating func checkLedger() async {
        let erasures = ErasureLedger(repository)
        let extent: (wanted: Range<Int>, present: Set<Int>)
        do throws(ArchiveError) { extent = try await erasures.extent(through: ledger) } catch {
            unread.append(RepositoryLayout.erasures)
            return note(error)
        }
        known.insert(RepositoryLayout.erasuresBegin)
        // Those before the first that is needed were dropped, or are about to be.
        for number in extent.present { known.insert(RepositoryLayout.erasure(number)) }
        let what = "reading the ledger of erasures"
        for from in stride(from: extent.wanted.lowerBound, to: extent.wanted.upperBound, by: 256) {
            let numbers = from..<min(from + 256, extent.wanted.upperBound)
            for number in numbers where !extent.present.contains(number) {
                findings.append(Finding(key: RepositoryLayout.erasure(number), problem: ErasureLedger.missing))
            }
            let present = numbers.filter { extent.present.contains($0) }
            for problem in await erasures.problems(present, with: identities) { note(problem.error) }
            if outage != nil { return }
            entryCount += present.count
            counting(what, numbers.upperBound - extent.wanted.lowerBound, extent.wanted.count)
        }
    }
}
