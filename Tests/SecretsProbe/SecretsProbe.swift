import Glibc
import Sealing
import Vocabulary

/// Uses every kind of secret once, holds it, lets it go, and waits in between for its memory to be looked at. `SecretTraceTests` starts it.
///
/// The secrets are files of the folder that is its argument. They are read straight into guarded memory, so what is found elsewhere
/// was left there by the code under test.
@main enum SecretsProbe {
    static func main() {
        guard let folder = CommandLine.arguments.dropFirst().first, CommandLine.arguments.count == 2 else { exit(64) }
        var held = Held(folder)
        guard held != nil else { exit(65) }
        wait("held")
        withExtendedLifetime(held) {}
        held = nil
        wait("released")
    }

    /// Says a word and waits for a line.
    private static func wait(_ word: String) {
        print(word)
        fflush(nil)
        _ = readLine()
    }
}

/// What a running gateway holds, after it has used all of it.
private final class Held {
    private let key: SymmetricKey
    private let wrapped: SymmetricKey
    private let dataKeys: [DataKey]
    private let passphraseKey: SymmetricKey
    private let identity: AgeIdentity

    init?(_ folder: String) {
        let above = SymmetricKey.random()
        key = SymmetricKey(secret(folder, "key", count: 32))

        // A key comes wrapped, is wrapped anew, and opened.
        let inner = SymmetricKey(secret(folder, "wrapped", count: 32))
        var envelope = KeyEnvelope.wrap(inner, under: above, label: [1])
        for suite in Envelope.Suite.allCases.reversed() {
            guard let other = KeyEnvelope.rewrap(envelope, under: above, label: [1], to: above, label: [1], suite: suite) else { return nil }
            envelope = other
        }
        guard let opened = KeyEnvelope.unwrap(envelope, under: above, label: [1]) else { return nil }
        wrapped = opened

        // A value is sealed and opened in both suites.
        let master = secret(folder, "master", count: 32)
        let value = secret(folder, "value", count: 48)
        let slab = DataKeySlab(capacity: 4)
        var place = CellPlace(tenant: TenantID(.make()), entity: "contact", record: RecordID.make())
        let holder = KeyHolder.subject(SubjectID(.make()))
        var dataKeys: [DataKey] = []
        for suite in Envelope.Suite.allCases {
            let made = master.withBytes { DataKey(master: $0, holder: holder, version: 1, suite: suite, in: slab) }
            guard let key = made else { return nil }
            let sealed = value.withBytes { key.seal($0, field: [1], at: &place) }
            let scratch = Scratch()
            let isOpen = sealed.withUnsafeBytes { key.open($0, field: [1], at: &place, into: scratch)?.count == 48 }
            guard isOpen, write(folder, "sealed-\(suite.rawValue)", sealed) else { return nil }
            dataKeys.append(key)
        }
        self.dataKeys = dataKeys

        let passphrase = secret(folder, "passphrase", count: 32)
        let cost = PassphraseKey.Cost(passes: 1, memoryBytes: 1 << 20)
        guard let passphraseKey = PassphraseKey.derive(passphrase, salt: Array(repeating: 1, count: 16), cost: cost) else { return nil }
        self.passphraseKey = passphraseKey

        do throws(AgeError) {
            identity = try AgeIdentity(secret(folder, "identity", count: 74))
            var plaintext = try AgeFile.open(read(folder, "file.age"), with: [identity])
            _ = AgeFile.seal(plaintext, to: [identity.recipient])
            wipe(&plaintext)
        } catch {
            return nil
        }
    }
}

/// A file's bytes in guarded memory and nowhere else.
private func secret(_ folder: String, _ name: String, count: Int) -> SecretBytes {
    SecretBytes(count: count) { memory in
        let file = open("\(folder)/\(name)", O_RDONLY)
        guard file >= 0, Glibc.read(file, memory.baseAddress, memory.count) == count else { exit(66) }
        close(file)
    }
}

private func read(_ folder: String, _ name: String) -> [UInt8] {
    let file = open("\(folder)/\(name)", O_RDONLY)
    defer { close(file) }
    return [UInt8](unsafeUninitializedCapacity: 1 << 16) { bytes, count in count = max(0, Glibc.read(file, bytes.baseAddress, bytes.count)) }
}

private func write(_ folder: String, _ name: String, _ bytes: [UInt8]) -> Bool {
    let file = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(file) }
    return Glibc.write(file, bytes, bytes.count) == bytes.count
}
