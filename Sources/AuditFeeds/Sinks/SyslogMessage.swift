import Glibc
import Vocabulary

/// An event as a message of RFC 5424, its JSON as the text.
///
/// The text begins without a byte-order mark: section 6.4 asks for one before text that is to be known as UTF-8 from the message alone, and
/// a JSON reader behind the collector would stumble over it.
struct SyslogMessage: Sendable {
    /// The facility of audits (section 6.2.1).
    static let facility = 13

    let bytes: [UInt8]

    init(_ event: OCSFEvent, host: String = Self.hostName, process: Int32 = getpid()) {
        let priority = Self.facility * 8 + Self.severity(event.severity)
        let time = event.at?.description ?? "-"
        bytes = Array("<\(priority)>1 \(time) \(host) gatehouse \(process) audit - ".utf8) + event.json
    }

    /// With the number of its octets before it (RFC 5425 section 4.3.1), so that a text may hold any byte.
    var frame: [UInt8] { Array("\(bytes.count) ".utf8) + bytes }

    private static func severity(_ severity: OCSFEvent.Severity) -> Int {
        switch severity {
        case .informational: 6
        case .low: 5
        case .medium: 4
        case .high: 2
        }
    }

    /// The name of this host; `-` when it has none that the header can hold.
    static let hostName: String = {
        var name = [UInt8](repeating: 0, count: 256)
        let outcome = name.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in bytes.baseAddress.map { gethostname($0, bytes.count - 1) } }
        }
        let used = name.prefix { $0 != 0 }
        guard outcome == 0, !used.isEmpty, used.allSatisfy({ (0x21...0x7E).contains($0) }) else { return "-" }
        return String(decoding: used, as: UTF8.self)
    }()
}
