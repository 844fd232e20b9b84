package import Sealing
import SubjectRights

extension ErasureLedger {
    /// The numbers that have to be there, and those that are.
    ///
    /// - Parameter expected: a number that the ledger has had, from a manifest.
    package func extent(through expected: Int) async throws(ArchiveError) -> (wanted: Range<Int>, present: Set<Int>) {
        let (numbers, last) = try await listed()
        let begin = try await begin()
        return (begin..<max(begin, last + 1, expected + 1), Set(numbers))
    }

    /// What is wrong with entries that are there: nothing of most.
    ///
    /// - Parameters:
    ///   - numbers: read eight beside each other.
    ///   - identities: to open what is sealed, too; without one, signature, place and form are looked at.
    package func problems(_ numbers: [Int], with identities: [AgeIdentity]) async -> [(number: Int, error: ArchiveError)] {
        await withTaskGroup(of: (Int, ArchiveError?).self) { group in
            var problems: [(number: Int, error: ArchiveError)] = []
            var waiting = numbers.makeIterator()
            func next() {
                guard let number = waiting.next() else { return }
                group.addTask {
                    do throws(ArchiveError) {
                        if identities.isEmpty { _ = try await self.statement(number) } else { _ = try await self.entry(number, identities) }
                        return (number, nil)
                    } catch {
                        return (number, error)
                    }
                }
            }
            for _ in 0..<8 { next() }
            while let (number, error) = await group.next() {
                if let error { problems.append((number, error)) }
                next()
            }
            return problems.sorted { $0.number < $1.number }
        }
    }
}
