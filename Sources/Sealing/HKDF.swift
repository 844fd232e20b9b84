/// HKDF-SHA-256 (RFC 5869) over ``HMACSHA256``: its own two steps, so that several keys can come out of one extraction.
package enum HKDF {
    /// Extracts and expands: fills `output` (at most 255 × 32 bytes).
    package static func expand(
        input: UnsafeRawBufferPointer, salt: [UInt8], info: [UInt8], into output: UnsafeMutableRawBufferPointer
    ) {
        withExtracted(input: input, salt: salt) { expand($0, info: info, into: output) }
    }

    /// Section 2.2: lends the pseudorandom key, in memory that is wiped afterwards. An absent salt is 32 zero bytes.
    static func withExtracted<Value>(input: UnsafeRawBufferPointer, salt: [UInt8], _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        withCode { code in
            let salt = salt.isEmpty ? [UInt8](repeating: 0, count: HMACSHA256.byteCount) : salt
            salt.withUnsafeBytes { salt in
                let context = HMACSHA256.Context(key: salt)
                context.update(input)
                context.finish(into: code)
            }
            return body(UnsafeRawBufferPointer(start: code, count: HMACSHA256.byteCount))
        }
    }

    /// Section 2.3: fills `output` (at most 255 × 32 bytes) from a pseudorandom key.
    static func expand(_ pseudorandomKey: UnsafeRawBufferPointer, info: [UInt8], into output: UnsafeMutableRawBufferPointer) {
        precondition(output.count <= 255 * HMACSHA256.byteCount, "HKDF cannot make that much")
        withCode { block in
            var offset = 0
            var counter: UInt8 = 1
            while offset < output.count {
                let context = HMACSHA256.Context(key: pseudorandomKey)
                if offset > 0 { context.update(UnsafeRawBufferPointer(start: block, count: HMACSHA256.byteCount)) }
                info.withUnsafeBytes { context.update($0) }
                withUnsafeBytes(of: counter) { context.update($0) }
                context.finish(into: block)
                let count = min(HMACSHA256.byteCount, output.count - offset)
                UnsafeMutableRawBufferPointer(rebasing: output[offset..<offset + count])
                    .copyMemory(from: UnsafeRawBufferPointer(start: block, count: count))
                offset += count
                counter &+= 1
            }
        }
    }

    private static func withCode<Value>(_ body: (UnsafeMutablePointer<UInt8>) -> Value) -> Value {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: HMACSHA256.byteCount) { code in
            defer { wipe(UnsafeMutableRawBufferPointer(code)) }
            guard let start = code.baseAddress else { preconditionFailure("a code is never empty") }
            return body(start)
        }
    }
}
