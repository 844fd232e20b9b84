/// SHAKE-128 (FIPS 202), plainly, for vectors that are defined by it: bytes go in, then any number comes out.
struct Shake128 {
    private static let rate = 168
    private static let roundConstants: [UInt64] = [
        0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808A, 0x8000_0000_8000_8000, 0x0000_0000_0000_808B,
        0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009, 0x0000_0000_0000_008A, 0x0000_0000_0000_0088,
        0x0000_0000_8000_8009, 0x0000_0000_8000_000A, 0x0000_0000_8000_808B, 0x8000_0000_0000_008B, 0x8000_0000_0000_8089,
        0x8000_0000_0000_8003, 0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800A, 0x8000_0000_8000_000A,
        0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
    ]
    private static let rotations: [UInt64] = [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44]
    private static let lanes = [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1]

    private var state = [UInt64](repeating: 0, count: 25)
    private var position = 0
    private var isSqueezing = false

    mutating func absorb(_ bytes: [UInt8]) {
        precondition(!isSqueezing, "nothing goes in after something came out")
        for byte in bytes {
            state[position / 8] ^= UInt64(byte) << UInt64(position % 8 * 8)
            position += 1
            if position == Self.rate { permute() }
        }
    }

    mutating func squeeze(_ count: Int) -> [UInt8] {
        if !isSqueezing {
            state[position / 8] ^= 0x1F << UInt64(position % 8 * 8)
            state[Self.rate / 8 - 1] ^= 1 << 63
            permute()
            isSqueezing = true
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            if position == Self.rate { permute() }
            bytes.append(UInt8(truncatingIfNeeded: state[position / 8] >> UInt64(position % 8 * 8)))
            position += 1
        }
        return bytes
    }

    private mutating func permute() {
        position = 0
        state.withUnsafeMutableBufferPointer { a in
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 5) { c in
                for constant in Self.roundConstants {
                    for x in 0..<5 { c[x] = a[x] ^ a[x &+ 5] ^ a[x &+ 10] ^ a[x &+ 15] ^ a[x &+ 20] }
                    for x in 0..<5 {
                        let next = c[(x &+ 1) % 5]
                        let mixed = c[(x &+ 4) % 5] ^ (next &<< 1 | next &>> 63)
                        for y in 0..<5 { a[x &+ 5 &* y] ^= mixed }
                    }
                    var moving = a[1]
                    for index in 0..<24 {
                        let lane = Self.lanes[index]
                        let rotation = Self.rotations[index]
                        (a[lane], moving) = (moving &<< rotation | moving &>> (64 &- rotation), a[lane])
                    }
                    for row in 0..<5 {
                        for x in 0..<5 { c[x] = a[row &* 5 &+ x] }
                        for x in 0..<5 { a[row &* 5 &+ x] = c[x] ^ (~c[(x &+ 1) % 5] & c[(x &+ 2) % 5]) }
                    }
                    a[0] ^= constant
                }
            }
        }
    }
}
