import DataFormats
import Foundation
import Sealing
import SubjectRights

/// A file with an Ed25519 key: 32 bytes in hexadecimal, for its owner's eyes only.
enum SigningKeyFile {
    /// Makes a key where there is none; another process of this host may be first.
    static func make(_ path: String) throws(CommandFailure) {
        let key = SigningKey.make()
        let text = key.withSeed { Hex.encode(Array($0)) }
        do { try StateDirectory.writeSecret(text, to: path) } catch {
            guard FileManager.default.fileExists(atPath: path) else { throw error }
        }
    }

    static func read(_ path: String, signs what: String) throws(CommandFailure) -> SigningKey {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
            throw CommandFailure(
                .unfit, "\(path) is not this account's own file with mode 0600", hint: "whoever else can read it can sign \(what), too")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.unfit, "\(path) cannot be read", hint: "it signs \(what), and has to belong to this account")
        }
        var digits = Array(data.filter { !($0 == 0x0A || $0 == 0x0D) })
        defer { wipe(&digits) }
        var seed = Hex.decode(digits) ?? []
        defer { wipe(&seed) }
        guard let key = SigningKey(seed: SecretBytes(copying: seed)) else {
            throw CommandFailure(.unfit, "\(path) is no signing key of 64 hexadecimal digits", hint: "put back the file that signed \(what) before")
        }
        return key
    }
}

/// The key that signs statements to people and authorities: `keys/documents.key`. Made on first use; its public half is
/// `gatehouse certificate key`.
enum DocumentKeyFile {
    static func signer(_ state: StateDirectory, name: String) throws(CommandFailure) -> DocumentSigner {
        if !FileManager.default.fileExists(atPath: state.documentKey) { try SigningKeyFile.make(state.documentKey) }
        return DocumentSigner(name: name + "/documents", key: try SigningKeyFile.read(state.documentKey, signs: "receipts and certificates"))
    }
}
