import Testing
import TransparencyLog

@testable import AuditTrail

struct BundleComparisonTests {
    private func hashes(_ numbers: [UInt8]) -> [UInt8] { numbers.flatMap { [UInt8](repeating: $0, count: 32) } }

    private func differences(_ found: [UInt8], _ logged: [UInt8]) -> [BundleComparison.Difference] {
        BundleComparison.differences(found: hashes(found), logged: hashes(logged))
    }

    @Test func `each way to differ has its name`() {
        #expect(differences([1, 2, 3], [1, 2, 3]) == [])
        #expect(differences([1, 9, 3], [1, 2, 3]) == [.changed(1)])
        #expect(differences([1, 3], [1, 2, 3]) == [.missing(1)])
        #expect(differences([1, 2], [1, 2, 3]) == [.missing(2)])
        #expect(differences([1, 9, 2, 3], [1, 2, 3]) == [.added(1)])
        #expect(differences([1, 2, 3, 9], [1, 2, 3]) == [.added(3)])
        #expect(differences([3, 2, 1], [1, 2, 3]) == [.moved(from: 2, to: 0), .moved(from: 0, to: 2)])
        #expect(differences([], [1]) == [.missing(0)])
        #expect(differences([1], []) == [.added(0)])
        #expect(differences([1, 1, 3], [1, 2, 3]) == [.missing(1), .added(1)])
        #expect(differences([3, 1], [1, 2, 3]) == [.missing(1), .moved(from: 0, to: 1)])
        #expect(differences([1], [1, 1]) == [.missing(1)])
    }

    @Test func `whatever differs has a difference`() {
        var random = SplitMix64(seed: 41)
        for _ in 0..<20_000 {
            func some() -> [UInt8] { (0..<Int.random(in: 0...5, using: &random)).map { _ in UInt8.random(in: 0...3, using: &random) } }
            let (found, logged) = (some(), some())
            #expect(differences(found, logged).isEmpty == (found == logged))
        }
    }

    @Test func `an id is new once`() {
        var random = SplitMix64(seed: 42)
        var ids = EventIDSet()
        var known: Set<[UInt64]> = []
        for _ in 0..<50_000 {
            let id = [UInt64.random(in: 0...60, using: &random), UInt64.random(in: 0...600, using: &random)]
            #expect(ids.insert(high: id[0], low: id[1]) == known.insert(id).inserted)
        }
    }
}
