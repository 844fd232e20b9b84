import Catalog
import DataFormats
import Vocabulary

/// Writes values into JSON without making Swift values of them first.
enum CellText {
    /// A plain column in PostgreSQL's binary form.
    static func writePlain(_ bytes: UnsafeRawBufferPointer, _ type: FieldType, _ json: inout JSONWriter) {
        switch type {
        case .integer: json.number(Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)))
        case .boolean: json.bool(bytes.first == 1)
        case .reference, .date, .timestamp:
            let text = plainText(bytes, type)
            text.withUnsafeBytes { json.string(utf8: $0) }
        case .phone: json.string(utf8: UnsafeRawBufferPointer(rebasing: bytes.prefix { $0 != 0 }))
        case .text, .longtext, .email, .url, .choice, .money, .currency, .country, .user, .team: json.string(utf8: bytes)
        }
    }

    /// The JSON form without quotes.
    static func plainText(_ bytes: UnsafeRawBufferPointer, _ type: FieldType) -> [UInt8] {
        var text: [UInt8] = []
        switch type {
        case .integer: text = Array(String(Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))).utf8)
        case .boolean: text = Array((bytes.first == 1 ? "true" : "false").utf8)
        case .reference:
            UUIDv7(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            ).appendText(to: &text)
        case .date:
            // PostgreSQL counts days from 2000-01-01, which is day 10,957.
            CalendarDate(daysSince1970: Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)) + 10_957).append(to: &text)
        case .timestamp:
            Instant(microseconds: Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)) + 946_684_800_000_000).append(to: &text)
        case .phone: text = Array(bytes.prefix { $0 != 0 })
        case .text, .longtext, .email, .url, .choice, .money, .currency, .country, .user, .team: text = Array(bytes)
        }
        return text
    }

    /// An opened field.
    static func writeOpened(_ plaintext: UnsafeRawBufferPointer, _ type: FieldType, _ json: inout JSONWriter) {
        switch type {
        case .integer, .boolean: json.raw(plaintext)
        default: json.string(utf8: visible(plaintext, type))
        }
    }

    /// The part of an opened field that is shown: of a phone number, what was written.
    static func visible(_ plaintext: UnsafeRawBufferPointer, _ type: FieldType) -> UnsafeRawBufferPointer {
        guard type == .phone, let zero = plaintext.firstIndex(of: 0) else { return plaintext }
        return UnsafeRawBufferPointer(rebasing: plaintext[..<zero])
    }
}
