/// The name of a table, column, index or channel. Only lower-case letters, digits and underscores fit, so that a
/// name can never be more than a name, wherever it came from.
package struct SQLIdentifier: Sendable, Hashable, CustomStringConvertible {
    package let name: String

    package init?(_ name: String) {
        guard let first = name.utf8.first, first == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            name.utf8.count <= 63,
            name.utf8.allSatisfy({
                $0 == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            })
        else { return nil }
        self.name = name
    }

    package var description: String { name }
}

/// One statement: text that stands in the source code, and parameters that never become text.
///
/// The literal parts are `StaticString`, so that a statement made of a run-time string does not compile. Interpolate
/// an ``SQLParameter``, an ``SQLIdentifier`` (quoted) or another ``SQL``.
package struct SQL: Sendable, ExpressibleByStringInterpolation, ExpressibleByStringLiteral {
    package private(set) var text: String
    package private(set) var parameters: [SQLParameter]

    package init(stringLiteral value: StaticString) {
        text = value.description
        parameters = []
    }

    package init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
        parameters = stringInterpolation.parameters
    }

    /// A statement whose text was made before from the same literals and identifiers, with its parameters filled in anew.
    /// The hot path composes its text once and keeps it.
    package func with(_ parameters: [SQLParameter]) -> SQL {
        var copy = self
        copy.parameters = parameters
        return copy
    }

    package struct StringInterpolation: StringInterpolationProtocol {
        package typealias StringLiteralType = StaticString
        fileprivate var text = ""
        fileprivate var parameters: [SQLParameter] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 8)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            text += literal.description
        }

        package mutating func appendInterpolation(_ parameter: SQLParameter) {
            parameters.append(parameter)
            text += "$\(parameters.count)"
        }

        package mutating func appendInterpolation(_ identifier: SQLIdentifier) {
            text += "\"\(identifier.name)\""
        }

        /// Another fragment, its parameters renumbered behind the ones already here.
        package mutating func appendInterpolation(_ fragment: SQL) {
            if fragment.parameters.isEmpty {
                text += fragment.text
                return
            }
            let offset = parameters.count
            var rest = fragment.text[...]
            while let mark = rest.utf8.firstIndex(of: UInt8(ascii: "$")) {
                let digits = rest.utf8[mark...].dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                text += rest[...mark]
                text += String(digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } + offset)
                rest = rest[digits.endIndex...]
            }
            text += rest
            parameters += fragment.parameters
        }

        package mutating func appendInterpolation(joining fragments: [SQL], by separator: StaticString = ", ") {
            for (index, fragment) in fragments.enumerated() {
                if index > 0 { appendLiteral(separator) }
                appendInterpolation(fragment)
            }
        }
    }
}
