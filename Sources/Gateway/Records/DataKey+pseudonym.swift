import DataFormats
import Sealing

extension DataKey {
    /// How the audit trail writes the pseudonym: lower-case hexadecimal.
    var pseudonymText: String { Hex.encode(pseudonym.bytes) }
}
