import Foundation

/// Where a transit engine is: a server and the path that the engine is mounted at.
struct TransitAddress: Sendable, Equatable {
    /// Ends before the engine's own paths, with a slash.
    private let base: String
    let mount: String

    /// - Throws: `misconfigured` for what is no such address, and for plain HTTP to another host than this one.
    init(url text: String, mount: String) throws(KeyProviderError) {
        guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(), let host = url.host, !host.isEmpty,
            ["https", "http"].contains(scheme), url.user == nil, url.password == nil, url.query == nil, url.fragment == nil
        else {
            throw KeyProviderError(
                .misconfigured, "GATEHOUSE_TRANSIT_URL is not the address of a server", hint: "it is like https://vault.example.com:8200"
            )
        }
        guard scheme == "https" || Self.isLoopback(host) else {
            throw KeyProviderError(
                .misconfigured, "GATEHOUSE_TRANSIT_URL is plain HTTP to another host, and keys would cross the network in the clear",
                hint: "use https"
            )
        }
        let parts = mount.split(separator: "/")
        let isPath = parts.allSatisfy { part in
            part.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
                default: false
                }
            } && part != "." && part != ".."
        }
        guard !parts.isEmpty, isPath else {
            throw KeyProviderError(
                .misconfigured, "GATEHOUSE_TRANSIT_MOUNT is not the path of a secrets engine", hint: "it is like 'transit' or 'teams/crm/transit'"
            )
        }
        self.mount = parts.joined(separator: "/")
        base = text.trimmingCharacters(in: CharacterSet(charactersIn: "/")) + "/v1/\(self.mount)/"
    }

    /// The address of a path below the engine, as `keys/gatehouse-…`.
    func url(_ path: String) -> String { base + path }

    private static func isLoopback(_ host: String) -> Bool {
        let host = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")).lowercased()
        if host == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 127 && numbers.allSatisfy { $0 != nil }
    }
}
