import Foundation
import Vocabulary

/// A message as it goes over the wire and rests in a mailbox (RFC 5322, RFC 2045 to 2047).
struct MailText {
    let from: MailAddress
    let to: MailAddress
    let subject: String
    let text: String
    let id: UUIDv7
    let date: Instant

    /// - Parameter takes8Bit: whether bytes above 127 arrive as they are (8BITMIME); else they are written quoted-printable.
    func bytes(takes8Bit: Bool) -> [UInt8] {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        let isPlain = lines.allSatisfy { $0.utf8.count <= 998 && $0.utf8.allSatisfy { $0 < 0x80 && ($0 >= 0x20 || $0 == 0x09) } }
        let is8Bit = takes8Bit && lines.allSatisfy { $0.utf8.count <= 998 && $0.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 } }
        let encoding = isPlain ? "7bit" : is8Bit ? "8bit" : "quoted-printable"
        let body = encoding == "quoted-printable" ? lines.map(Self.quoted) : lines
        let head = [
            "Date: \(Self.date(date))", "From: \(from.text)", "To: \(to.text)", "Subject: \(Self.header(subject))",
            "Message-ID: <\(id)@\(from.text.split(separator: "@").last ?? "localhost")>", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: \(encoding)", "Auto-Submitted: auto-generated",
        ]
        return Array((head + [""] + body + [""]).joined(separator: "\r\n").utf8)
    }

    /// Words beyond printable ASCII, and texts that one line cannot hold, as encoded words (RFC 2047): no line break of the text gets through.
    static func header(_ text: String) -> String {
        if text.utf8.count <= 60, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), !text.contains("=?") { return text }
        var words: [String] = []
        var part = ""
        for character in text {
            // 45 bytes become 60 letters: with what stands around them a word has 72 characters, of 75 allowed.
            if part.utf8.count + character.utf8.count > 45 {
                words.append(part)
                part = ""
            }
            part.append(character)
        }
        words.append(part)
        return words.map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }.joined(separator: "\r\n ")
    }

    /// One line of a text, in lines of at most 76 characters (RFC 2045 section 6.7).
    static func quoted(_ line: String) -> String {
        let bytes = Array(line.utf8)
        var result = ""
        var width = 0
        for (index, byte) in bytes.enumerated() {
            let isLast = index == bytes.count - 1
            let isPlain = ((0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=")) || ((byte == 0x20 || byte == 0x09) && !isLast)
            let text = isPlain ? String(Unicode.Scalar(byte)) : "=" + Self.hex(byte)
            if width + text.utf8.count > 75 {
                result += "=\r\n"
                width = 0
            }
            result += text
            width += text.utf8.count
        }
        return result
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = Array("0123456789ABCDEF")
        return String([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
    }

    /// `Sun, 22 Nov 2026 09:30:00 +0000`
    static func date(_ instant: Instant) -> String {
        let text = instant.description
        guard let day = CalendarDate(text.prefix(10)) else { return text }
        let (year, month, number) = day.components
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let weekday = days[((Int(day.daysSince1970) % 7) + 7) % 7]
        return "\(weekday), \(number) \(months[month - 1]) \(year) \(text.dropFirst(11).prefix(8)) +0000"
    }
}
