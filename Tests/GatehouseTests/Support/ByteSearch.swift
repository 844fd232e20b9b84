import DataFormats
import Foundation
import Glibc

/// Looks for many byte strings at once, in text and in files of any content.
struct ByteSearch {
    /// What is looked for, by what to call it when it is found.
    private let needles: [(name: String, bytes: [UInt8])]
    /// Needles by their first three bytes, and which triples there are: most places of a haystack need no more than one look.
    private let starts: [UInt32: [Int]]
    private let isStart: [UInt8]

    static let least = 6

    /// - Parameter needles: none shorter than ``least`` bytes; shorter ones turn up by chance.
    init(_ needles: [(name: String, bytes: [UInt8])]) {
        precondition(needles.allSatisfy { $0.bytes.count >= Self.least }, "a needle is too short to tell")
        self.needles = needles
        var (starts, isStart) = ([UInt32: [Int]](), [UInt8](repeating: 0, count: 1 << 24))
        for (number, needle) in needles.enumerated() {
            let start = UInt32(needle.bytes[0]) | UInt32(needle.bytes[1]) << 8 | UInt32(needle.bytes[2]) << 16
            starts[start, default: []].append(number)
            isStart[Int(start)] = 1
        }
        (self.starts, self.isStart) = (starts, isStart)
    }

    /// The names of those that occur.
    func found(in haystack: UnsafeRawBufferPointer) -> Set<String> {
        guard let base = haystack.baseAddress, haystack.count >= Self.least else { return [] }
        var found: Set<String> = []
        let last = haystack.count - Self.least
        isStart.withUnsafeBufferPointer { isStart in
            guard let table = isStart.baseAddress else { return }
            let bytes = base.assumingMemoryBound(to: UInt8.self)
            var place = 0
            var start = UInt32(bytes[0]) << 8 | UInt32(bytes[1]) << 16
            while place <= last {
                start = start >> 8 | UInt32(bytes[place &+ 2]) << 16
                if table[Int(start)] != 0 {
                    for number in starts[start] ?? [] {
                        let needle = needles[number].bytes
                        if place + needle.count <= haystack.count, memcmp(bytes + place, needle, needle.count) == 0 {
                            found.insert(needles[number].name)
                        }
                    }
                }
                place &+= 1
            }
        }
        return found
    }

    func found(in text: String) -> Set<String> { Array(text.utf8).withUnsafeBytes { found(in: $0) } }

    /// The names of those that occur in a file, or in any file below a folder.
    func found(below path: String) -> Set<String> {
        let fileNames = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        var found: Set<String> = []
        for name in fileNames.map({ path + "/" + $0 }) + [path] {
            // A server at work removes files now and then.
            guard let content = try? Data(contentsOf: URL(fileURLWithPath: name), options: .alwaysMapped) else { continue }
            content.withUnsafeBytes { found.formUnion(self.found(in: $0)) }
        }
        return found
    }
}

/// A value in every form in which it would be natural to come across it.
enum NaturalForms {
    /// - Parameter name: what the value is called; each form says beside it which it is.
    static func of(_ text: String, name: String) -> [(name: String, bytes: [UInt8])] {
        var forms: [(String, [UInt8])] = []
        for (form, text) in [("as it is", text), ("lower", text.lowercased()), ("upper", text.uppercased())] {
            forms.append(("\(name), \(form)", Array(text.utf8)))
            forms += of(Array(text.utf8), name: "\(name), \(form)")
            let units = Array(text.utf16)
            forms.append(("\(name), \(form), UTF-16", units.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }))
            forms.append(("\(name), \(form), UTF-16BE", units.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }))
        }
        return forms
    }

    /// Hexadecimal and Base64, wherever in a longer value the bytes begin.
    static func of(_ bytes: [UInt8], name: String) -> [(name: String, bytes: [UInt8])] {
        let hex = Hex.encode(bytes)
        var forms = [("\(name), hex", Array(hex.utf8)), ("\(name), HEX", Array(hex.uppercased().utf8))]
        for lead in 0..<3 {
            // The characters at both ends depend on the neighbours as well.
            let whole = Array(Data([UInt8](repeating: 0, count: lead) + bytes).base64EncodedString().utf8)
            let own = Array(whole[(lead == 0 ? 0 : lead + 1)..<((lead + bytes.count) / 3 * 4)])
            guard own.count >= ByteSearch.least else { continue }
            forms.append(("\(name), Base64 at \(lead)", own))
            forms.append(
                (
                    "\(name), Base64URL at \(lead)",
                    own.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0 }
                ))
        }
        return forms
    }
}
