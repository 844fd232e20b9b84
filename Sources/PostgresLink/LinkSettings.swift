package import Vocabulary

/// How to reach one database, and how much to ask of it.
package struct LinkSettings: Sendable {
    /// What observations call it: `store` or `vault`.
    package var name: String
    /// A libpq connection string or `postgresql://` URL (PostgreSQL documentation, 34.1.1). Holds a password perhaps: never printed.
    package var target: Personal<String>
    /// Connections that many readers share through pipeline mode. Two to four suit two cores; more only cost.
    package var sharedConnections = 2
    /// Connections lent to one transaction at a time, opened when first needed.
    package var exclusiveConnections = 4
    /// Units of work that may wait for a connection; one more is refused with `queue-full`.
    package var maximumWaiting = 2048
    /// Units in flight on one shared connection before others wait.
    package var maximumInFlight = 128
    package var connectTimeout: Duration = .seconds(5)
    package var statementTimeout: Duration = .seconds(30)
    /// False behind PgBouncer in transaction mode, where a prepared statement does not outlive its transaction.
    package var usesNamedStatements = true
    /// Set by a restore alone, and by who waits for its end: works with a database that is closed to everybody else.
    package var passesRestores = false
    /// Channels to LISTEN on, over a connection of its own.
    package var channels: [SQLIdentifier] = []
    /// The same database by a way on which a session stays with its client, for LISTEN alone; the target when `nil`.
    package var listenTarget: Personal<String>?

    package init(name: String, target: String) {
        self.name = name
        self.target = Personal(target)
    }
}
