import Foundation

/// Where a witness is asked: `https`, or plain `http` on this host alone.
package struct WitnessAddress: Sendable, Equatable {
    package enum Problem: Error, Sendable, Equatable {
        /// No address of a server, or one with a name, a password, a question or a fragment in it.
        case malformed
        /// Plain HTTP to another host: whoever is on the way could answer.
        case insecure
    }

    /// Ends without a slash.
    package let url: String
    package let isEncrypted: Bool

    package init(_ text: String) throws(Problem) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(), let host = parts.host, !host.isEmpty,
            ["https", "http"].contains(scheme), parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw .malformed }
        isEncrypted = scheme == "https"
        guard isEncrypted || Self.isLoopback(host) else { throw .insecure }
        url = text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private static func isLoopback(_ host: String) -> Bool {
        let host = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")).lowercased()
        if host == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 127 && numbers.allSatisfy { $0 != nil }
    }
}
