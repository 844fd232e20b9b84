/// Doubles in the form of ECMAScript's `Number::toString` (ECMA-262 section 6.1.6.1.20), on which RFC 8785 builds.
enum ECMAScriptNumber {
    /// `Double.description` has the same digits, the fewest that read back as the same double; only the point and the
    /// exponent stand elsewhere.
    static func append(_ value: Double, to bytes: inout [UInt8]) {
        precondition(value.isFinite, "only finite numbers have a JSON form")
        guard value != 0 else {
            bytes.append(UInt8(ascii: "0"))
            return
        }
        if value < 0 {
            bytes.append(UInt8(ascii: "-"))
        }
        let (digits, point) = decimal(value.magnitude)
        if (-5...21).contains(point) {
            appendPlain(digits, point: point, to: &bytes)
        } else {
            appendScientific(digits, exponent: point - 1, to: &bytes)
        }
    }

    /// Digits without zeros at either end, and the place of the point: the value is 0.digits × 10^point.
    private static func decimal(_ magnitude: Double) -> (digits: [UInt8], point: Int) {
        var digits: [UInt8] = []
        var point = 0
        var exponent = 0
        var isExponentNegative = false
        var part = Part.whole
        for byte in magnitude.description.utf8 {
            switch (byte, part) {
            case (UInt8(ascii: "."), _):
                part = .fraction
            case (UInt8(ascii: "e"), _):
                part = .exponent
            case (UInt8(ascii: "-"), _):
                isExponentNegative = true
            case (UInt8(ascii: "0")...UInt8(ascii: "9"), .exponent):
                exponent = exponent * 10 + Int(byte - UInt8(ascii: "0"))
            case (UInt8(ascii: "0"), .fraction) where digits.isEmpty:
                point -= 1
            case (UInt8(ascii: "0"), .whole) where digits.isEmpty:
                break
            case (UInt8(ascii: "0")...UInt8(ascii: "9"), _):
                digits.append(byte)
                point += part == .whole ? 1 : 0
            default:
                break
            }
        }
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
        }
        return (digits, point + (isExponentNegative ? -exponent : exponent))
    }

    private enum Part {
        case whole, fraction, exponent
    }

    private static func appendPlain(_ digits: [UInt8], point: Int, to bytes: inout [UInt8]) {
        let zero = UInt8(ascii: "0")
        if point <= 0 {
            bytes.append(zero)
            bytes.append(UInt8(ascii: "."))
            bytes.append(contentsOf: repeatElement(zero, count: -point))
            bytes.append(contentsOf: digits)
        } else if point < digits.count {
            bytes.append(contentsOf: digits[..<point])
            bytes.append(UInt8(ascii: "."))
            bytes.append(contentsOf: digits[point...])
        } else {
            bytes.append(contentsOf: digits)
            bytes.append(contentsOf: repeatElement(zero, count: point - digits.count))
        }
    }

    private static func appendScientific(_ digits: [UInt8], exponent: Int, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: digits.prefix(1))
        if digits.count > 1 {
            bytes.append(UInt8(ascii: "."))
            bytes.append(contentsOf: digits.dropFirst())
        }
        bytes.append(UInt8(ascii: "e"))
        bytes.append(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        bytes.append(contentsOf: exponent.magnitude.description.utf8)
    }
}
