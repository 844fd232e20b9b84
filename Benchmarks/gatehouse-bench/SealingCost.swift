import ArgumentParser
import CSodium
import Foundation
import Sealing
import Vocabulary

/// What sealing and opening a 32-byte field costs in each suite, over libsodium's own call, and what keys cost.
struct SealingCost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "sealing")
    @Option var rounds = 200_000

    func run() async throws {
        print("sealing 32 bytes                                           µs each")
        try libsodiumAlone()
        for suite in Envelope.Suite.allCases { try fields(suite) }
        for suite in Envelope.Suite.allCases { try keys(suite) }
    }

    private func libsodiumAlone() throws {
        let key = randomBytes(count: 32)
        let plaintext = randomBytes(count: 32)
        let additional = randomBytes(count: 90)
        var nonce = randomBytes(count: 24)
        var output = [UInt8](repeating: 0, count: 64)
        var back = [UInt8](repeating: 0, count: 64)
        let seal = try Stages.time(rounds) {
            crypto_aead_xchacha20poly1305_ietf_encrypt(&output, nil, plaintext, 32, additional, UInt64(additional.count), nil, &nonce, key)
        }
        let open = try Stages.time(rounds) {
            _ = crypto_aead_xchacha20poly1305_ietf_decrypt(&back, nil, nil, output, 48, additional, UInt64(additional.count), &nonce, key)
        }
        Stages.line("libsodium alone, seal", seal)
        Stages.line("libsodium alone, open", open)
    }

    private func fields(_ suite: Envelope.Suite) throws {
        let slab = DataKeySlab(capacity: 4)
        let master = randomBytes(count: 32)
        let holder = KeyHolder.subject(SubjectID(.make()))
        guard let key = master.withUnsafeBytes({ DataKey(master: $0, holder: holder, version: 2, suite: suite, in: slab) }) else { return }
        let newer = master.withUnsafeBytes { DataKey(master: $0, holder: holder, version: 3, suite: suite, previous: key, in: slab) }
        guard let newer else { return }
        var place = CellPlace(tenant: TenantID(.make()), entity: "contact", record: RecordID.make())
        let field = Array("given_name".utf8)
        let plaintext = randomBytes(count: 32)
        var sealed: [UInt8] = []
        Stages.line(
            "suite \(suite.rawValue), seal (nonce, place, envelope)",
            try Stages.time(rounds) { sealed = plaintext.withUnsafeBytes { key.seal($0, field: field, at: &place) } }
        )
        let scratch = Scratch()
        Stages.line(
            "suite \(suite.rawValue), open",
            try Stages.time(rounds) { sealed.withUnsafeBytes { _ = key.open($0, field: field, at: &place, into: scratch) } }
        )
        Stages.line(
            "suite \(suite.rawValue), open with the version before",
            try Stages.time(rounds) { sealed.withUnsafeBytes { _ = newer.open($0, field: field, at: &place, into: scratch) } }
        )
    }

    private func keys(_ suite: Envelope.Suite) throws {
        let old = SymmetricKey.random()
        let new = SymmetricKey.random()
        let label = randomBytes(count: 40)
        let wrapped = KeyEnvelope.wrap(.random(), under: old, label: label, suite: suite)
        let slab = DataKeySlab(capacity: 4)
        let holder = KeyHolder.subject(SubjectID(.make()))
        let rewrap = try Stages.time(rounds) {
            _ = KeyEnvelope.rewrap(wrapped, under: old, label: label, to: new, label: label, suite: suite)
        }
        Stages.line("suite \(suite.rawValue), re-wrap a key", rewrap)
        Stages.line(
            "suite \(suite.rawValue), unwrap and derive a data key",
            try Stages.time(rounds) {
                _ = KeyEnvelope.withUnwrapped(wrapped, under: old, label: label) {
                    DataKey(master: $0, holder: holder, version: 1, suite: suite, in: slab)
                }
            }
        )
    }
}
