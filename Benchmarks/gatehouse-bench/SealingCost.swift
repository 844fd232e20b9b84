import ArgumentParser
import CSodium
import Foundation
import Sealing
import Vocabulary

/// What sealing and opening a 32-byte field costs over libsodium's own call.
struct SealingCost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "sealing")
    @Option var rounds = 200_000

    func run() async throws {
        let tenant = TenantID(.make())
        let record = RecordID.make()
        let slab = DataKeySlab(capacity: 4)
        let master = randomBytes(count: 32)
        let made = master.withUnsafeBytes { DataKey(master: $0, holder: .subject(SubjectID(.make())), version: 1, in: slab) }
        guard let key = made else { return }
        var place = CellPlace(tenant: tenant, entity: "contact", record: record)
        let field = Array("given_name".utf8)
        let plaintext = randomBytes(count: 32)
        var nonce = randomBytes(count: 24)
        var output = [UInt8](repeating: 0, count: 64)
        var back = [UInt8](repeating: 0, count: 64)
        let additional = place.with(field: field, holder: key.holder, version: 1) { Array($0) }
        let bareSeal = try Stages.time(rounds) {
            crypto_aead_xchacha20poly1305_ietf_encrypt(&output, nil, plaintext, 32, additional, UInt64(additional.count), nil, &nonce, master)
        }
        let bareOpen = try Stages.time(rounds) {
            _ = crypto_aead_xchacha20poly1305_ietf_decrypt(&back, nil, nil, output, 48, additional, UInt64(additional.count), &nonce, master)
        }
        var sealed: [UInt8] = []
        let seal = try Stages.time(rounds) { sealed = plaintext.withUnsafeBytes { key.seal($0, field: field, at: &place) } }
        let scratch = Scratch()
        let open = try Stages.time(rounds) {
            sealed.withUnsafeBytes { _ = key.open($0, field: field, at: &place, into: scratch) }
        }
        print("sealing 32 bytes                                           µs each")
        Stages.line("libsodium alone, seal", bareSeal)
        Stages.line("Gatehouse, seal (nonce, place, envelope)", seal)
        Stages.line("libsodium alone, open", bareOpen)
        Stages.line("Gatehouse, open", open)
    }
}
