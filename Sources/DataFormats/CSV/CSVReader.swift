/// Splits CSV (RFC 4180) that arrives in chunks of any size; chunk boundaries never change the outcome.
///
/// Memory stays within a small multiple of `maximumRowBytes`. More is accepted than the RFC writes: a byte-order mark at
/// the beginning, LF or CR alone as line end, rows of different lengths, blank lines (skipped, but counted), and a
/// quotation mark inside a field that does not begin with one (kept as it is). Text must be UTF-8.
///
/// If the receiving closure throws, the error is passed on and the rest of the chunk is lost: do not go on feeding.
package struct CSVReader: Sendable {
    private enum State {
        case fieldStart, unquoted, quoted, afterQuote, discarding
    }

    private let maximumRowBytes: Int
    private let skipsSpaceAfterDelimiter: Bool
    private let delimiter: UInt8

    private var state = State.fieldStart
    /// Bytes of a byte-order mark seen so far; nil once the beginning of the input is decided.
    private var markBytes: Int? = 0
    private var line = 1
    private var previousWasCR = false

    private var rowLine = 1
    /// Bytes of the row as they stand in the input; a line is blank when its end finds none.
    private var rowBytes = 0
    private var problem: CSVProblem?
    /// The fields one after the other without quotation marks, and where each one that is complete ends.
    private var content: [UInt8] = []
    private var ends: [Int] = []

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// `maximumRowBytes` counts a row with its quotation marks and delimiters, without its line end.
    /// `skipsSpaceAfterDelimiter` drops U+0020 between a delimiter and the field, also before a quotation mark.
    package init(
        maximumRowBytes: Int = 1 << 20, skipsSpaceAfterDelimiter: Bool = false, delimiter: UInt8 = UInt8(ascii: ",")
    ) {
        precondition(maximumRowBytes >= 4, "a row needs room")
        precondition(
            delimiter < 0x80 && ![UInt8(ascii: "\""), 0x0A, 0x0D].contains(delimiter), "not usable as a delimiter")
        self.maximumRowBytes = maximumRowBytes
        self.skipsSpaceAfterDelimiter = skipsSpaceAfterDelimiter
        self.delimiter = delimiter
    }

    /// Calls `row` for each row that ends in this chunk, in order.
    package mutating func feed<Failure: Error>(
        _ chunk: UnsafeRawBufferPointer, _ row: (CSVRow) throws(Failure) -> Void
    ) throws(Failure) {
        var position = skipByteOrderMark(in: chunk)
        while position < chunk.count {
            if let finished = advance(chunk, &position) {
                try row(finished)
            }
        }
    }

    package mutating func feed<Failure: Error>(
        _ chunk: [UInt8], _ row: (CSVRow) throws(Failure) -> Void
    ) throws(Failure) {
        try chunk.withUnsafeBufferPointer { (buffer) throws(Failure) in
            try feed(UnsafeRawBufferPointer(buffer), row)
        }
    }

    /// Delivers a last row without line end, if there is one. Call once, after the last chunk.
    package mutating func finish<Failure: Error>(_ row: (CSVRow) throws(Failure) -> Void) throws(Failure) {
        settleByteOrderMark()
        let last: CSVRow? =
            switch state {
            case .quoted: abandonRow(.unclosedQuote(field: ends.count))
            case .fieldStart, .unquoted, .afterQuote: rowBytes > 0 ? endRow() : nil
            case .discarding: nil
            }
        beginRow()
        if let last {
            try row(last)
        }
    }
}

// MARK: - The beginning of the input

extension CSVReader {
    private mutating func skipByteOrderMark(in chunk: UnsafeRawBufferPointer) -> Int {
        guard var matched = markBytes else { return 0 }
        var position = 0
        while position < chunk.count {
            guard chunk[position] == Self.byteOrderMark[matched] else {
                settleByteOrderMark()
                return position
            }
            matched += 1
            position += 1
            if matched == Self.byteOrderMark.count {
                markBytes = nil
                return position
            }
            markBytes = matched
        }
        return position
    }

    /// What looked like a mark and is none belongs to the first field.
    private mutating func settleByteOrderMark() {
        guard let matched = markBytes else { return }
        markBytes = nil
        if matched > 0 {
            content.append(contentsOf: Self.byteOrderMark[..<matched])
            rowBytes = matched
            state = .unquoted
        }
    }
}

// MARK: - The states; each moves the position on and gives a row that ends there

extension CSVReader {
    private mutating func advance(_ chunk: UnsafeRawBufferPointer, _ position: inout Int) -> CSVRow? {
        switch state {
        case .fieldStart:
            beginField(chunk, &position)
            return nil
        case .unquoted:
            return readUnquoted(chunk, &position)
        case .quoted:
            return readQuoted(chunk, &position)
        case .afterQuote:
            return readAfterQuote(chunk, &position)
        case .discarding:
            discard(chunk, &position)
            return nil
        }
    }

    private mutating func beginField(_ chunk: UnsafeRawBufferPointer, _ position: inout Int) {
        let isRoomLeft = rowBytes < maximumRowBytes
        if chunk[position] == UInt8(ascii: "\""), isRoomLeft {
            rowBytes += 1
            position += 1
            previousWasCR = false
            state = .quoted
        } else if skipsSpaceAfterDelimiter, !ends.isEmpty, chunk[position] == 0x20, isRoomLeft {
            rowBytes += 1
            position += 1
        } else {
            state = .unquoted
        }
    }

    private mutating func readUnquoted(_ chunk: UnsafeRawBufferPointer, _ position: inout Int) -> CSVRow? {
        var stop = position
        while stop < chunk.count, chunk[stop] != delimiter, chunk[stop] != 0x0A, chunk[stop] != 0x0D {
            stop &+= 1
        }
        if stop > position {
            guard admit(chunk, &position, upTo: stop) else { return abandonRow(.rowTooLong) }
            guard stop < chunk.count else { return nil }
        }
        return chunk[position] == delimiter ? endField(&position) : endLine(chunk, &position)
    }

    private mutating func readQuoted(_ chunk: UnsafeRawBufferPointer, _ position: inout Int) -> CSVRow? {
        var stop = position
        while stop < chunk.count, chunk[stop] != UInt8(ascii: "\""), chunk[stop] != 0x0A, chunk[stop] != 0x0D {
            stop &+= 1
        }
        if stop > position {
            guard admit(chunk, &position, upTo: stop) else { return abandonRow(.unclosedQuote(field: ends.count)) }
            previousWasCR = false
            guard stop < chunk.count else { return nil }
        }
        guard rowBytes < maximumRowBytes else { return abandonRow(.unclosedQuote(field: ends.count)) }
        if chunk[position] == UInt8(ascii: "\"") {
            rowBytes += 1
            position += 1
            previousWasCR = false
            state = .afterQuote
        } else {
            countLineEnd(chunk[position])
            _ = admit(chunk, &position, upTo: position + 1)
        }
        return nil
    }

    private mutating func readAfterQuote(_ chunk: UnsafeRawBufferPointer, _ position: inout Int) -> CSVRow? {
        switch chunk[position] {
        case UInt8(ascii: "\""):
            guard admit(chunk, &position, upTo: position + 1) else { return abandonRow(.rowTooLong) }
            state = .quoted
            return nil
        case delimiter:
            return endField(&position)
        case 0x0A, 0x0D:
            return endLine(chunk, &position)
        default:
            problem = problem ?? .textAfterQuote(field: ends.count)
            state = .unquoted
            return nil
        }
    }

    /// Skips to the end of the line after a row that was given up.
    private mutating func discard(_ chunk: UnsafeRawBufferPointer, _ position: inout Int) {
        let start = position
        while position < chunk.count, chunk[position] != 0x0A, chunk[position] != 0x0D {
            position &+= 1
        }
        if position > start {
            previousWasCR = false
        }
        guard position < chunk.count else { return }
        countLineEnd(chunk[position])
        position += 1
        beginRow()
    }
}

// MARK: - Bytes, fields, lines and rows

extension CSVReader {
    /// Adds bytes to the field and moves past them; false, and nothing done, when they make the row too long.
    @inline(__always)
    private mutating func admit(_ chunk: UnsafeRawBufferPointer, _ position: inout Int, upTo stop: Int) -> Bool {
        guard rowBytes + (stop - position) <= maximumRowBytes else { return false }
        content.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[position..<stop]))
        rowBytes += stop - position
        position = stop
        return true
    }

    private mutating func endField(_ position: inout Int) -> CSVRow? {
        guard rowBytes < maximumRowBytes else { return abandonRow(.rowTooLong) }
        rowBytes += 1
        position += 1
        ends.append(content.count)
        state = .fieldStart
        return nil
    }

    /// The second half of CR LF neither ends a row nor counts.
    private mutating func countLineEnd(_ byte: UInt8) {
        if byte == 0x0D {
            line += 1
            previousWasCR = true
        } else {
            line += previousWasCR ? 0 : 1
            previousWasCR = false
        }
    }

    private mutating func endLine(_ chunk: UnsafeRawBufferPointer, _ position: inout Int) -> CSVRow? {
        let isBlank = rowBytes == 0
        if !isBlank {
            previousWasCR = false
        }
        countLineEnd(chunk[position])
        position += 1
        if isBlank {
            beginRow()
            return nil
        }
        return endRow()
    }

    private mutating func endRow() -> CSVRow {
        ends.append(content.count)
        let fields = takeFields()
        let row = CSVRow(line: rowLine, fields: fields, problem: problem)
        beginRow()
        return row
    }

    private mutating func abandonRow(_ problem: CSVProblem) -> CSVRow {
        state = .discarding
        return CSVRow(line: rowLine, fields: [], problem: problem)
    }

    private mutating func beginRow() {
        content.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        problem = nil
        rowBytes = 0
        rowLine = line
        state = .fieldStart
    }

    private mutating func takeFields() -> [String] {
        var fields: [String] = []
        fields.reserveCapacity(ends.count)
        content.withUnsafeBufferPointer { content in
            var start = 0
            for end in ends {
                let bytes = UnsafeBufferPointer(rebasing: content[start..<end])
                if let field = String(validUTF8: bytes) {
                    fields.append(field)
                } else {
                    problem = problem ?? .invalidUTF8(field: fields.count)
                    fields.append(String(decoding: bytes, as: UTF8.self))
                }
                start = end
            }
        }
        return fields
    }
}
