import Glibc

/// Internet addresses as numbers.
enum AddressRange {
    /// Whether an address is in a range such as `10.0.0.0/8` or `2001:db8::/32`; `nil` when one of them is none.
    ///
    /// An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address. Addresses of one kind are in no range of the
    /// other. Bits of the range's address behind its prefix do not count.
    static func contains(_ address: String, range: String) -> Bool? {
        let parts = range.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = bytes(address), let first = bytes(String(parts[0])),
            (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy(\.isDigit), let length = Int(parts[1]), length <= first.count * 8
        else { return nil }
        let (plain, start, prefix) = (unmapped(address), unmapped(first), first.count == 16 && unmapped(first).count == 4 ? length - 96 : length)
        // A range of IPv6 that is wider than all of IPv4 stays one of IPv6.
        if prefix < 0 { return isInside(address, first, length) }
        return isInside(plain, start, prefix)
    }

    private static func isInside(_ address: [UInt8], _ start: [UInt8], _ prefix: Int) -> Bool {
        guard address.count == start.count else { return false }
        let whole = prefix / 8
        guard address.prefix(whole) == start.prefix(whole) else { return false }
        let bits = prefix % 8
        return bits == 0 || (address[whole] ^ start[whole]) >> (8 - bits) == 0
    }

    private static func unmapped(_ bytes: [UInt8]) -> [UInt8] {
        let isMapped = bytes.count == 16 && bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? Array(bytes.suffix(4)) : bytes
    }

    /// Four bytes or sixteen. No names of zones, no leading zeros.
    private static func bytes(_ text: String) -> [UInt8]? {
        // The C function would stop at a zero byte and take what is before it.
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        let isLong = text.utf8.contains(UInt8(ascii: ":"))
        var bytes = [UInt8](repeating: 0, count: isLong ? 16 : 4)
        // SAFETY: inet_pton writes 16 bytes for AF_INET6 and 4 for AF_INET.
        return inet_pton(isLong ? AF_INET6 : AF_INET, text, &bytes) == 1 ? bytes : nil
    }
}
