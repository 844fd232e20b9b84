import Sealing

/// The frames of one write as they lie in a segment: a header and the frames, each behind its length.
///
/// | bytes | what |
/// |---|---|
/// | 8 | length of what follows the header, big-endian |
/// | 8 | check of the header: SHA-256 of the segment's number, the record's position and the length, cut off |
/// | 16 | check of the rest: SHA-256, cut off |
/// | … | each frame: four bytes of length, big-endian, and its bytes |
///
/// All that one write acknowledges is one record, so that it is there as a whole or not at all. The header has a check of its own
/// because a length that was damaged would else look like a write that did not come to its end, and take all behind it along. Number and
/// position are in it so that blocks of an older file, which may come up after a crash, do not pass. SHA-256 rather than a
/// cyclic sum: it is here already, it costs less than a hundredth of the `fdatasync`, and it finds every damage there is.
/// It is no signature: whoever may write to the folder can write frames.
enum SpoolRecord {
    static let headerByteCount = 32

    enum Reading: Equatable {
        case record(frames: [[UInt8]], end: Int)
        /// The write did not come to its end: the file stops within the record, or has only zeros from here on, as some
        /// file systems leave it when the length was durable before the content.
        case torn
        case damaged
    }

    static func byteCount(_ frames: [[UInt8]]) -> Int { frames.reduce(0) { $0 + 4 + $1.count } }

    static func encode(_ frames: [[UInt8]], segment: Int, position: Int) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(byteCount(frames))
        for frame in frames {
            body += bigEndian(UInt32(frame.count))
            body += frame
        }
        let length = bigEndian(UInt64(body.count))
        return length + headerCheck(length, segment, position) + SHA256.hash(body).prefix(16) + body
    }

    /// Reads the record at a position of a segment, which is not its end.
    static func read(_ bytes: [UInt8], at position: Int, segment: Int) -> Reading {
        let remaining = bytes.count - position
        let rest = bytes[position...]
        if remaining < headerByteCount || rest.allSatisfy({ $0 == 0 }) { return .torn }
        let length = Array(rest.prefix(8))
        guard Array(rest[(position + 8)..<(position + 16)]) == headerCheck(length, segment, position),
            let count = Int(exactly: length.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        else { return .damaged }
        guard count <= remaining - headerByteCount else { return .torn }
        let start = position + headerByteCount
        let body = Array(bytes[start..<(start + count)])
        guard SHA256.hash(body).prefix(16) == rest[(position + 16)..<start], let frames = frames(of: body) else { return .damaged }
        return .record(frames: frames, end: start + count)
    }

    private static func frames(of body: [UInt8]) -> [[UInt8]]? {
        var frames: [[UInt8]] = []
        var position = 0
        while position < body.count {
            guard body.count - position >= 4 else { return nil }
            let length = body[position..<(position + 4)].reduce(0) { $0 << 8 | Int($1) }
            position += 4
            guard length <= body.count - position else { return nil }
            frames.append(Array(body[position..<(position + length)]))
            position += length
        }
        return frames
    }

    private static func headerCheck(_ length: [UInt8], _ segment: Int, _ position: Int) -> [UInt8] {
        Array(SHA256.hash(bigEndian(UInt64(segment)) + bigEndian(UInt64(position)) + length).prefix(8))
    }

    private static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}
