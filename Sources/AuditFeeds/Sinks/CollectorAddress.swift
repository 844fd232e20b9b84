import Foundation

/// Where a collector listens. Whatever leaves this host goes over TLS.
enum CollectorAddress {
    /// Why something is no address of a collector: a sentence and what to do.
    struct Problem: Error, Equatable {
        let message: String
        let hint: String
    }

    /// The address of events that are posted: `https`, or `http` to this host.
    static func http(_ text: String) throws(Problem) -> String {
        guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(), ["https", "http"].contains(scheme),
            let host = url.host, !host.isEmpty, url.user == nil, url.password == nil, url.fragment == nil
        else {
            throw Problem(message: "this is not the address of a collector", hint: "it is like https://siem.example.com/ingest")
        }
        guard scheme == "https" || isLoopback(host) else {
            throw Problem(message: "plain HTTP to another host is not offered: events would cross the network in the clear", hint: "use https")
        }
        return text
    }

    /// The address of a syslog server: `tls`, or `tcp` to this host, always with a port.
    static func syslog(_ text: String) throws(Problem) -> SyslogAddress {
        guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(), ["tls", "tcp"].contains(scheme),
            let host = url.host, !host.isEmpty, let port = url.port, (1...65535).contains(port), url.user == nil, url.password == nil,
            url.query == nil, url.fragment == nil, url.path.isEmpty
        else {
            throw Problem(message: "this is not the address of a syslog server", hint: "it is like tls://siem.example.com:6514")
        }
        guard scheme == "tls" || isLoopback(host) else {
            throw Problem(message: "plain TCP to another host is not offered: events would cross the network in the clear", hint: "use tls")
        }
        return SyslogAddress(host: bare(host), port: port, isTLS: scheme == "tls")
    }

    /// No other name is looked up for this: whoever answers could say what it likes.
    private static func isLoopback(_ host: String) -> Bool {
        let host = bare(host).lowercased()
        if host == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 127 && numbers.allSatisfy { $0 != nil }
    }

    /// An IPv6 address without its brackets.
    private static func bare(_ host: String) -> String { host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")) }
}

/// Where a syslog server listens, and whether it proves who it is.
struct SyslogAddress: Sendable, Equatable {
    let host: String
    let port: Int
    let isTLS: Bool
}
