import DataFormats

/// What goes wrong in one run, and when; the same for the same seed.
struct FaultPlan: Sendable, CustomStringConvertible {
    enum Kind: String, Sendable, CaseIterable {
        case gatewayKilled = "gateway killed"
        case serverKilled = "postmaster killed"
        case backendKilled = "backend of the sequencer killed"
        case gatewayPaused = "gateway paused"
        /// For longer than the database lets a sequencer hang.
        case gatewayPausedLong = "gateway paused beyond the patience"
        case trailRefused = "inbox refused"
        case killedWhileSpooling = "gateway killed while it spooled"
    }

    struct Fault: Sendable {
        let kind: Kind
        /// Before it, and how long it lasts, in milliseconds.
        let delay: Int
        let length: Int
        /// Which gateway, or which of the database's processes.
        let victim: Int
    }

    let seed: UInt64
    let gateways: Int
    let faults: [Fault]

    init(seed: UInt64) {
        self.seed = seed
        var generator = SplitMix64(seed: seed)
        gateways = Int.random(in: 1...2, using: &generator)
        let usual = Kind.allCases.filter { $0 != .gatewayPausedLong }
        faults = (0..<Int.random(in: 1...2, using: &generator)).map { number in
            // Long enough to be rare.
            let isLong = seed % 20 == 13 && number == 0
            return Fault(
                kind: isLong ? .gatewayPausedLong : usual[Int.random(in: 0..<usual.count, using: &generator)],
                delay: Int.random(in: 20...350, using: &generator), length: Int.random(in: 20...250, using: &generator),
                victim: Int.random(in: 0..<1000, using: &generator)
            )
        }
    }

    var description: String {
        "seed \(seed), \(gateways == 1 ? "one gateway" : "two gateways"): "
            + faults.map { "\($0.kind.rawValue) after \($0.delay) ms" }.joined(separator: ", ")
    }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014): the same numbers for the same seed.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
