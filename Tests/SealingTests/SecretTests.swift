import DataFormats
import Testing
import Vocabulary

@testable import Sealing

struct SecretTests {
    /// Everything that Swift can print of a value.
    private func prints(_ value: Any) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        var told = ["\(value)", String(describing: value), String(reflecting: value), dumped]
        var mirror: Mirror? = Mirror(reflecting: value)
        while let current = mirror {
            for child in current.children { told.append("\(child.label ?? ""): \(child.value)") }
            mirror = current.superclassMirror
        }
        return told.joined(separator: "\n")
    }

    @Test func `keys print nothing of themselves`() throws {
        let bytes = Array("a-secret-of-thirty-two-bytes-yes".utf8)
        let key = SymmetricKey(SecretBytes(copying: bytes))
        let cell = SealedCell(master: bytes)
        let dataKey = try cell.key()
        for told in [prints(key), prints(dataKey), prints([key]), prints(["key": dataKey])] {
            #expect(told.contains("redacted"))
            for form in ["a-secret", Hex.encode(bytes), "97, 45, 115", SealedCell.id(2).description] { #expect(!told.contains(form)) }
        }
        #expect(Mirror(reflecting: key).children.isEmpty)
        #expect(Mirror(reflecting: dataKey).children.isEmpty)
    }

    @Test func `secret bytes are lent and read back`() {
        let secret = SecretBytes(copying: [1, 2, 3])
        #expect(secret.count == 3)
        #expect(secret.withBytes { Array($0) } == [1, 2, 3])
        let empty = SecretBytes(copying: [])
        #expect(empty.withBytes { $0.count } == 0)
        let random = SecretBytes.random(count: 64)
        #expect(random.withBytes { Set($0).count } > 16)
    }

    @Test func `memory for a secret is zero before it is filled`() {
        let secret = SecretBytes(count: 32) { memory in #expect(memory.allSatisfy { $0 == 0 }) }
        #expect(secret.withBytes { $0.allSatisfy { $0 == 0 } })
    }

    @Test func `wiping leaves zeros`() {
        var bytes: [UInt8] = [1, 2, 3]
        wipe(&bytes)
        #expect(bytes == [0, 0, 0])
        var none: [UInt8] = []
        wipe(&none)
        #expect(none.isEmpty)
    }

    @Test func `derived keys differ by use and repeat by name`() {
        let key = SymmetricKey.random()
        let first = key.derive("gatehouse/v1/field").withBytes { Array($0) }
        #expect(first == key.derive("gatehouse/v1/field").withBytes { Array($0) })
        #expect(first != key.derive("gatehouse/v1/search").withBytes { Array($0) })
        #expect(first != key.withBytes { Array($0) })
    }

    // MARK: The slab

    @Test func `a slot is wiped when its key goes, and given out again`() throws {
        let slab = DataKeySlab(capacity: 2)
        let slot: Int
        do {
            let key = try SealedCell().key(in: slab)
            let other = try #require(slab.take())
            slab.giveBack(other)
            slot = 1 - other
            let bytes = UnsafeRawBufferPointer(start: slab.address(of: slot), count: SymmetricKey.byteCount)
            #expect(!bytes.allSatisfy { $0 == 0 })
            withExtendedLifetime(key) {}
        }
        let bytes = UnsafeRawBufferPointer(start: slab.address(of: slot), count: SymmetricKey.byteCount)
        #expect(bytes.allSatisfy { $0 == 0 })
        #expect(slab.take() == slot)
    }

    @Test func `a full slab gives no key, and gives one again once a key has gone`() throws {
        let slab = DataKeySlab(capacity: 3)
        var keys = try (0..<3).map { _ in try SealedCell().key(in: slab) }
        let master = SealedCell().master
        let holder = KeyHolder.subject(SubjectID(SealedCell.id(2)))
        #expect(master.withUnsafeBytes { DataKey(master: $0, holder: holder, version: 1, in: slab) } == nil)
        keys.removeLast()
        #expect(master.withUnsafeBytes { DataKey(master: $0, holder: holder, version: 1, in: slab) } != nil)
    }

    @Test func `keys in one slab do not touch each other`() throws {
        let slab = DataKeySlab(capacity: 64)
        let cells = (0..<64).map { number in SealedCell(master: Array(repeating: UInt8(number), count: 32)) }
        let keys = try cells.map { try $0.key(in: slab) }
        #expect(Set(keys.map(\.pseudonym)).count == 64)
        for (cell, key) in zip(cells, keys) {
            #expect(try cell.open(cell.seal("mine"), with: key) == "mine")
        }
    }

    // MARK: Comparing

    @Test func `equality in constant time is equality`() {
        #expect(isEqualInConstantTime([], []))
        #expect(isEqualInConstantTime([1, 2], [1, 2]))
        #expect(!isEqualInConstantTime([1, 2], [1, 3]))
        #expect(!isEqualInConstantTime([1, 2], [1, 2, 3]))
    }
}
