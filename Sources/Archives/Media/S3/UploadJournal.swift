import DataFormats
import DurableFiles
import Sealing
import Vocabulary

/// What is known of an upload under way, in a file beside the draft, so that it goes on after a crash.
///
/// The first line says what is uploaded, each further one the number of a part and the SHA-256 of what is sent as it, written *before* it is sent.
/// So a part that the service has is one of these bytes, whenever the process ended, and is left where it is when the draft still has them.
/// When the draft has other bytes, the upload is given up for a new one. A line that a crash cut off counts for nothing. All calls block.
struct UploadJournal: Sendable {
    static let ending = ".upload"

    let key: String
    let byteCount: Int
    let partSize: Int
    let upload: String
    /// What the finished object says where it comes from.
    let origin: String
    private(set) var digests: [Int: String] = [:]
    private let path: String
    private var end = 0

    /// Begins one, in the place of what is there.
    static func begin(
        _ path: String, key: String, byteCount: Int, partSize: Int, upload: String, origin: String
    ) throws(FileError) -> UploadJournal {
        let first: JSONObject = [
            "key": .string(key), "bytes": .number(JSONNumber(byteCount)), "part": .number(JSONNumber(partSize)), "upload": .string(upload),
            "origin": .string(origin),
        ]
        let line = JSONValue.object(first).encoded() + [0x0A]
        let cut = path.lastIndex(of: "/") ?? path.startIndex
        try DurableFolder(String(path[..<cut])).replace(String(path[path.index(after: cut)...]), with: line)
        return UploadJournal(
            key: key, byteCount: byteCount, partSize: partSize, upload: upload, origin: origin, path: path, end: line.count)
    }

    private init(key: String, byteCount: Int, partSize: Int, upload: String, origin: String, path: String, end: Int) {
        (self.key, self.byteCount, self.partSize, self.upload, self.origin) = (key, byteCount, partSize, upload, origin)
        (self.path, self.end) = (path, end)
    }

    /// - Returns: `nil` when there is none, or none that can be read.
    static func read(_ path: String) throws(FileError) -> UploadJournal? {
        let content: [UInt8]
        do throws(FileError) { content = try OpenFile.forReading(path).readAll(limit: 4 << 20) } catch {
            if error == .missing || error == .tooLong { return nil }
            throw error
        }
        guard let last = content.lastIndex(of: 0x0A) else { return nil }
        var lines = content[...last].split(separator: 0x0A)[...]
        guard let head = lines.popFirst().flatMap({ try? JSONReader.read(Array($0)) })?.objectValue, let key = head["key"]?.stringValue,
            case .number(let bytes)? = head["bytes"], let byteCount = bytes.integer, case .number(let part)? = head["part"],
            let partSize = part.integer, byteCount > 0, partSize > 0,
            let upload = head["upload"]?.stringValue, let origin = head["origin"]?.stringValue
        else { return nil }
        var journal = UploadJournal(
            key: key, byteCount: Int(byteCount), partSize: Int(partSize), upload: upload, origin: origin, path: path, end: last + 1)
        for line in lines {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ")
            guard words.count == 2, let number = Int(words[0]), words[1].utf8.count == 64 else { return nil }
            // Two digests of one part: nobody can tell which of them arrived last.
            guard journal.digests.updateValue(String(words[1]), forKey: number) == nil else { return nil }
        }
        return journal
    }

    /// Writes down what is going to be sent; durable when this returns.
    mutating func add(_ number: Int, _ digest: String) throws(FileError) {
        let line = Array("\(number) \(digest)\n".utf8)
        let file = try OpenFile.forUpdating(path)
        try file.write(line, at: end)
        try file.sync()
        end += line.count
        digests[number] = digest
    }
}
