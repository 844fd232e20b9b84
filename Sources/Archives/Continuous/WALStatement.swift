package import DataFormats
package import Vocabulary

/// What is signed of one file of a write-ahead log. Put last: the object it names is there by then.
package struct WALStatement: Sendable, Equatable {
    package let file: WALFile
    /// The cluster's system identifier.
    package let system: String
    /// SHA-256 of the file as PostgreSQL wrote it.
    package let digest: [UInt8]
    package let archive: SealedArchive
    /// When the file was last written to, by the clock of the server's host: nothing in it is newer.
    package let writtenAt: Instant
    package let pushedAt: Instant
    /// Of a history: where its timeline comes from, so that whoever cannot open anything can tell of gaps.
    package let line: WALLine?

    package var object: JSONObject {
        var object: JSONObject = [
            "version": .number(JSONNumber(1)), "file": .string("\(file)"), "system": .string(system), "sha256": .string(Hex.encode(digest)),
            "archive": .object(archive.object), "written_at": .string("\(writtenAt)"), "pushed_at": .string("\(pushedAt)"),
        ]
        if let line {
            object["ancestors"] = .array(
                line.ancestors.map { .object(["timeline": .number(JSONNumber(Int($0.timeline))), "end": .string("\($0.end)")]) })
        }
        return object
    }
}

extension WALStatement {
    /// From what was signed; `nil` when it is of another form.
    package init?(_ object: JSONObject) {
        guard object.integer("version") == 1, let file = object["file"]?.stringValue.flatMap({ WALFile($0) }),
            let system = object["system"]?.stringValue, let digest = object["sha256"]?.stringValue.flatMap({ Hex.decode($0) }), digest.count == 32,
            let archive = SealedArchive(object["archive"]?.objectValue), let writtenAt = object["written_at"]?.stringValue.flatMap({ Instant($0) }),
            let pushedAt = object["pushed_at"]?.stringValue.flatMap({ Instant($0) })
        else { return nil }
        var line: WALLine?
        if case .history(let timeline) = file {
            let ancestors = (object.objects("ancestors") ?? []).compactMap { object -> WALLine.Ancestor? in
                guard let number = object.integer("timeline").flatMap({ UInt32(exactly: $0) }),
                    let end = object["end"]?.stringValue.flatMap({ WALPosition($0) })
                else { return nil }
                return WALLine.Ancestor(timeline: number, end: end)
            }
            guard !ancestors.isEmpty, ancestors.count == object.objects("ancestors")?.count,
                let read = WALLine(timeline: timeline, ancestors: ancestors)
            else { return nil }
            line = read
        }
        self.init(
            file: file, system: system, digest: digest, archive: archive, writtenAt: writtenAt, pushedAt: pushedAt, line: line)
    }
}

/// That the write-ahead log of a cluster is taken. Made by whoever has seen that no vault is in the cluster: what a log tells of a vault would
/// bring erased people back.
package struct WALAcceptance: Sendable, Equatable {
    package let system: String
    package let size: WALSegmentSize
    package let acceptedAt: Instant

    package init(system: String, size: WALSegmentSize, acceptedAt: Instant) {
        self.system = system
        self.size = size
        self.acceptedAt = acceptedAt
    }

    package var object: JSONObject {
        [
            "version": .number(JSONNumber(1)), "system": .string(system), "segment_bytes": .number(JSONNumber(size.byteCount)),
            "accepted_at": .string("\(acceptedAt)"),
        ]
    }

    package init?(_ object: JSONObject) {
        guard object.integer("version") == 1, let system = object["system"]?.stringValue,
            let size = object.integer("segment_bytes").flatMap({ WALSegmentSize(byteCount: $0) }),
            let acceptedAt = object["accepted_at"]?.stringValue.flatMap({ Instant($0) })
        else { return nil }
        self.init(system: system, size: size, acceptedAt: acceptedAt)
    }
}

/// A moment of a cluster that somebody gave a name, to restore to it.
package struct RestorePoint: Sendable, Equatable {
    /// What people call it: letters, digits, `.`, `_` and `-`, in lower case.
    package let name: String
    /// What it is called in the write-ahead log; there, nothing keeps two from having the same name.
    package let mark: String
    package let system: String
    package let timeline: UInt32
    package let position: WALPosition
    package let setAt: Instant

    package init(name: String, mark: String, system: String, timeline: UInt32, position: WALPosition, setAt: Instant) {
        self.name = name
        self.mark = mark
        self.system = system
        self.timeline = timeline
        self.position = position
        self.setAt = setAt
    }

    /// Whether a text can be the name of one: a word of a key, with room for what makes it single in the log.
    package static func isName(_ text: String) -> Bool { MediumKey.isWord(text) && (1...48).contains(text.utf8.count) }

    package var object: JSONObject {
        [
            "version": .number(JSONNumber(1)), "name": .string(name), "mark": .string(mark), "system": .string(system),
            "timeline": .number(JSONNumber(Int(timeline))), "position": .string("\(position)"), "set_at": .string("\(setAt)"),
        ]
    }

    package init?(_ object: JSONObject) {
        guard object.integer("version") == 1, let name = object["name"]?.stringValue, let mark = object["mark"]?.stringValue,
            let system = object["system"]?.stringValue, let timeline = object.integer("timeline").flatMap({ UInt32(exactly: $0) }),
            let position = object["position"]?.stringValue.flatMap({ WALPosition($0) }),
            let setAt = object["set_at"]?.stringValue.flatMap({ Instant($0) })
        else { return nil }
        self.init(name: name, mark: mark, system: system, timeline: timeline, position: position, setAt: setAt)
    }
}
