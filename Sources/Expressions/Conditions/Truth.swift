/// The outcome of a condition for one record.
package enum Truth: Sendable, Hashable {
    case yes, no, error

    package init(_ value: Bool) { self = value ? .yes : .no }

    package static prefix func ! (truth: Truth) -> Truth {
        switch truth {
        case .yes: .no
        case .no: .yes
        case .error: .error
        }
    }
}
