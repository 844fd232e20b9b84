import Glibc

/// Reads a file out of its armor while that comes; strictly, since what can be written in two ways can be changed unseen.
struct AgeArmorReader {
    private enum Place {
        case before, within
        /// Behind a line that is not full: only the end may follow.
        case lastLine
        case after
    }

    private var place = Place.before
    /// A line that has not ended yet, of no more bytes than any line may have.
    private var line: [UInt8] = []
    private var whitespaceCount = 0
    private var lastWhitespace = UInt8(ascii: "\n")

    /// Something else than armor, or armor that is not as it should be.
    private var malformed: AgeError { place == .before ? .versionUnknown : .armorMalformed }

    /// The bytes of the file that the text brings.
    mutating func read(_ text: UnsafeRawBufferPointer) throws(AgeError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + AgeArmor.lineByteCount)
        var from = 0
        while from < text.count {
            if place == .after || place == .before && line.isEmpty {
                try skipWhitespace(text, &from)
                if from == text.count { break }
            }
            let end = Self.lineEnd(text, from)
            let piece = UnsafeRawBufferPointer(rebasing: text[from..<end])
            // With a carriage return.
            guard line.count + piece.count <= AgeArmor.columnCount + 1 else { throw malformed }
            let isWhole = end < text.count
            from = end + (isWhole ? 1 : 0)
            if isWhole, line.isEmpty {
                try take(piece, into: &bytes)
            } else {
                line.append(contentsOf: piece)
                guard isWhole else { break }
                try line.lend { (line) throws(AgeError) in try take(line, into: &bytes) }
                line.removeAll(keepingCapacity: true)
            }
        }
        return bytes
    }

    /// Where the next line feed is, or the text ends.
    private static func lineEnd(_ text: UnsafeRawBufferPointer, _ from: Int) -> Int {
        guard let start = text.baseAddress, let found = memchr(start + from, Int32(UInt8(ascii: "\n")), text.count - from) else { return text.count }
        return UnsafeRawPointer(found) - start
    }

    /// Says that nothing follows.
    func finish() throws(AgeError) {
        // The last line of the file may lack its line feed.
        let isEnded = place == .after || (place == .within || place == .lastLine) && line == AgeArmor.end
        guard isEnded else { throw malformed }
    }

    private mutating func take(_ line: UnsafeRawBufferPointer, into bytes: inout [UInt8]) throws(AgeError) {
        let line = line.last == UInt8(ascii: "\r") ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
        switch place {
        case .before:
            guard line.elementsEqual(AgeArmor.begin) else { throw .versionUnknown }
            place = .within
        case .within, .lastLine:
            if line.elementsEqual(AgeArmor.end) {
                place = .after
            } else {
                guard place == .within, !line.isEmpty, AgeArmor.append(line, decodedTo: &bytes) else { throw .armorMalformed }
                if line.count < AgeArmor.columnCount || line.last == UInt8(ascii: "=") { place = .lastLine }
            }
        case .after: preconditionFailure("behind the end only white space is read")
        }
    }

    private mutating func skipWhitespace(_ text: UnsafeRawBufferPointer, _ from: inout Int) throws(AgeError) {
        while from < text.count, AgeArmor.isWhitespace(text[from]) {
            whitespaceCount += 1
            lastWhitespace = text[from]
            from += 1
            guard whitespaceCount <= AgeArmor.whitespaceLimit else { throw malformed }
        }
        // In front of the first line whole lines may stand, and behind the last one anything blank.
        guard from == text.count || place == .before && lastWhitespace == UInt8(ascii: "\n") else { throw malformed }
    }
}
