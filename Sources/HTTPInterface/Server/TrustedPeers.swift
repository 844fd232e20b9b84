import DataFormats
import Glibc
package import NIOHTTP1

/// The proxies whose word counts: about where a request came from, and which client certificate it came with.
///
/// From them the address is the last of `X-Forwarded-For` that is not one of them, and the certificate that of `Client-Cert` (RFC 9440). From anybody
/// else both are what the connection itself shows, and the headers are taken away before anybody reads them. `Forwarded` (RFC 7239) is never
/// read: a proxy that writes one of the two passes the other on as the client wrote it.
package struct TrustedPeers: Sendable {
    private struct Block: Sendable {
        let bytes: [UInt8]
        let prefix: Int

        func contains(_ address: [UInt8]) -> Bool {
            guard address.count == bytes.count else { return false }
            return (0..<prefix).allSatisfy { (address[$0 / 8] ^ bytes[$0 / 8]) & (0x80 >> UInt8($0 % 8)) == 0 }
        }
    }

    /// What a request is known by.
    package struct Origin: Sendable {
        package let address: String?
        package let certificate: [UInt8]?
    }

    private let blocks: [Block]

    /// Nobody.
    package init() { blocks = [] }

    /// - Parameter text: addresses and networks with commas between them: `10.0.0.7, 192.168.4.0/24, fd00::/8`.
    /// - Returns: `nil` when one of them is neither, or a network has bits behind its prefix.
    package init?(_ text: String) {
        var blocks: [Block] = []
        for word in text.split(separator: ",") {
            let parts = word.filter { $0 != " " }.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = parts.first, let bytes = Self.bytes(String(first)) else { return nil }
            guard let prefix = parts.count > 1 ? Int(parts[1]) : bytes.count * 8, (0...bytes.count * 8).contains(prefix) else { return nil }
            guard (prefix..<bytes.count * 8).allSatisfy({ bytes[$0 / 8] & (0x80 >> UInt8($0 % 8)) == 0 }) else { return nil }
            blocks.append(Block(bytes: bytes, prefix: prefix))
        }
        self.blocks = blocks
    }

    func contains(_ address: String) -> Bool {
        guard !blocks.isEmpty, let bytes = Self.bytes(address) else { return false }
        return blocks.contains { $0.contains(bytes) }
    }

    /// Who is behind a request, and its headers without what only a proxy may say.
    ///
    /// - Returns: `nil` when a proxy's `Client-Cert` is none: whoever it stood for must not pass for somebody without a certificate.
    package func origin(peer: String?, certificate: [UInt8]?, _ headers: inout HTTPHeaders) -> Origin? {
        defer { for name in Self.names where headers.contains(name: name) { headers.remove(name: name) } }
        guard let peer, contains(peer) else { return Origin(address: peer, certificate: certificate) }
        let addresses = headers[canonicalForm: "X-Forwarded-For"]
        let farthest = addresses.last { !contains(String($0)) }
        let address = farthest.flatMap { Self.bytes(String($0)) == nil ? nil : String($0) } ?? peer
        let certificates = headers["Client-Cert"]
        guard let text = certificates.first else { return Origin(address: address, certificate: nil) }
        guard certificates.count == 1, text.count > 2, text.hasPrefix(":"), text.hasSuffix(":"),
            let bytes = Base64.decode(String(text.dropFirst().dropLast())), !bytes.isEmpty
        else { return nil }
        return Origin(address: address, certificate: bytes)
    }

    private static let names = [
        "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Client-Cert", "Client-Cert-Chain",
    ]

    /// Four or sixteen bytes; an IPv4 address in IPv6's clothes is one of four.
    private static func bytes(_ text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
        return sixteen.starts(with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]) ? Array(sixteen.suffix(4)) : sixteen
    }
}
