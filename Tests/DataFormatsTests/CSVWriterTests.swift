import Testing

@testable import DataFormats

struct CSVWriterTests {
    private func line(_ fields: [String], exact: Bool = false, delimiter: UInt8 = UInt8(ascii: ",")) -> String {
        var bytes: [UInt8] = []
        CSVWriter.append(fields, to: &bytes, exact: exact, delimiter: delimiter)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `fields are quoted only where they must be`() {
        #expect(
            line(["a", "b c", "d,e", "f\"g", "h\ni", "j\rk", " l", "m ", ""])
                == "a,b c,\"d,e\",\"f\"\"g\",\"h\ni\",\"j\rk\",\" l\",\"m \",\r\n")
        #expect(line(["a,b", "c;d"], delimiter: UInt8(ascii: ";")) == "a,b;\"c;d\"\r\n")
    }

    @Test func `a row never becomes a blank line`() {
        #expect(line([""]) == "\"\"\r\n")
        #expect(line(["", ""]) == ",\r\n")
    }

    @Test(arguments: ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
    func `a formula is defused unless the text must be exact`(cell: String) {
        let quote = cell.contains("\r") ? "\"" : ""
        #expect(line(["x", cell]) == "x,\(quote)'\(cell)\(quote)\r\n")
        #expect(line(["x", cell], exact: true) == "x,\(quote)\(cell)\(quote)\r\n")
    }

    @Test func `a formula with a comma is defused inside the quotation marks`() {
        #expect(line(["=HYPERLINK(\"a\",\"b\")"]) == "\"'=HYPERLINK(\"\"a\"\",\"\"b\"\")\"\r\n")
    }

    @Test func `a harmless field is left alone`() {
        #expect(line(["a=b", "1-2", "x@y", "'"]) == "a=b,1-2,x@y,'\r\n")
    }
}
