/// Tells whether bytes are one object in the canonical form of RFC 8785, without making a value of them.
///
/// It takes exactly the objects whose reading and canonical writing gives the same bytes, at a fraction of the cost.
package struct CanonicalScan {
    private static let maximumDepth = 32

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    /// Whether a string had an escape since this was last set back.
    private var hasEscape = false
    /// A name with an escape is ordered by what it stands for: then the slow way decides.
    private var hasEscapedName = false

    /// Calls `member` for each member of the outermost object, in order, with the name between its quotes and the bytes of the value.
    ///
    /// What it was called with counts only when the answer is `true`. No pointer leaves the closure.
    package static func isCanonical(
        _ bytes: UnsafeRawBufferPointer, member: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void = { _, _ in }
    ) -> Bool {
        guard isUTF8(bytes) else { return false }
        var scan = CanonicalScan(bytes)
        guard bytes.first == UInt8(ascii: "{"), scan.object(depth: 1, member), scan.position == bytes.count else { return false }
        return !scan.hasEscapedName || isRewrittenAlike(bytes)
    }

    private init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    private mutating func value(depth: Int) -> Bool {
        guard position < bytes.count else { return false }
        switch bytes[position] {
        case UInt8(ascii: "\""): return string() != nil
        case UInt8(ascii: "{"): return depth < Self.maximumDepth && object(depth: depth + 1, { _, _ in })
        case UInt8(ascii: "["): return depth < Self.maximumDepth && array(depth: depth + 1)
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return number()
        }
    }

    private mutating func object(depth: Int, _ member: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) -> Bool {
        position += 1
        if take(UInt8(ascii: "}")) { return true }
        var last: Range<Int>?
        while true {
            hasEscape = false
            guard let name = string() else { return false }
            if hasEscape { hasEscapedName = true }
            if let last, !CanonicalJSON.precedes(slice(last), slice(name)), !hasEscapedName { return false }
            last = name
            guard take(UInt8(ascii: ":")) else { return false }
            let start = position
            guard value(depth: depth) else { return false }
            member(slice(name), slice(start..<position))
            if take(UInt8(ascii: "}")) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }

    private mutating func array(depth: Int) -> Bool {
        position += 1
        if take(UInt8(ascii: "]")) { return true }
        while true {
            guard value(depth: depth) else { return false }
            if take(UInt8(ascii: "]")) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }

    /// What lies between the quotes; `nil` when it is no string, or not escaped as the canonical form escapes.
    private mutating func string() -> Range<Int>? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = position
        while true {
            position = JSONStringScan.firstSpecial(in: bytes, from: position)
            guard position < bytes.count else { return nil }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return start..<position - 1
            case UInt8(ascii: "\\"):
                guard escape() else { return nil }
                hasEscape = true
            default:
                return nil
            }
        }
    }

    /// RFC 8785 section 3.2.2.2: two characters where JSON has them, else \u00xx in lower case, and only for what must be escaped.
    private mutating func escape() -> Bool {
        guard position + 1 < bytes.count else { return false }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
            return true
        case UInt8(ascii: "u"):
            guard position + 6 <= bytes.count, bytes[position + 2] == UInt8(ascii: "0"), bytes[position + 3] == UInt8(ascii: "0") else {
                return false
            }
            let (high, low) = (bytes[position + 4], bytes[position + 5])
            guard high == UInt8(ascii: "0") || high == UInt8(ascii: "1") else { return false }
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(low)
            guard isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(low) else { return false }
            if high == UInt8(ascii: "0"), "89acd".utf8.contains(low) { return false }
            position += 6
            return true
        default:
            return false
        }
    }

    /// Short whole numbers are seen at once; what else a number can be is written anew and compared.
    private mutating func number() -> Bool {
        let start = position
        while position < bytes.count, "+-.0123456789Ee".utf8.contains(bytes[position]) { position += 1 }
        let digits = bytes[start] == UInt8(ascii: "-") ? start + 1..<position : start..<position
        if (1...15).contains(digits.count), bytes[digits.lowerBound] != UInt8(ascii: "0"),
            bytes[digits].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        {
            return true
        }
        return Self.isRewrittenAlike(slice(start..<position))
    }

    private mutating func word(_ word: StaticString) -> Bool {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count else { return false }
        for offset in 0..<word.utf8CodeUnitCount where bytes[position + offset] != word.utf8Start[offset] { return false }
        position = end
        return true
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }

    private static func isRewrittenAlike(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let value = try? JSONReader.read(bytes, maximumDepth: maximumDepth), let written = try? CanonicalJSON.bytes(of: value) else {
            return false
        }
        return written.elementsEqual(bytes)
    }

    private static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.withMemoryRebound(to: UInt8.self) { bytes in
            do throws(UTF8.ValidationError) {
                _ = try UTF8Span(validating: bytes.span)
                return true
            } catch {
                return false
            }
        }
    }
}
