/// The name of a field that the catalog has. It comes from there and nowhere else, so that it can be no value of anybody.
package struct FieldName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ field: Field) { description = field.name }

    package static func < (left: FieldName, right: FieldName) -> Bool { left.description < right.description }
}

extension Entity {
    /// The fields among these names; what is no field is left out.
    package func fieldNames(among names: some Sequence<String>) -> Set<FieldName> {
        Set(names.compactMap { field(named: $0).map { FieldName($0) } })
    }
}
