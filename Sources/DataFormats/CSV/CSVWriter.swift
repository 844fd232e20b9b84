/// Writes CSV rows by RFC 4180, defused for spreadsheets.
package enum CSVWriter {
    /// Appends one row with CR LF.
    ///
    /// A field stands in quotation marks when it contains the delimiter, a quotation mark or a line end, begins or ends with
    /// a space, begins with a byte-order mark, or when it is the only one and empty (its line would be blank).
    ///
    /// Unless `exact`, a field that begins with `=`, `+`, `-`, `@`, TAB or CR gets an apostrophe before it, because
    /// spreadsheets would run it as a formula (OWASP, "CSV Injection"); such a file does not read back unchanged.
    package static func append(
        _ fields: [String], to bytes: inout [UInt8], exact: Bool = false, delimiter: UInt8 = UInt8(ascii: ",")
    ) {
        for (index, field) in fields.enumerated() {
            if index > 0 {
                bytes.append(delimiter)
            }
            field.withUTF8Bytes { utf8 in
                appendField(utf8, to: &bytes, exact: exact, delimiter: delimiter, isOnlyField: fields.count == 1)
            }
        }
        bytes.append(0x0D)
        bytes.append(0x0A)
    }

    private static func appendField(
        _ field: UnsafeRawBufferPointer, to bytes: inout [UInt8], exact: Bool, delimiter: UInt8, isOnlyField: Bool
    ) {
        let isGuarded = !exact && isFormula(field)
        guard needsQuotes(field, delimiter: delimiter) || (field.isEmpty && isOnlyField) else {
            if isGuarded {
                bytes.append(UInt8(ascii: "'"))
            }
            bytes.append(contentsOf: field)
            return
        }
        let quote = UInt8(ascii: "\"")
        bytes.append(quote)
        if isGuarded {
            bytes.append(UInt8(ascii: "'"))
        }
        for byte in field {
            if byte == quote {
                bytes.append(quote)
            }
            bytes.append(byte)
        }
        bytes.append(quote)
    }

    private static func isFormula(_ field: UnsafeRawBufferPointer) -> Bool {
        switch field.first {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09, 0x0D: true
        default: false
        }
    }

    private static func needsQuotes(_ field: UnsafeRawBufferPointer, delimiter: UInt8) -> Bool {
        guard let first = field.first, let last = field.last else { return false }
        if first == 0x20 || last == 0x20 || field.starts(with: [0xEF, 0xBB, 0xBF]) { return true }
        for byte in field where byte == delimiter || byte == UInt8(ascii: "\"") || byte == 0x0A || byte == 0x0D {
            return true
        }
        return false
    }
}
