/// Opens the chunks of a payload while they come.
struct AgePayloadReader: ~Copyable {
    private static let sealedByteCount = AgeChunkCipher.chunkByteCount + AgeChunkCipher.overhead

    private var chunks: AgeChunkCipher
    /// Up to a whole chunk: it may be the last one until something follows it.
    private var waiting: [UInt8] = []
    private var isFirst = true
    private let opened = Opened()

    init(fileKey: borrowing AgeFileKey, nonce: [UInt8]) { chunks = AgeChunkCipher(fileKey: fileKey, nonce: nonce) }

    mutating func write(_ sealed: UnsafeRawBufferPointer) throws(AgeError) {
        if waiting.count + sealed.count > Self.sealedByteCount { opened.reserve(waiting.count + sealed.count) }
        var from = 0
        while from < sealed.count {
            if waiting.count == Self.sealedByteCount {
                try waiting.lend { (chunk) throws(AgeError) in try open(chunk) }
                waiting.removeAll(keepingCapacity: true)
            }
            // What is whole and has something behind it needs no copy.
            while waiting.isEmpty, sealed.count - from > Self.sealedByteCount {
                try open(UnsafeRawBufferPointer(rebasing: sealed[from..<from + Self.sealedByteCount]))
                from += Self.sealedByteCount
            }
            let to = min(from + Self.sealedByteCount - waiting.count, sealed.count)
            waiting.append(contentsOf: UnsafeRawBufferPointer(rebasing: sealed[from..<to]))
            from = to
        }
    }

    mutating func finish() throws(AgeError) {
        // Only the chunk of an empty plaintext is empty.
        guard waiting.count > AgeChunkCipher.overhead || isFirst && waiting.count == AgeChunkCipher.overhead else { throw .payloadMalformed }
        opened.reserve(waiting.count)
        if waiting.withUnsafeBytes({ open($0, isLast: true) }) { return }
        // One that is genuine, and should have something behind it, is all there is of a file that was cut.
        if waiting.count == Self.sealedByteCount { _ = waiting.withUnsafeBytes { open($0, isLast: false) } }
        throw .payloadForged
    }

    mutating func takeOutput() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &opened.bytes)
        return taken
    }

    /// A whole chunk that something follows.
    private mutating func open(_ chunk: UnsafeRawBufferPointer) throws(AgeError) {
        if open(chunk, isLast: false) { return }
        // One that is genuine as the last belongs to the plaintext, and what follows it does not belong to the file.
        _ = open(chunk, isLast: true)
        throw .payloadForged
    }

    private mutating func open(_ chunk: UnsafeRawBufferPointer, isLast: Bool) -> Bool {
        let from = opened.bytes.count
        let count = chunk.count - AgeChunkCipher.overhead
        opened.bytes += AgeChunkCipher.room[..<count]
        let isGenuine = opened.bytes.withUnsafeMutableBytes { output in
            chunks.open(chunk, isLast: isLast, into: UnsafeMutableRawBufferPointer(rebasing: output[from..<from + count]))
        }
        if isGenuine { isFirst = false } else { opened.bytes.removeLast(count) }
        return isGenuine
    }

    /// Plaintext that nobody has taken; wiped when it goes.
    private final class Opened {
        var bytes: [UInt8] = []

        deinit { wipe(&bytes) }

        /// Makes room, so that appending leaves no copy behind.
        func reserve(_ count: Int) {
            guard bytes.capacity - bytes.count < count else { return }
            var roomier: [UInt8] = []
            roomier.reserveCapacity(max(bytes.count + count, 2 * bytes.count))
            roomier += bytes
            wipe(&bytes)
            bytes = roomier
        }
    }
}
