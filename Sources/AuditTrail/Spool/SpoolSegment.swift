/// One file of the spool: records one behind the other. Segments are numbered in the order of their frames.
struct SpoolSegment: Sendable, Equatable {
    let number: Int
    var byteCount = 0
    var frameCount = 0

    private static let ending = ".frames"
    private static let damagedEnding = ".damaged"

    /// Twenty digits, so that a listing shows them in order.
    var name: String { Self.digits(number) + Self.ending }

    /// The name of what is set aside; a segment that is damaged again after a repair needs a further one.
    func damagedName(attempt: Int) -> String { Self.digits(number) + Self.damagedEnding + (attempt == 0 ? "" : ".\(attempt)") }

    init(number: Int) { self.number = number }

    /// The number of the segment that a file is.
    static func number(ofSegment name: String) -> Int? { name.hasSuffix(ending) ? number(of: name) : nil }

    /// The number of the segment that a file is, or once was a part of.
    static func number(of name: String) -> Int? {
        guard name.utf8.count > 20, name.utf8.prefix(20).allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(name.prefix(20))
    }

    private static func digits(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 20 - digits.count) + digits
    }

    /// What the bytes of a segment are.
    struct Content: Equatable {
        enum End: Equatable { case whole, torn, damaged }

        var frames: [[UInt8]] = []
        /// Where the last readable record ends.
        var length = 0
        var end = End.whole
    }

    static func read(_ bytes: [UInt8], number: Int) -> Content {
        var content = Content()
        while content.length < bytes.count {
            switch SpoolRecord.read(bytes, at: content.length, segment: number) {
            case .record(let frames, let end):
                content.frames += frames
                content.length = end
            case .torn:
                content.end = .torn
                return content
            case .damaged:
                content.end = .damaged
                return content
            }
        }
        return content
    }
}
