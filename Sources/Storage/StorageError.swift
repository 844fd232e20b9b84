package import PostgresLink

/// What can go wrong in a resource. No value of a record is in it.
package enum StorageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The credential was revoked, changed or expired since it was read.
    case credentialOutdated
    /// A unique constraint; the name is derived from the catalog.
    case taken(constraint: String)
    /// A reference to a record that does not exist.
    case referenceUnknown(constraint: String)
    /// The audit trail did not take the event of a change; nothing was changed.
    case unrecorded
    case link(LinkError)

    package init(_ error: LinkError) {
        if error.isUniqueViolation, let constraint = error.constraint {
            self = .taken(constraint: constraint)
        } else if error.isForeignKeyViolation, let constraint = error.constraint {
            self = .referenceUnknown(constraint: constraint)
        } else {
            self = .link(error)
        }
    }

    /// The database is being restored, or was since it was first seen.
    package var isRestoring: Bool { self == .link(LinkError(.restoring)) }

    package var description: String {
        switch self {
        case .credentialOutdated: "credential outdated"
        case .taken(let constraint): "taken (\(constraint))"
        case .referenceUnknown(let constraint): "reference unknown (\(constraint))"
        case .unrecorded: "not recorded"
        case .link(let error): error.description
        }
    }
}
