import DataFormats
import Testing
import Vocabulary

@testable import Sealing

struct EnvelopeTests {
    // MARK: Format 1, frozen

    struct Frozen: Sendable {
        let sealed: String
        let isTenants: Bool
        let version: UInt32
        let text: String
    }

    /// Made by an implementation of its own from the description of the format: master key 00…1f, nonce a0…b7, tenant …0001,
    /// contact …0002, field `email`. What was written once has to open for ever: a change here is a new format version.
    private static let frozen = [
        Frozen(
            sealed: "010100000001a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7cf0363956d0d2a295cc53c6486a4a5bb"
                + "70a567117ccd2e157ffbf0c9451bc0",
            isTenants: false, version: 1, text: "ann@example.com"
        ),
        Frozen(
            sealed: "010100000007a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7f402ce7e2455607015896a7ac5fafada"
                + "1da97eef541f55af2af4dca130f6beb2c612c3c2",
            isTenants: true, version: 7, text: "Zoë, +49 30 1234567"
        ),
        Frozen(
            sealed: "010100000001a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7d3503b9b5222f8d4e8102ae10c24ae22",
            isTenants: false, version: 1, text: ""
        ),
        Frozen(
            sealed: "010200000001a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b76a107d1f731ce2c23447750a1750ac92"
                + "51812cdbdf389d920613dcdd7db981",
            isTenants: false, version: 1, text: "ann@example.com"
        ),
        Frozen(
            sealed: "010200000007a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b75111d0f43a44a89b7d0b2314540ef3d5"
                + "9035c327c3ee6eeebbe670ece9727eca35dc5cd1",
            isTenants: true, version: 7, text: "Zoë, +49 30 1234567"
        ),
        Frozen(
            sealed: "010200000001a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7404bfb2a18f70c87badf00e938765da4",
            isTenants: false, version: 1, text: ""
        ),
    ]

    @Test(arguments: frozen) func `an envelope of format 1 keeps opening`(vector: Frozen) throws {
        let cell = SealedCell(holder: vector.isTenants ? .tenant(1) : .subject(2), version: vector.version)
        let sealed = try #require(Hex.decode(vector.sealed))
        #expect(sealed.withUnsafeBytes { Envelope.keyVersion(of: $0) } == vector.version)
        #expect(try cell.open(sealed) == vector.text)
    }

    @Test func `pseudonym and search token of format 1 stay what they are`() throws {
        let cell = SealedCell()
        #expect(try Hex.encode(cell.key().pseudonym.bytes) == "2ca11a1faddbd4f2344c5c82cd088200")
        let master = SymmetricKey(SecretBytes(copying: cell.master))
        let whole = SearchKey(master: master, entity: "contact", field: "email", kind: "exact", bits: 256)
        let normalised = Array("ann@example.com".utf8)
        #expect(Hex.encode(whole.token(of: normalised)) == "c9d8aafcd5446e02021a90b1dff8cb0c10b54c660ff2077ecf2af2c658c86826")
        let short = SearchKey(master: master, entity: "contact", field: "email", kind: "exact", bits: 13)
        #expect(Hex.encode(short.token(of: normalised)) == "c9d8")
        let shorter = SearchKey(master: master, entity: "contact", field: "email", kind: "exact", bits: 9)
        #expect(Hex.encode(shorter.token(of: normalised)) == "c980")
        for other in [
            SearchKey(master: master, entity: "lead", field: "email", kind: "exact", bits: 256),
            SearchKey(master: master, entity: "contact", field: "phone", kind: "exact", bits: 256),
            SearchKey(master: master, entity: "contact", field: "email", kind: "word", bits: 256),
            SearchKey(master: master, entity: "contac", field: "temail", kind: "exact", bits: 256),
        ] {
            #expect(other.token(of: normalised) != whole.token(of: normalised))
        }
    }

    // MARK: Round trip

    @Test(arguments: ["", "a", "Ann", String(repeating: "Ω", count: 50_000)], Envelope.Suite.allCases)
    func `what was sealed opens`(text: String, suite: Envelope.Suite) throws {
        let cell = SealedCell(suite: suite)
        let sealed = try cell.seal(text)
        #expect(sealed.count == text.utf8.count + Envelope.overhead)
        #expect(try cell.open(sealed) == text)
    }

    @Test(arguments: Envelope.Suite.allCases) func `opened bytes go behind what is there`(suite: Envelope.Suite) {
        let key = [UInt8](repeating: 7, count: 32)
        var output = Array("before ".utf8)
        key.withUnsafeBytes { key in
            let sealed = Array("behind".utf8).withUnsafeBytes {
                Envelope.seal($0, keyVersion: 1, associatedData: [1], key: key, suite: suite)
            }
            #expect(sealed.withUnsafeBytes { Envelope.open($0, keyVersion: 1, associatedData: [1], key: key, into: &output) })
            #expect(String(decoding: output, as: UTF8.self) == "before behind")
            #expect(!sealed.withUnsafeBytes { Envelope.open($0, keyVersion: 1, associatedData: [2], key: key, into: &output) })
            #expect(!sealed.withUnsafeBytes { Envelope.open($0, keyVersion: 2, associatedData: [1], key: key, into: &output) })
        }
        #expect(String(decoding: output, as: UTF8.self) == "before behind")
    }

    // MARK: Elsewhere

    @Test(arguments: Envelope.Suite.allCases) func `a cell moved to another place does not open`(suite: Envelope.Suite) throws {
        let home = SealedCell(version: 2, suite: suite)
        let sealed = try home.seal("ann@example.com")
        var moves: [(name: String, cell: SealedCell)] = []
        func move(_ name: String, _ change: (inout SealedCell) -> Void) {
            var cell = home
            change(&cell)
            moves.append((name, cell))
        }
        move("tenant") { $0.tenant = 9 }
        move("entity") { $0.entity = "lead" }
        move("record") { $0.record = 9 }
        move("field") { $0.field = "phone" }
        move("holder") { $0.holder = .subject(9) }
        move("kind of holder") { $0.holder = .tenant(2) }
        move("tenant's key") { $0.holder = .tenant(1) }
        move("later version") { $0.version = 3 }
        move("older version") { $0.version = 1 }
        move("key") { $0.master[31] ^= 1 }
        for (name, cell) in moves { #expect(try cell.open(sealed) == nil, "another \(name)") }
        #expect(try home.open(sealed) == "ann@example.com")
    }

    @Test func `lengths keep neighbours in a place apart`() throws {
        let sealed = try SealedCell(entity: "contact", field: "email").seal("x")
        #expect(try SealedCell(entity: "contacte", field: "mail").open(sealed) == nil)
        #expect(try SealedCell(entity: "contac", field: "temail").open(sealed) == nil)
    }

    @Test(arguments: Envelope.Suite.allCases) func `every flipped bit fails`(suite: Envelope.Suite) throws {
        let cell = SealedCell(suite: suite)
        let sealed = try cell.seal("Ann Example")
        for index in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[index] ^= 1 << UInt8(bit)
                #expect(try cell.open(changed) == nil, "bit \(bit) of byte \(index)")
            }
        }
    }

    @Test(arguments: Envelope.Suite.allCases) func `a changed header fails`(suite: Envelope.Suite) throws {
        let cell = SealedCell(suite: suite)
        let sealed = try cell.seal("Ann Example")
        #expect(sealed.withUnsafeBytes { Envelope.header(of: $0) } == Envelope.Header(suite: suite, keyVersion: 1))
        for index in 0..<Envelope.headerByteCount {
            for byte in UInt8.min...UInt8.max where byte != sealed[index] {
                var changed = sealed
                changed[index] = byte
                #expect(try cell.open(changed) == nil, "byte \(index) as \(byte)")
            }
        }
    }

    @Test(arguments: Envelope.Suite.allCases) func `every cut and every added byte fails`(suite: Envelope.Suite) throws {
        let cell = SealedCell(suite: suite)
        let sealed = try cell.seal("Ann Example")
        for count in 0..<sealed.count { #expect(try cell.open(Array(sealed.prefix(count))) == nil) }
        #expect(try cell.open(sealed + [0]) == nil)
        #expect(try cell.open([0] + sealed) == nil)
    }

    @Test(arguments: [0, 3, 4, 255] as [UInt8]) func `an unknown format or suite does not open`(byte: UInt8) throws {
        let cell = SealedCell()
        for index in 0...1 {
            var sealed = try cell.seal("Ann")
            sealed[index] = byte
            #expect(sealed.withUnsafeBytes { Envelope.keyVersion(of: $0) } == nil)
            #expect(try cell.open(sealed) == nil)
        }
    }

    // MARK: Nonces

    @Test func `V11.3.4: no nonce repeats in a million seals`() throws {
        struct Nonce: Hashable {
            let a: UInt64
            let b: UInt64
            let c: UInt64
        }
        let total = 1_000_000
        var seen = Set<Nonce>(minimumCapacity: total)
        let key = [UInt8](repeating: 7, count: 32)
        key.withUnsafeBytes { key in
            for index in 0..<total {
                let suite: Envelope.Suite = index.isMultiple(of: 2) ? .xchacha20Poly1305 : .xaes256GCM
                let sealed = Envelope.seal(
                    UnsafeRawBufferPointer(start: nil, count: 0), keyVersion: 1, associatedData: [], key: key, suite: suite
                )
                sealed.withUnsafeBytes { bytes in
                    let offset = Envelope.headerByteCount
                    _ = seen.insert(
                        Nonce(
                            a: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
                            b: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self),
                            c: bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self)
                        )
                    )
                }
            }
        }
        #expect(seen.count == total)
    }

    @Test func `no nonce repeats between tasks, and what they seal at once opens`() async throws {
        let nonces = await withTaskGroup(of: [[UInt8]].self) { group in
            for task in 0..<8 {
                group.addTask {
                    let suite: Envelope.Suite = task.isMultiple(of: 2) ? .xchacha20Poly1305 : .xaes256GCM
                    let key = SymmetricKey.random().derive("gatehouse/v1/field")
                    let plaintext = [UInt8(task)]
                    return (0..<5000).compactMap { _ in
                        key.withBytes { key in
                            let sealed = plaintext.withUnsafeBytes {
                                Envelope.seal($0, keyVersion: 1, associatedData: [], key: key, suite: suite)
                            }
                            var opened: [UInt8] = []
                            let isGenuine = sealed.withUnsafeBytes {
                                Envelope.open($0, keyVersion: 1, associatedData: [], key: key, into: &opened)
                            }
                            return isGenuine && opened == plaintext ? Array(sealed[6..<30]) : nil
                        }
                    }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(nonces.count == 40_000)
        #expect(Set(nonces).count == 40_000)
    }

    @Test func `keys derived at once are the keys derived one by one`() async throws {
        let masters = (0..<64).map { SealedCell(master: Array(repeating: UInt8($0), count: 32)) }
        let alone = try masters.map { try $0.key().pseudonym }
        let together = try await withThrowingTaskGroup(of: [Pseudonym].self) { group in
            for _ in 0..<8 { group.addTask { try masters.map { try $0.key().pseudonym } } }
            return try await group.reduce(into: [[Pseudonym]]()) { $0.append($1) }
        }
        #expect(together.count == 8)
        #expect(together.allSatisfy { $0 == alone })
    }
}
