/// What went wrong between the gateway and PostgreSQL: a code, and of PostgreSQL's own words only SQLSTATE and the
/// constraint's name. Message and detail stay behind: a unique violation repeats the e-mail address in its detail.
package struct LinkError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The server could not be reached in time; nothing was sent.
        case unavailable
        /// More callers wait than the settings allow; nothing was sent.
        case queueFull = "queue-full"
        /// The answer did not come in time; whether the statement took effect is unknown.
        case timedOut = "timed-out"
        /// The caller went away.
        case cancelled
        /// The connection broke after sending; whether the statement took effect is unknown.
        case connectionLost = "connection-lost"
        /// PostgreSQL refused the statement; `sqlState` says why.
        case refused
        /// The link was closed.
        case closed
        /// The database is being restored, or was since this link first saw it; nothing was sent, or what was sent was not run.
        case restoring
        /// A call does not fit the state of the connection.
        case misuse
    }

    package let code: Code
    package let sqlState: String?
    package let constraint: String?

    package init(_ code: Code, sqlState: String? = nil, constraint: String? = nil) {
        self.code = code
        self.sqlState = sqlState
        self.constraint = constraint
    }

    package var isUniqueViolation: Bool { sqlState == "23505" }
    package var isForeignKeyViolation: Bool { sqlState == "23503" }
    /// Class 40: the transaction can be tried again as it is.
    package var isRetryable: Bool { sqlState?.hasPrefix("40") == true }
    /// The server is there and takes no changes for now: it is read-only (25006), has no space or no connections left (class 53), stops (class
    /// 57P), or has trouble with its disk (class 58). Nothing is wrong with the statement.
    package var isOutage: Bool {
        guard let sqlState else { return false }
        return sqlState == "25006" || ["53", "57P", "58"].contains { sqlState.hasPrefix($0) }
    }

    package var description: String {
        "database \(code.rawValue)" + (sqlState.map { " (\($0))" } ?? "") + (constraint.map { " on \($0)" } ?? "")
    }
}
