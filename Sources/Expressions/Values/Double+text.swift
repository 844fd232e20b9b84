extension Double {
    /// The fewest digits that read back as the same double; with an exponent below 1e-4 and from 1e6 on, as CEL's reference
    /// implementations write it (`%g`). Whole numbers have no fraction.
    package var celText: String {
        if isNaN { return "NaN" }
        if isInfinite { return self < 0 ? "-Inf" : "+Inf" }
        // Swift writes the same digits, with other rules for the exponent: 1234567.0, 1e-05, 1.5e+16.
        let parts = String(magnitude).split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        let whole = mantissa[0]
        let fraction = mantissa.count > 1 && mantissa[1] != "0" ? mantissa[1] : ""
        let all = whole + fraction
        let leading = all.prefix { $0 == "0" }.count
        var digits = all.dropFirst(leading)
        let exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) + whole.count - leading - 1
        while digits.last == "0" { digits.removeLast() }
        let sign = self.sign == .minus ? "-" : ""
        guard let first = digits.first else { return sign + "0" }
        if exponent < -4 || exponent >= 6 {
            let rest = digits.dropFirst()
            let size = String(exponent.magnitude)
            return sign + String(first) + (rest.isEmpty ? "" : "." + rest) + (exponent < 0 ? "e-" : "e+") + (size.count < 2 ? "0" : "") + size
        }
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
        let front = digits.prefix(exponent + 1)
        let zeros = String(repeating: "0", count: exponent + 1 - front.count)
        let back = digits.dropFirst(exponent + 1)
        return sign + front + zeros + (back.isEmpty ? "" : "." + back)
    }
}
