/// One thing that a credential may do: `contact:read`, `contact:*`, `*:read`. Scopes narrow what the roles allow and never widen it.
package struct KeyScope: Sendable, Hashable, CustomStringConvertible {
    private let resource: String
    private let action: String

    /// `nil` for another form.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 100 else { return nil }
        for part in parts {
            let isWord =
                !part.isEmpty && part.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D }
            guard part == "*" || isWord else { return nil }
        }
        resource = String(parts[0])
        action = String(parts[1])
    }

    package func admits(_ action: String, on resource: String) -> Bool {
        (self.resource == "*" || self.resource == resource) && (self.action == "*" || self.action == action)
    }

    /// Whether everything that the other admits is admitted here.
    package func covers(_ other: KeyScope) -> Bool {
        (resource == "*" || resource == other.resource) && (action == "*" || action == other.action)
    }

    /// What it speaks of, unless of everything.
    package var namedResource: String? { resource == "*" ? nil : resource }
    package var namedAction: String? { action == "*" ? nil : action }

    package var description: String { "\(resource):\(action)" }
}
