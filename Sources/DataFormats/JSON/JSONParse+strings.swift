extension JSONParse {
    /// Reads the string whose opening quotation mark is at `position`.
    mutating func string() throws(JSONFailure) -> String {
        let start = position + 1
        let stop = JSONStringScan.firstSpecial(in: bytes, from: start)
        guard stop < bytes.count else { throw JSONFailure(code: .unexpectedEnd, offset: bytes.count) }
        guard bytes[stop] == UInt8(ascii: "\"") else {
            return try stringWithEscapes(from: start, firstSpecial: stop)
        }
        position = stop + 1
        let content = UnsafeRawBufferPointer(rebasing: bytes[start..<stop]).assumingMemoryBound(to: UInt8.self)
        guard let text = String(validUTF8: content) else {
            throw invalidUTF8(between: start, and: stop)
        }
        return text
    }

    private mutating func stringWithEscapes(from start: Int, firstSpecial: Int) throws(JSONFailure) -> String {
        unescaped.removeAll(keepingCapacity: true)
        var runStart = start
        var stop = firstSpecial
        while stop < bytes.count {
            unescaped.append(contentsOf: bytes[runStart..<stop])
            switch bytes[stop] {
            case UInt8(ascii: "\""):
                position = stop + 1
                guard let text = unescaped.withUnsafeBufferPointer({ String(validUTF8: $0) }) else {
                    throw invalidUTF8(between: start, and: stop)
                }
                return text
            case UInt8(ascii: "\\"):
                runStart = try appendEscape(at: stop)
            default:
                throw JSONFailure(code: .controlCharacter, offset: stop)
            }
            stop = JSONStringScan.firstSpecial(in: bytes, from: runStart)
        }
        throw JSONFailure(code: .unexpectedEnd, offset: bytes.count)
    }

    /// Appends the character of the escape whose reverse solidus is at `start`; gives the offset after the escape.
    private mutating func appendEscape(at start: Int) throws(JSONFailure) -> Int {
        guard start + 1 < bytes.count else { throw JSONFailure(code: .unexpectedEnd, offset: bytes.count) }
        switch bytes[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            unescaped.append(bytes[start + 1])
        case UInt8(ascii: "b"): unescaped.append(0x08)
        case UInt8(ascii: "f"): unescaped.append(0x0C)
        case UInt8(ascii: "n"): unescaped.append(0x0A)
        case UInt8(ascii: "r"): unescaped.append(0x0D)
        case UInt8(ascii: "t"): unescaped.append(0x09)
        case UInt8(ascii: "u"): return try appendUnicodeEscape(at: start)
        default: throw JSONFailure(code: .invalidEscape, offset: start)
        }
        return start + 2
    }

    private mutating func appendUnicodeEscape(at start: Int) throws(JSONFailure) -> Int {
        let first = try codeUnit(at: start)
        if let scalar = Unicode.Scalar(first) {
            unescaped.append(contentsOf: scalar.utf8)
            return start + 6
        }
        let second = start + 6
        guard first < 0xDC00, second + 1 < bytes.count else {
            throw JSONFailure(code: .loneSurrogate, offset: start)
        }
        guard bytes[second] == UInt8(ascii: "\\"), bytes[second + 1] == UInt8(ascii: "u") else {
            throw JSONFailure(code: .loneSurrogate, offset: start)
        }
        let low = try codeUnit(at: second)
        guard 0xDC00...0xDFFF ~= low else { throw JSONFailure(code: .loneSurrogate, offset: start) }
        let value = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(low & 0x3FF))
        guard let scalar = Unicode.Scalar(value) else { throw JSONFailure(code: .loneSurrogate, offset: start) }
        unescaped.append(contentsOf: scalar.utf8)
        return second + 6
    }

    /// The four hexadecimal digits of the escape whose reverse solidus is at `start`.
    private func codeUnit(at start: Int) throws(JSONFailure) -> UInt16 {
        var unit: UInt16 = 0
        for offset in start + 2..<start + 6 {
            guard offset < bytes.count else { throw JSONFailure(code: .unexpectedEnd, offset: bytes.count) }
            let digit: UInt8
            switch bytes[offset] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = bytes[offset] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = bytes[offset] - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = bytes[offset] - UInt8(ascii: "A") + 10
            default: throw JSONFailure(code: .invalidEscape, offset: start)
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// Escapes are ASCII, so the content as it stands in the text is valid exactly when the unescaped content is.
    private func invalidUTF8(between start: Int, and stop: Int) -> JSONFailure {
        let content = UnsafeRawBufferPointer(rebasing: bytes[start..<stop]).assumingMemoryBound(to: UInt8.self)
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: content.span)
            return JSONFailure(code: .invalidUTF8, offset: start)
        } catch {
            return JSONFailure(code: .invalidUTF8, offset: start + error.byteOffsets.lowerBound)
        }
    }
}
