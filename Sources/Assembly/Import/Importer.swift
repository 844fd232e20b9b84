import DataFormats
import Foundation
import Gateway

/// Streams a file to a destination in constant memory: two batches are under way at most, and never two that could be
/// about the same record.
struct Importer {
    let destination: any ImportDestination
    let mapping: ImportMapping
    let isDryRun: Bool
    let isQuiet: Bool
    /// Members that refer to records of the kind that is being imported: a row may need one that comes later in the file.
    let ownReferences: Set<String>

    /// Rows that wait for a record further down the file; more are refused at once, so that memory stays flat.
    private static let maximumDeferred = 10_000

    private struct Item {
        let row: ImportRow
        /// The row as it stood in the file, to be written down if it is refused.
        let original: [String]
    }

    private struct Batch {
        let items: [Item]
        let keys: Set<String>
    }

    func run(_ path: String, refusedPath: String) async throws -> ImportSummary {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure(.invalid, "\(path) cannot be read") }
        defer { close(descriptor) }
        var status = stat()
        fstat(descriptor, &status)
        var progress = ProgressBar("importing", total: Int(status.st_size), isQuiet: isQuiet)
        var rows = RowReader(mapping: mapping, isNDJSON: path.hasSuffix(".ndjson") || path.hasSuffix(".jsonl"))
        var refused = RefusedRows(path: refusedPath)
        var summary = ImportSummary()
        var pending: [Item] = []
        var underWay: [(batch: Batch, task: Task<[ImportOutcome], any Error>)] = []
        var deferred: [Item] = []
        var isLastPass = false
        var done = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 16)

        func settle() async throws {
            let (batch, task) = underWay.removeFirst()
            let byLine = Dictionary(batch.items.map { ($0.row.line, $0) }, uniquingKeysWith: { first, _ in first })
            var outcomes: [ImportOutcome] = []
            for outcome in try await task.value {
                let waits = !isLastPass && deferred.count < Self.maximumDeferred && isOwnReferenceMissing(outcome)
                if waits, let item = byLine[outcome.line] { deferred.append(item) } else { outcomes.append(outcome) }
            }
            summary.add(outcomes)
            for outcome in outcomes where outcome.fate == .refused {
                let reason = outcome.problems.map { problem in
                    problem.pointer == "#/" ? problem.detail : "\(problem.pointer.dropFirst(2)): \(problem.detail)"
                }
                try refused.add(line: outcome.line, reason: reason.joined(separator: "; "), byLine[outcome.line]?.original ?? [], header: rows.header)
            }
        }
        func dispatch(_ items: [Item]) async throws {
            let batch = Batch(items: items, keys: Set(items.flatMap { Self.keys($0.row) }))
            let width = ownReferences.isEmpty ? 2 : 1
            while underWay.count >= width || underWay.contains(where: { !$0.batch.keys.isDisjoint(with: batch.keys) }) { try await settle() }
            let destination = destination
            let isDryRun = isDryRun
            underWay.append((batch, Task { try await destination.send(items.map(\.row), isDryRun: isDryRun) }))
        }

        do {
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                guard count >= 0 else { throw CommandFailure(.failed, "\(path) could not be read to its end") }
                let found = try count == 0 ? rows.finish() : rows.feed(Array(buffer[0..<count]))
                done += count
                for item in found {
                    switch item {
                    case .row(let row, let original): pending.append(Item(row: row, original: original))
                    case .refused(let line, let reason, let original):
                        summary.add(.refused, 1)
                        try refused.add(line: line, reason: reason, original, header: rows.header)
                    }
                    if pending.count == 250 {
                        try await dispatch(pending)
                        pending = []
                    }
                }
                progress.update(done, detail: summary.sentence)
                if count == 0 { break }
            }
            if !pending.isEmpty { try await dispatch(pending) }
            while !underWay.isEmpty { try await settle() }
            isLastPass = true
            for start in stride(from: 0, to: deferred.count, by: 250) {
                try await dispatch(Array(deferred[start..<min(start + 250, deferred.count)]))
            }
            while !underWay.isEmpty { try await settle() }
        } catch {
            for (_, task) in underWay { _ = try? await task.value }
            Console.note("stopped after: \(summary.sentence)")
            throw error
        }
        progress.finish(detail: summary.sentence)
        return summary
    }

    private func isOwnReferenceMissing(_ outcome: ImportOutcome) -> Bool {
        outcome.fate == .refused && !outcome.problems.isEmpty
            && outcome.problems.allSatisfy {
                $0.code == Refusal.Code.referenceUnknown.rawValue && ownReferences.contains(String($0.pointer.dropFirst(2)))
            }
    }

    /// What could make two rows the same record.
    private static func keys(_ row: ImportRow) -> [String] {
        ["external_id", "email"].compactMap { name in row.members[name]?.stringValue.map { name + ":" + $0.lowercased() } }
    }
}

/// Turns the bytes of a file into mapped rows.
private struct RowReader {
    enum Item {
        case row(ImportRow, original: [String])
        case refused(line: Int, reason: String, original: [String])
    }

    let mapping: ImportMapping
    private(set) var header: [String] = []
    private var csv: CSVReader
    private var lines = LineReader()
    private let isNDJSON: Bool

    init(mapping: ImportMapping, isNDJSON: Bool) {
        self.mapping = mapping
        self.isNDJSON = isNDJSON
        csv = CSVReader(skipsSpaceAfterDelimiter: mapping.skipsSpace, delimiter: mapping.delimiter)
    }

    mutating func feed(_ bytes: [UInt8]) throws -> [Item] {
        var items: [Item] = []
        if isNDJSON {
            let mapping = mapping
            lines.feed(bytes) { items.append(Self.item($0, mapping)) }
            return items
        }
        var rows: [CSVRow] = []
        csv.feed(bytes) { rows.append($0) }
        for row in rows { if let item = try item(row) { items.append(item) } }
        return items
    }

    mutating func finish() throws -> [Item] {
        var items: [Item] = []
        if isNDJSON {
            let mapping = mapping
            lines.finish { items.append(Self.item($0, mapping)) }
            return items
        }
        var rows: [CSVRow] = []
        csv.finish { rows.append($0) }
        for row in rows { if let item = try item(row) { items.append(item) } }
        return items
    }

    private mutating func item(_ row: CSVRow) throws -> Item? {
        if header.isEmpty {
            if let problem = row.problem { throw CommandFailure(.invalid, "the header in line \(row.line) cannot be read: \(problem)") }
            header = Self.distinct(row.fields)
            try mapping.check(header)
            return nil
        }
        if let problem = row.problem { return .refused(line: row.line, reason: problem.description, original: row.fields) }
        switch mapping.apply(line: row.line, header, row.fields) {
        case .success(let mapped): return .row(mapped, original: row.fields)
        case .failure(let problem): return .refused(line: row.line, reason: problem.reason, original: row.fields)
        }
    }

    private static func item(_ line: NumberedLine, _ mapping: ImportMapping) -> Item {
        let original = [String(decoding: line.bytes, as: UTF8.self)]
        if line.problem != nil { return .refused(line: line.number, reason: "the line is too long", original: []) }
        guard let object = (try? JSONReader.read(line.bytes))?.objectValue else {
            return .refused(line: line.number, reason: "the line is not a JSON object", original: original)
        }
        switch mapping.apply(line: line.number, object) {
        case .success(let mapped): return .row(mapped, original: original)
        case .failure(let problem): return .refused(line: line.number, reason: problem.reason, original: original)
        }
    }

    /// A name that comes again gets a number: `Phone`, `Phone#2`.
    private static func distinct(_ names: [String]) -> [String] {
        var seen: [String: Int] = [:]
        return names.map { name in
            let name = String(name.drop { $0.isWhitespace })
            seen[name, default: 0] += 1
            return seen[name] == 1 ? name : "\(name)#\(seen[name] ?? 0)"
        }
    }
}

/// The file of refused rows: made with the first of them, for its owner's eyes only, since it holds what was refused.
private struct RefusedRows {
    let path: String
    private var handle: FileHandle?

    init(path: String) { self.path = path }

    mutating func add(line: Int, reason: String, _ original: [String], header: [String]) throws {
        var bytes: [UInt8] = []
        if handle == nil {
            unlink(path)
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw CommandFailure(.failed, "the file of refused rows \(path) cannot be written") }
            handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            CSVWriter.append(["line", "reason"] + header, to: &bytes)
        }
        CSVWriter.append([String(line), reason] + original, to: &bytes, exact: true)
        try handle?.write(contentsOf: Data(bytes))
    }
}
