/// The part of a file that is read as a whole: header and nonce.
struct AgeFront {
    private(set) var bytes: [UInt8] = []
    private var lineStart = 0
    /// How many bytes there have to be; `nil` while the header's end is not there.
    private var byteCount: Int?

    /// Takes bytes until there are enough.
    ///
    /// - Returns: whether they are all there.
    mutating func take(from rest: inout Slice<UnsafeRawBufferPointer>) throws(AgeError) -> Bool {
        while bytes.count != byteCount {
            guard let byte = rest.popFirst() else { return false }
            let position = bytes.count
            bytes.append(byte)
            guard byteCount == nil else { continue }
            if position < AgeHeader.version.count {
                guard byte == AgeHeader.version[position] else { throw .versionUnknown }
            }
            guard position < AgeHeader.byteCountLimit else { throw .headerMalformed }
            if byte == UInt8(ascii: "\n") {
                if bytes[lineStart...].starts(with: AgeHeader.end) { byteCount = bytes.count + AgeChunkCipher.nonceByteCount }
                lineStart = bytes.count
            }
        }
        return true
    }

    /// What is wrong with a file that ends within this part.
    var shortage: AgeError {
        if byteCount != nil { return .payloadMalformed }
        return bytes.count < AgeHeader.version.count ? .versionUnknown : .headerMalformed
    }
}
