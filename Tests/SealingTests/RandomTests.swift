import Sealing
import Testing

struct RandomTests {
    @Test func `V11.5.1: of what is drawn at random no two draws agree, and bits are as often set as not`() {
        var seen: Set<[UInt8]> = []
        for _ in 0..<10_000 { seen.insert(randomBytes(count: 16)) }
        #expect(seen.count == 10_000)
        let bytes = randomBytes(count: 1 << 20)
        let set = bytes.reduce(0) { $0 + $1.nonzeroBitCount }
        // Half of 8,388,608 bits; beyond eight standard deviations (1,448 each) chance does not lead.
        #expect(abs(set - (1 << 22)) < 8 * 1448)
        var counts = [Int](repeating: 0, count: 256)
        for byte in bytes { counts[Int(byte)] += 1 }
        #expect(counts.allSatisfy { abs($0 - 4096) < 8 * 64 })
    }
}
