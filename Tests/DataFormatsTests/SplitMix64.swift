/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014): the same numbers for the same seed.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Text of characters that formats find difficult, up to 40 of them.
func difficultText(using random: inout SplitMix64) -> String {
    let scalars: [Unicode.Scalar] = [
        "a", "b", " ", "\"", "\\", "/", ",", ";", "\n", "\r", "\t", "\0", "\u{1F}", "\u{7F}", "=", "é", "\u{301}", "€",
        "\u{2028}", "\u{FEFF}", "\u{FFFD}", "😀", "\u{10FFFF}",
    ]
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...40, using: &random) {
        text.append(scalars[Int.random(in: 0..<scalars.count, using: &random)])
    }
    return String(text)
}

/// The bytes in pieces of random sizes, none of them empty.
func pieces(of bytes: [UInt8], using random: inout SplitMix64) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var start = 0
    while start < bytes.count {
        let end = min(bytes.count, start + Int.random(in: 1...9, using: &random))
        pieces.append(Array(bytes[start..<end]))
        start = end
    }
    return pieces
}
