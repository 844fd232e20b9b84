import DataFormats
import TransparencyLog
import Vocabulary

/// What the bytes of an entry have to be, whatever the hashes say: canonical JSON with a version, an id and the log's tenant.
struct EntryReading {
    enum Verdict {
        case good(high: UInt64, low: UInt64)
        case malformed
        case foreign
    }

    /// The tenant as a JSON string.
    private let tenant: [UInt8]

    init(tenant: TenantID) {
        self.tenant = Array("\"\(tenant)\"".utf8)
    }

    func read(_ entry: UnsafeRawBufferPointer) -> Verdict {
        var id: (high: UInt64, low: UInt64)?
        var isOfTenant: Bool?
        var hasVersion = false
        let isCanonical = CanonicalScan.isCanonical(entry) { name, value in
            switch name.count {
            case 1 where name[0] == UInt8(ascii: "v"): hasVersion = Self.isVersion(value)
            case 2 where name[0] == UInt8(ascii: "i") && name[1] == UInt8(ascii: "d"): id = Self.id(value)
            case 6 where name.elementsEqual("tenant".utf8): isOfTenant = value.elementsEqual(tenant)
            default: break
            }
        }
        guard isCanonical, hasVersion, let id, let isOfTenant else { return .malformed }
        return isOfTenant ? .good(high: id.high, low: id.low) : .foreign
    }

    /// A whole number from 1.
    private static func isVersion(_ value: UnsafeRawBufferPointer) -> Bool {
        guard let first = value.first, first != UInt8(ascii: "0"), value.count <= 9 else { return false }
        return value.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }

    /// An id between quotes, in lower case.
    private static func id(_ value: UnsafeRawBufferPointer) -> (high: UInt64, low: UInt64)? {
        guard value.count == 38, value[0] == UInt8(ascii: "\"") else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        var digits = 0
        for place in 0..<36 {
            let byte = value[place + 1]
            if place == 8 || place == 13 || place == 18 || place == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            if digits < 16 { words.high = words.high << 4 | UInt64(digit) } else { words.low = words.low << 4 | UInt64(digit) }
            digits += 1
        }
        return words
    }
}
