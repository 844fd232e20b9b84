/// A part of an age header: words, and bytes that only whoever the words speak of can use.
struct AgeStanza: Equatable {
    /// The first is the type; one or more words of printable ASCII.
    let arguments: [[UInt8]]
    let body: [UInt8]

    static let columnCount = 64

    init(_ arguments: [[UInt8]], body: [UInt8]) {
        self.arguments = arguments
        self.body = body
    }

    /// Takes the body's lines; `first` is the line with the arrow, already taken.
    init(first: ArraySlice<UInt8>, from lines: inout AgeHeaderLines) throws(AgeError) {
        guard first.starts(with: "-> ".utf8) else { throw .headerMalformed }
        let arguments = first.dropFirst(3).split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map(Array.init)
        guard arguments.allSatisfy({ !$0.isEmpty && $0.allSatisfy { (0x21...0x7E).contains($0) } }) else { throw .headerMalformed }
        self.arguments = arguments
        var body: [UInt8] = []
        while true {
            let line = try lines.next()
            guard line.count <= Self.columnCount, let bytes = AgeBase64.decode(line) else { throw .headerMalformed }
            body += bytes
            // The first line that is not full ends the body, if it has to be an empty one.
            if line.count < Self.columnCount { break }
        }
        self.body = body
    }

    /// Appends the text of the header.
    func append(to text: inout [UInt8]) {
        text += "->".utf8
        for argument in arguments {
            text.append(UInt8(ascii: " "))
            text += argument
        }
        text.append(UInt8(ascii: "\n"))
        var rest = AgeBase64.encode(body)[...]
        while rest.count >= Self.columnCount {
            text += rest.prefix(Self.columnCount)
            text.append(UInt8(ascii: "\n"))
            rest = rest.dropFirst(Self.columnCount)
        }
        text += rest
        text.append(UInt8(ascii: "\n"))
    }
}
