package import Vocabulary

/// A law that gives people rights, in its versions.
package struct Regulation: Sendable {
    package let name: String
    package let label: String
    /// By the day from which each holds, the earliest first.
    package let versions: [Version]

    package struct Version: Sendable {
        package let from: CalendarDate
        /// How long the record of a request is kept after its end: months.
        package let monthsKept: Int
        package let keepCitation: String
        package let terms: [RequestKind: RequestTerms]
        /// In the order of the file.
        package let refusals: [RefusalReason]

        package func refusal(_ name: String, of kind: RequestKind) -> RefusalReason? {
            refusals.first { $0.name == name && $0.kinds.contains(kind) }
        }
    }

    /// The version in force on a day.
    package func version(on day: CalendarDate) -> Version? { versions.last { $0.from <= day } }
    package func version(from day: CalendarDate) -> Version? { versions.first { $0.from == day } }
}

/// What a regulation says of one kind of request.
package struct RequestTerms: Sendable {
    package let article: String
    /// Until when receipt has to be confirmed.
    package let confirm: DeadlineRule?
    package let answer: DeadlineRule
    /// Until when an extended request has to be answered, counted from receipt.
    package let extended: DeadlineRule?
    /// What may be charged, and when.
    package let fee: String?
    /// The ways to show who one is; none: nothing is asked.
    package let proofs: [IdentityProof]
}

/// Why a request may be turned down, or met in part.
package struct RefusalReason: Sendable {
    package let name: String
    package let says: String
    package let citation: String
    package let kinds: Set<RequestKind>

    /// Nobody has shown who they are: every regulation has it.
    package static let unverified = "unverified"
    /// Legal claims: what a hold stands for (GDPR Art. 17(3)(e)).
    package static let legalClaims = "legal-claims"
}

/// All regulations of a folder.
package struct Regulations: Sendable {
    package let all: [Regulation]

    package init(_ all: [Regulation]) { self.all = all }

    package subscript(_ name: String) -> Regulation? { all.first { $0.name == name } }
    package var names: [String] { all.map(\.name) }
}
