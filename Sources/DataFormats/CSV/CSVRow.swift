/// One row as it was read, good or bad; as many fields as it happens to have.
package struct CSVRow: Hashable, Sendable {
    /// The physical line on which the row begins, from 1; a row with line ends inside quotation marks covers several.
    package let line: Int
    /// Empty for `rowTooLong` and `unclosedQuote`. With the other problems they are a best guess for showing to a person:
    /// U+FFFD stands for invalid bytes, and text after a closing quotation mark is appended.
    package let fields: [String]
    /// The first problem of the row; a row with one must not be imported.
    package let problem: CSVProblem?

    package init(line: Int, fields: [String], problem: CSVProblem? = nil) {
        self.line = line
        self.fields = fields
        self.problem = problem
    }
}
