/// A value about a person on its way through the process; whatever prints it prints `redacted`.
package struct Personal<Value: Sendable>: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The value itself, for the code that seals, compares or discloses it.
    package let value: Value

    package init(_ value: Value) { self.value = value }

    package var description: String { "redacted" }
    package var debugDescription: String { "redacted" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Personal: Equatable where Value: Equatable {}
extension Personal: Hashable where Value: Hashable {}
