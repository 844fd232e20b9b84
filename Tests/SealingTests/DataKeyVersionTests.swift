import Testing
import Vocabulary

@testable import Sealing

/// A key that is being replaced: the newest version seals, and each value opens with the version that it names.
struct DataKeyVersionTests {
    private let slab = DataKeySlab(capacity: 8)
    private let first = SealedCell(version: 1, master: Array(repeating: 1, count: 32))
    private let second = SealedCell(version: 2, master: Array(repeating: 2, count: 32))
    private let fifth = SealedCell(version: 5, suite: .xaes256GCM, master: Array(repeating: 5, count: 32))

    private func newest() throws -> DataKey {
        try fifth.key(in: slab, after: second.key(in: slab, after: first.key(in: slab)))
    }

    @Test func `each version's values open, and the newest seals`() throws {
        let key = try newest()
        for cell in [first, second, fifth] {
            #expect(try cell.open(cell.seal("version \(cell.version)"), with: key) == "version \(cell.version)")
        }
        let sealed = first.seal("Ann", with: key)
        #expect(sealed.withUnsafeBytes { Envelope.header(of: $0) } == Envelope.Header(suite: .xaes256GCM, keyVersion: 5))
        #expect(try fifth.open(sealed) == "Ann")
        #expect(try second.open(sealed) == nil)
    }

    @Test func `a version that is not known does not open`() throws {
        let key = try newest()
        for version in [0, 3, 4, 6, UInt32.max] {
            for cell in [first, second, fifth] {
                var other = cell
                other.version = version
                #expect(try other.open(other.seal("Ann"), with: key) == nil, "version \(version)")
            }
        }
        // Once the rotation is over the older key is gone.
        #expect(try second.open(first.seal("Ann"), with: second.key()) == nil)
    }

    @Test func `a value does not open as one of another version of its key`() throws {
        let key = try newest()
        for (cell, version) in [(first, 2), (first, 5), (second, 1), (second, 5), (fifth, 1), (fifth, 2)] as [(SealedCell, UInt8)] {
            var sealed = try cell.seal("Ann")
            sealed[5] = version
            #expect(cell.open(sealed, with: key) == nil)
        }
    }

    @Test func `an older version's value opens at its own place only`() throws {
        let key = try newest()
        let sealed = try first.seal("Ann")
        var elsewhere = first
        elsewhere.record = 9
        #expect(elsewhere.open(sealed, with: key) == nil)
        elsewhere = first
        elsewhere.field = "phone"
        #expect(elsewhere.open(sealed, with: key) == nil)
        elsewhere = first
        elsewhere.tenant = 9
        #expect(elsewhere.open(sealed, with: key) == nil)
    }

    @Test func `a value is current under the newest version and its suite`() throws {
        let key = try newest()
        #expect(first.seal("Ann", with: key).withUnsafeBytes { key.isCurrent($0) })
        #expect(try !second.seal("Ann").withUnsafeBytes { key.isCurrent($0) })
        var otherSuite = fifth
        otherSuite.suite = .xchacha20Poly1305
        #expect(try !otherSuite.seal("Ann").withUnsafeBytes { key.isCurrent($0) })
        #expect(try otherSuite.open(otherSuite.seal("Ann"), with: key) == "Ann")
    }

    @Test func `older versions keep their slots as long as the newest lives`() throws {
        let small = DataKeySlab(capacity: 2)
        do {
            let key = try second.key(in: small, after: first.key(in: small))
            #expect(small.take() == nil)
            withExtendedLifetime(key) {}
        }
        #expect(small.take() != nil)
        #expect(small.take() != nil)
    }

    @Test func `each version has a pseudonym of its own`() throws {
        let key = try newest()
        #expect(try key.previous?.pseudonym == second.key().pseudonym)
        #expect(key.pseudonym != key.previous?.pseudonym)
    }
}
