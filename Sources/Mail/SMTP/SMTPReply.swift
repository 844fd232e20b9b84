/// One reply of a server, of one or more lines (RFC 5321 section 4.2).
struct SMTPReply: Equatable {
    let code: Int
    let lines: [String]

    enum Reading: Equatable {
        case reply(SMTPReply)
        /// There is more to come.
        case incomplete
        case malformed
    }

    /// The most that a reply may have; nobody who means well says more.
    static let greatestByteCount = 16_384

    /// Takes one reply from the front of what has been received.
    static func read(_ bytes: inout [UInt8]) -> Reading {
        var lines: [String] = []
        var code: Int?
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            var line = bytes[start..<end]
            if line.last == 0x0D { line = line.dropLast() }
            guard line.count >= 3, let digits = Int(String(decoding: line.prefix(3), as: UTF8.self)), (200...599).contains(digits),
                code == nil || code == digits, !line.contains(0)
            else { return .malformed }
            let mark = line.dropFirst(3).first ?? 0x20
            guard mark == 0x20 || mark == 0x2D else { return .malformed }
            code = digits
            lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
            start = end + 1
            if mark == 0x20 {
                bytes.removeFirst(start)
                return .reply(SMTPReply(code: digits, lines: lines))
            }
        }
        return bytes.count > greatestByteCount ? .malformed : .incomplete
    }
}
