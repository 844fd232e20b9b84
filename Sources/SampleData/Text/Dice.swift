/// The random stream of one record: SplitMix64 (Steele, Lea, Flood 2014). Repeatable, and no source of secrets.
struct Dice {
    private var state: UInt64

    /// A stream of its own for each record, so that no record depends on the making of another.
    init(seed: UInt64, entity: SampleEntity, index: Int) {
        state = Dice.mix(Dice.mix(Dice.mix(seed) ^ entity.streamNumber) ^ UInt64(truncatingIfNeeded: index))
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Dice.mix(state)
    }

    /// A number from 0 up to, not including, `bound`, which must be positive.
    mutating func roll(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    mutating func roll(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + roll(range.count)
    }

    mutating func chance(_ percent: Int) -> Bool {
        roll(100) < percent
    }

    /// `choices` must not be empty.
    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[roll(choices.count)]
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension SampleEntity {
    fileprivate var streamNumber: UInt64 {
        switch self {
        case .account: 1
        case .contact: 2
        case .lead: 3
        case .deal: 4
        case .activity: 5
        case .task: 6
        }
    }
}
