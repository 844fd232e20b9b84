/// Letters of a domain's label out of their ASCII form (RFC 3492).
enum Punycode {
    private static let base: UInt32 = 36
    private static let leastThreshold: UInt32 = 1
    private static let greatestThreshold: UInt32 = 26

    /// - Parameter text: what stands behind `xn--`.
    /// - Returns: `nil` when the text is not in that form.
    static func decode(_ text: some StringProtocol) -> String? {
        var scalars: [Unicode.Scalar] = []
        var rest = Array(text.utf8)[...]
        if let delimiter = rest.lastIndex(of: UInt8(ascii: "-")) {
            scalars = rest[..<delimiter].map { Unicode.Scalar($0) }
            rest = rest[(delimiter + 1)...]
        }
        var (point, index, bias) = (UInt32(128), UInt32(0), UInt32(72))
        while !rest.isEmpty {
            let before = index
            var weight: UInt32 = 1
            var step = base
            while true {
                guard let digit = rest.popFirst().flatMap(digit) else { return nil }
                let (product, isTooMuch) = digit.multipliedReportingOverflow(by: weight)
                let (sum, isTooLarge) = index.addingReportingOverflow(product)
                if isTooMuch || isTooLarge { return nil }
                index = sum
                let threshold = step <= bias ? leastThreshold : min(greatestThreshold, step - bias)
                if digit < threshold { break }
                let (heavier, isTooHeavy) = weight.multipliedReportingOverflow(by: base - threshold)
                if isTooHeavy { return nil }
                weight = heavier
                step += base
            }
            let count = UInt32(scalars.count) + 1
            bias = adapted(index - before, count, isFirst: before == 0)
            point += index / count
            index %= count
            guard point <= 0x10FFFF, let scalar = Unicode.Scalar(point) else { return nil }
            scalars.insert(scalar, at: Int(index))
            index += 1
        }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: scalars)
        return String(result)
    }

    private static func adapted(_ delta: UInt32, _ count: UInt32, isFirst: Bool) -> UInt32 {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var steps: UInt32 = 0
        while delta > (base - leastThreshold) * greatestThreshold / 2 {
            delta /= base - leastThreshold
            steps += base
        }
        return steps + (base - leastThreshold + 1) * delta / (delta + 38)
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a"))
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 26
        default: nil
        }
    }
}
