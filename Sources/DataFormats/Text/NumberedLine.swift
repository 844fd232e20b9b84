/// One line lent by `LineReader` for the length of one call.
package struct NumberedLine {
    package enum Problem: String, Error, Hashable, Sendable, CustomStringConvertible {
        case tooLong = "line-too-long"

        package var description: String {
            switch self {
            case .tooLong: "the line is too long"
            }
        }
    }

    /// Counts from 1, blank lines too.
    package let number: Int
    /// Without the line end; empty when there is a problem. Dead as soon as the receiving closure returns.
    package let bytes: UnsafeRawBufferPointer
    package let problem: Problem?
}
