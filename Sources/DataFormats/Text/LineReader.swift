import Glibc

/// Splits lines that arrive in chunks of any size, for NDJSON; chunk boundaries never change the outcome.
///
/// Lines end with LF; one CR before it is dropped, any other CR is content. Empty lines are skipped, but counted. At most
/// `maximumLineBytes` and a byte are kept; a line that lies within one chunk is lent without a copy.
///
/// If the receiving closure throws, the error is passed on and the rest of the chunk is lost: do not go on feeding.
package struct LineReader: Sendable {
    private let maximumLineBytes: Int
    private var number = 1
    private var pending: [UInt8] = []
    private var isTooLong = false

    /// `maximumLineBytes` counts a line without its line end.
    package init(maximumLineBytes: Int = 1 << 20) {
        self.maximumLineBytes = maximumLineBytes
    }

    /// Calls `line` for each line that ends in this chunk, in order.
    package mutating func feed<Failure: Error>(
        _ chunk: UnsafeRawBufferPointer, _ line: (NumberedLine) throws(Failure) -> Void
    ) throws(Failure) {
        var start = 0
        while start < chunk.count {
            let rest = UnsafeRawBufferPointer(rebasing: chunk[start...])
            guard let length = Self.bytesBeforeLF(in: rest) else {
                keep(rest)
                return
            }
            let segment = UnsafeRawBufferPointer(rebasing: rest[..<length])
            if pending.isEmpty && !isTooLong {
                try deliver(segment, endsWithLF: true, line)
            } else {
                keep(segment)
                try deliverPending(endsWithLF: true, line)
            }
            start += length + 1
        }
    }

    package mutating func feed<Failure: Error>(
        _ chunk: [UInt8], _ line: (NumberedLine) throws(Failure) -> Void
    ) throws(Failure) {
        try chunk.withUnsafeBufferPointer { (buffer) throws(Failure) in
            try feed(UnsafeRawBufferPointer(buffer), line)
        }
    }

    /// Delivers a last line without LF, if there is one. Call once, after the last chunk.
    package mutating func finish<Failure: Error>(_ line: (NumberedLine) throws(Failure) -> Void) throws(Failure) {
        if !pending.isEmpty || isTooLong {
            try deliverPending(endsWithLF: false, line)
        }
    }

    private static func bytesBeforeLF(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        // SAFETY: the buffer holds `count` bytes from `base`, and memchr reads no further.
        guard let found = memchr(base, 0x0A, bytes.count) else { return nil }
        return base.distance(to: UnsafeRawPointer(found))
    }

    /// One byte beyond the limit is kept, because it may be the CR of a line end.
    private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
        guard !isTooLong else { return }
        if pending.count + bytes.count > maximumLineBytes + 1 {
            isTooLong = true
            pending.removeAll(keepingCapacity: true)
        } else {
            pending.append(contentsOf: bytes)
        }
    }

    private mutating func deliverPending<Failure: Error>(
        endsWithLF: Bool, _ line: (NumberedLine) throws(Failure) -> Void
    ) throws(Failure) {
        var bytes: [UInt8] = []
        swap(&bytes, &pending)
        try bytes.withUnsafeBufferPointer { (buffer) throws(Failure) in
            try deliver(UnsafeRawBufferPointer(buffer), endsWithLF: endsWithLF, line)
        }
        swap(&bytes, &pending)
        pending.removeAll(keepingCapacity: true)
    }

    private mutating func deliver<Failure: Error>(
        _ bytes: UnsafeRawBufferPointer, endsWithLF: Bool, _ line: (NumberedLine) throws(Failure) -> Void
    ) throws(Failure) {
        let hasCR = endsWithLF && bytes.last == 0x0D
        let content = hasCR ? UnsafeRawBufferPointer(rebasing: bytes.dropLast()) : bytes
        let current = number
        number += 1
        if isTooLong || content.count > maximumLineBytes {
            isTooLong = false
            try line(NumberedLine(number: current, bytes: UnsafeRawBufferPointer(start: nil, count: 0), problem: .tooLong))
        } else if !content.isEmpty {
            try line(NumberedLine(number: current, bytes: content, problem: nil))
        }
    }
}
