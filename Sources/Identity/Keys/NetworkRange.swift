import Glibc

/// Addresses from which a key is taken: an address and how many of its first bits count (RFC 4632, RFC 4291 section 2.3).
package struct NetworkRange: Sendable, Hashable, CustomStringConvertible {
    private let bytes: [UInt8]
    private let length: Int
    private let text: String

    /// An address alone stands for itself; `nil` when it is none, or has bits set behind those that count.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let bytes = Self.bytes(String(parts[0])) else { return nil }
        var length = bytes.count * 8
        if parts.count == 2 {
            guard let given = Int(parts[1]), String(given) == parts[1], (0...length).contains(given) else { return nil }
            length = given
        }
        for bit in length..<(bytes.count * 8) where bytes[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 { return nil }
        self.bytes = bytes
        self.length = length
        self.text = text
    }

    package var description: String { text }

    /// - Parameter address: as the connection has it, IPv4 in IPv6 counting as IPv4.
    package func contains(_ address: String) -> Bool {
        guard let other = Self.bytes(address), other.count == bytes.count else { return false }
        for index in 0..<(length / 8) where other[index] != bytes[index] { return false }
        let rest = length % 8
        return rest == 0 || (other[length / 8] ^ bytes[length / 8]) >> UInt8(8 - rest) == 0
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 { return withUnsafeBytes(of: v4) { Array($0) } }
        var v6 = in6_addr()
        // A zone names an interface of the other side's host.
        let bare = text.prefix { $0 != "%" }
        guard inet_pton(AF_INET6, String(bare), &v6) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: v6) { Array($0) }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? Array(bytes[12...]) : bytes
    }
}
