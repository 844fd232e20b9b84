import DataFormats
import Foundation
import Glibc
import Vocabulary

/// Who holds a lock, as its object says. Nobody signs it: whoever may write there could remove it just as well.
struct LockHolder: Sendable, Equatable {
    /// The host's name, for people.
    let host: String
    /// Which kernel, since when, and which view of its processes: containers of one host number theirs alike.
    let realm: String
    let pid: Int32
    /// In ticks since the kernel started: process numbers come again.
    let start: Int64
    /// By the holder's clock, for people.
    let since: String

    static func current(at time: Instant) -> LockHolder {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return LockHolder(
            host: host, realm: realm ?? "", pid: getpid(), start: Self.process(getpid())?.start ?? 0, since: String(time.description.prefix(19)) + "Z"
        )
    }

    init(host: String, realm: String, pid: Int32, start: Int64, since: String) {
        (self.host, self.realm, self.pid, self.start, self.since) = (host, realm, pid, start, since)
    }

    init?(_ bytes: [UInt8]) {
        guard let object = (try? JSONReader.read(bytes))?.objectValue, let host = object["host"]?.stringValue,
            let realm = object["realm"]?.stringValue, case .number(let pid)? = object["pid"], let pid = pid.integer.flatMap({ Int32(exactly: $0) }),
            case .number(let start)? = object["start"], let start = start.integer, let since = object["since"]?.stringValue
        else { return nil }
        self.init(host: host, realm: realm, pid: pid, start: start, since: since)
    }

    var bytes: [UInt8] {
        let object: JSONObject = [
            "host": .string(host), "realm": .string(realm), "pid": .number(JSONNumber(Int(pid))), "start": .number(JSONNumber(start)),
            "since": .string(since),
        ]
        return JSONValue.object(object).encoded()
    }

    /// For operators, with nothing in it but what may stand in a message, whoever wrote it.
    var text: String {
        let clean = { (text: String) in String(text.prefix(64).filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-.:".contains($0)) }) }
        return "process \(pid) on \(clean(host)) since \(clean(since))"
    }

    /// Whether this was a process of this host that has ended. What cannot be told is not gone.
    var isGone: Bool {
        guard let own = Self.realm, own == realm, pid > 0, start > 0 else { return false }
        // Processes of others may be hidden in /proc, not from this.
        if kill(pid, 0) != 0, errno == ESRCH { return true }
        guard let process = Self.process(pid) else { return false }
        return process.start != start || process.isDead
    }

    private static let realm: String? = {
        guard let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8),
            let processes = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
        else { return nil }
        return boot.trimmingCharacters(in: .whitespacesAndNewlines) + " " + processes
    }()

    /// `nil` when there is none of this number.
    private static func process(_ pid: Int32) -> (start: Int64, isDead: Bool)? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let end = text.lastIndex(of: ")") else { return nil }
        // The name before may hold anything: what follows it is counted from the state, field 3 of proc(5); the start is field 22.
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let start = Int64(fields[19]) else { return nil }
        return (start, ["Z", "X"].contains(fields[0]))
    }
}
