/// What is wrong with one row; the reader goes on with the next one.
///
/// Fields are counted from 0, as in `CSVRow.fields`. Says nothing of the content.
package enum CSVProblem: Error, Hashable, Sendable {
    case invalidUTF8(field: Int)
    /// The quotation mark that begins the field was not closed before the end of the input or before the row grew too long.
    case unclosedQuote(field: Int)
    case textAfterQuote(field: Int)
    case rowTooLong

    /// A stable word for reports; documented and never reused.
    package var code: String {
        switch self {
        case .invalidUTF8: "invalid-utf8"
        case .unclosedQuote: "unclosed-quote"
        case .textAfterQuote: "text-after-quote"
        case .rowTooLong: "row-too-long"
        }
    }
}

extension CSVProblem: CustomStringConvertible {
    /// Counts fields from 1, for people.
    package var description: String {
        switch self {
        case .invalidUTF8(let field): "field \(field + 1) is not valid UTF-8"
        case .unclosedQuote(let field): "the quotation mark that begins field \(field + 1) is never closed"
        case .textAfterQuote(let field): "field \(field + 1) goes on after its closing quotation mark"
        case .rowTooLong: "the row is too long"
        }
    }
}
