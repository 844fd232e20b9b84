import CLibPQ
package import Vocabulary

/// A database as libpq is told of it: a connection string or URL, and the same as environment variables, for programs of PostgreSQL, whose
/// command line anybody on the host can read.
package struct ConnectionTarget: Sendable {
    package let text: Personal<String>
    /// What it says, as PGHOST, PGUSER, PGPASSWORD and so on. Holds a password perhaps: never printed.
    package let environment: Personal<[String: String]>
    /// Options that it says and that no variable can say; only such as matter for getting in.
    package let unspeakable: [String]

    /// How a connection is kept alive is for whoever keeps one, and programs do well with the defaults.
    private static let immaterial: Set<String> = [
        "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "fallback_application_name",
    ]

    /// `nil` when libpq does not understand it.
    package init?(_ text: String) {
        guard let options = PQconninfoParse(text, nil) else { return nil }
        defer { PQconninfoFree(options) }
        var environment: [String: String] = [:]
        var unspeakable: [String] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                if let variable = option.pointee.envvar {
                    environment[String(cString: variable)] = String(cString: value)
                } else if !Self.immaterial.contains(String(cString: keyword)) {
                    unspeakable.append(String(cString: keyword))
                }
            }
            option += 1
        }
        self.text = Personal(text)
        self.environment = Personal(environment)
        self.unspeakable = unspeakable
    }
}
