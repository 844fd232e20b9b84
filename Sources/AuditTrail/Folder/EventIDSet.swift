/// Ids that have been seen: 16 bytes each in one table, so that ten million of them fit into half a gigabyte.
struct EventIDSet {
    private var table: [(high: UInt64, low: UInt64)]
    private var count = 0
    private var hasZero = false
    /// Whoever makes up ids does not know where they fall.
    private let seed = UInt64.random(in: .min ... .max) | 1

    init() {
        table = Array(repeating: (0, 0), count: 1 << 12)
    }

    /// - Returns: whether the id is new.
    mutating func insert(high: UInt64, low: UInt64) -> Bool {
        if high == 0, low == 0 {
            defer { hasZero = true }
            return !hasZero
        }
        if count * 4 >= table.count * 3 { grow() }
        guard put(high, low) else { return false }
        count += 1
        return true
    }

    private mutating func put(_ high: UInt64, _ low: UInt64) -> Bool {
        let mask = table.count - 1
        var mixed = (low ^ seed) &* 0x9E37_79B9_7F4A_7C15
        mixed = ((mixed ^ (mixed >> 32)) ^ high) &* seed
        var place = Int(truncatingIfNeeded: mixed >> 20) & mask
        while true {
            let slot = table[place]
            if slot.high == high, slot.low == low { return false }
            if slot.high == 0, slot.low == 0 {
                table[place] = (high, low)
                return true
            }
            place = (place + 1) & mask
        }
    }

    private mutating func grow() {
        let old = table
        table = Array(repeating: (0, 0), count: old.count * 2)
        for slot in old where slot.high != 0 || slot.low != 0 { _ = put(slot.high, slot.low) }
    }
}
