import Glibc
import SystemPackage
import Vocabulary

/// What a program says on its standard error, kept in memory and nowhere else: it may repeat what rows hold.
final class ProgramWords: Sendable {
    let descriptor: FileDescriptor
    private let program: String

    init(_ program: String) throws(ArchiveError) {
        let name = "/gatehouse-\(UUIDv7.make())"
        let made = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0o600)
        guard made >= 0 else { throw .program(program, "there is no shared memory for what it says") }
        shm_unlink(name)
        descriptor = FileDescriptor(rawValue: made)
        self.program = program
    }

    deinit { try? descriptor.close() }

    /// Everything it said, of what was not too much. For programs that say nothing of rows.
    var text: String {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = pread(descriptor.rawValue, &bytes, bytes.count, 0)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }

    /// The last line in which the program itself tells of an error, without what could be of a row; `nil` when there is none.
    var last: String? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let size = lseek(descriptor.rawValue, 0, SEEK_END)
        let count = pread(descriptor.rawValue, &bytes, bytes.count, max(0, size - off_t(bytes.count)))
        guard count > 0 else { return nil }
        return Self.last(of: String(decoding: bytes[..<count], as: UTF8.self), program)
    }

    /// Only lines that begin with the program's name count. The lines behind them (DETAIL, CONTEXT, the statement) show rows.
    static func last(of text: String, _ program: String) -> String? {
        let line = text.split(separator: "\n").last { $0.hasPrefix("\(program): error: ") || $0.hasPrefix("\(program): fatal: ") }
        return line.map { veiled(String($0.dropFirst(program.utf8.count + 2)).replacing("error: ", with: "", maxReplacements: 1)) }
    }

    /// The server's own words come behind `ERROR:`. What they have in quotes is a value unless it is said to be a name; a value may hold
    /// quotes itself, so that the line ends where one begins.
    private static func veiled(_ line: String) -> String {
        guard let severity = line.firstRange(of: /(?:ERROR|FATAL|PANIC):/) else { return String(line.prefix(400)) }
        let names = /(?:relation|table|column|constraint|index|role|user|database|schema|type|extension|function|parameter|encoding) $/
        var said = String(line[..<severity.lowerBound])
        var rest = line[severity.lowerBound...]
        while let opening = rest.firstIndex(of: "\"") {
            said += rest[..<opening]
            guard said.contains(names), let closing = rest[rest.index(after: opening)...].firstIndex(of: "\"") else {
                said += "…"
                rest = ""
                break
            }
            said += rest[opening...closing]
            rest = rest[rest.index(after: closing)...]
        }
        return String((said + rest).prefix(400))
    }
}
