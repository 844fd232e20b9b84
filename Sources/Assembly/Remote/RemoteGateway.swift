import Foundation

/// Which gateway commands talk to, and as whom.
struct RemoteGateway: Sendable, Equatable {
    let url: String
    let token: String
    /// Certificates that are trusted beside the system's: a path.
    var authorities: String?
    /// What the caller comes for when a command does not say.
    var purpose: String?

    /// - Throws: when a token would go over the network in the clear.
    init(url: String, token: String, authorities: String? = nil, purpose: String? = nil) throws(CommandFailure) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(), let host = parts.host, !host.isEmpty,
            scheme == "https" || scheme == "http", parts.query == nil, parts.fragment == nil, parts.user == nil, parts.password == nil
        else { throw CommandFailure(.invalid, "'\(url)' is no address of a gateway", hint: "https://crm.example:8443") }
        guard scheme == "https" || Self.isLoopback(host) else {
            throw CommandFailure(.invalid, "\(url) would carry the token over the network in the clear", hint: "use https")
        }
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.token = token
        self.authorities = authorities
        self.purpose = purpose
    }

    private static func isLoopback(_ host: String) -> Bool {
        let bare = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        return bare == "localhost" || bare == "::1" || bare.hasPrefix("127.") && bare.split(separator: ".").count == 4
    }

    /// What the environment names: a profile by GATEHOUSE_PROFILE, or GATEHOUSE_URL with GATEHOUSE_TOKEN and GATEHOUSE_CA_FILE.
    ///
    /// - Parameter profile: named on the command line, which counts more.
    static func named(_ profile: String? = nil, in environment: [String: String] = ProcessInfo.processInfo.environment) throws(CommandFailure)
        -> RemoteGateway?
    {
        if let profile { return try ProfileFile.usual(environment).remote(profile) }
        if let url = environment["GATEHOUSE_URL"] {
            guard let token = environment["GATEHOUSE_TOKEN"] else {
                throw CommandFailure(.denied, "GATEHOUSE_URL is set, but GATEHOUSE_TOKEN is not")
            }
            return try RemoteGateway(url: url, token: token, authorities: environment["GATEHOUSE_CA_FILE"])
        }
        if let profile = environment["GATEHOUSE_PROFILE"] { return try ProfileFile.usual(environment).remote(profile) }
        return nil
    }
}
