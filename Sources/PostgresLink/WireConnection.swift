import CLibPQ
import DequeModule
import Vocabulary

/// One libpq connection in non-blocking pipeline mode. Lives on the engine's thread and nowhere else.
final class WireConnection {
    enum Role { case shared, exclusive, listener }
    enum State: Equatable {
        case waiting(until: ContinuousClock.Instant)
        case connecting(deadline: ContinuousClock.Instant)
        /// Connected, and asking whether the database is open.
        case looking(deadline: ContinuousClock.Instant)
        case ready
        case closed
    }

    /// A unit that was sent, with what is still to come back for it.
    struct Sent {
        let unit: Unit
        /// For each answer to come, what the answer says was prepared, or `nil` for a statement's own answer.
        let answers: [PreparedKey?]
        /// The first answer says only that the database is open.
        let isGuarded: Bool
        var next = 0
        var isBetweenAnswers = false
    }

    /// What a prepared statement is known by: the same text over parameters of other types is another statement.
    struct PreparedKey: Hashable {
        let text: String
        let types: [UInt32]
    }

    let id: UInt64
    let role: Role
    let settings: LinkSettings
    private(set) var state: State
    private(set) var handle: OpaquePointer?
    private(set) var attempts = 0
    var inFlight: Deque<Sent> = []
    var isLeased = false
    /// The unit that the server was asked to stop; the request may still be on its way when the unit has ended.
    var cancelTarget: Unit?
    var cancelledAt: ContinuousClock.Instant = .now
    /// A request to stop was sent since the connection was opened.
    var wasCancelled = false
    var copy: CopyState?
    /// Statements that the server has said are prepared.
    private var prepared: [PreparedKey: String] = [:]
    /// Statements sent to be prepared, with the names they will have.
    private var underWay: [PreparedKey: String] = [:]
    private var statementCounter = 0
    /// No other connection has these names, so that behind a pooler that nobody told us of a name finds its statement or none, and never another.
    private let statementPrefix = "g" + String(UInt64.random(in: 0...UInt64.max), radix: 36) + "_"

    /// The descriptor epoll knows, and what it was told to watch for.
    var registered: (descriptor: Int32, events: UInt32)?

    /// More distinct statements than this run unnamed, so that odd queries cannot fill the server's memory.
    private static let maximumPrepared = 512

    init(id: UInt64, role: Role, settings: LinkSettings) {
        self.id = id
        self.role = role
        self.settings = settings
        self.state = .waiting(until: .now)
    }

    var isReady: Bool { state == .ready }
    var isIdle: Bool { inFlight.isEmpty && copy == nil }
    var isOutsideTransaction: Bool { handle.map { PQtransactionStatus($0) == PQTRANS_IDLE } ?? false }
    var descriptor: Int32 { handle.map { PQsocket($0) } ?? -1 }

    // MARK: Connecting

    /// Begins to connect; false when libpq would not even try.
    func startConnecting() -> Bool {
        let keywords = ["dbname", "fallback_application_name", "client_encoding"]
        let target = role == .listener ? settings.listenTarget ?? settings.target : settings.target
        let values = [target.value, "gatehouse", "UTF8"]
        handle = withCStrings(keywords) { keywords in withCStrings(values) { PQconnectStartParams(keywords, $0, 1) } }
        guard let handle, PQstatus(handle) != CONNECTION_BAD else { return false }
        state = .connecting(deadline: .now + settings.connectTimeout)
        return true
    }

    enum ConnectStep { case wantsRead, wantsWrite, connected, failed }

    func continueConnecting() -> ConnectStep {
        guard let handle else { return .failed }
        switch PQconnectPoll(handle) {
        case PGRES_POLLING_READING: return .wantsRead
        case PGRES_POLLING_WRITING: return .wantsWrite
        case PGRES_POLLING_OK:
            guard PQsetnonblocking(handle, 1) == 0 else { return .failed }
            PQsetErrorVerbosity(handle, PQERRORS_SQLSTATE)
            // The default processor prints notices to standard error, values and all.
            PQsetNoticeProcessor(handle, { _, _ in }, nil)
            guard PQenterPipelineMode(handle) == 1 else { return .failed }
            if case .connecting(let deadline) = state, !settings.passesRestores { state = .looking(deadline: deadline) } else { becomeReady() }
            return .connected
        default: return .failed
        }
    }

    func becomeReady() {
        state = .ready
        attempts = 0
    }

    /// Lets go of the broken connection and waits before the next try: 50 ms doubling to 5 s, with jitter.
    func retryLater() {
        releaseHandle()
        attempts += 1
        let milliseconds = min(5000, 50 << min(attempts, 7))
        state = .waiting(until: .now + .milliseconds(milliseconds / 2 + Int.random(in: 0...milliseconds / 2)))
    }

    func close() {
        releaseHandle()
        state = .closed
    }

    private func releaseHandle() {
        if let handle { PQfinish(handle) }
        handle = nil
        prepared = [:]
        underWay = [:]
        cancelTarget = nil
        wasCancelled = false
        copy = nil
    }

    // MARK: Sending

    /// Puts the unit and its Sync on the wire; false when the connection is broken.
    ///
    /// - Parameter guarding: a statement before those of the unit that fails when they must not be run. A transaction that has begun goes on
    ///   without: it stays in its session.
    func send(_ unit: Unit, guarding: SQL? = nil) -> Bool {
        guard let handle else { return false }
        var answers: [PreparedKey?] = []
        let isGuarded = guarding != nil && !unit.isAlone && (unit.isShared || isOutsideTransaction)
        if isGuarded, let guarding {
            guard send(guarding, as: "", on: handle) else { return false }
            answers.append(nil)
        }
        var own: [PreparedKey: String] = [:]
        for statement in unit.statements {
            guard let name = name(for: statement, on: handle, &own, &answers), send(statement, as: name, on: handle) else { return false }
            answers.append(nil)
        }
        guard PQpipelineSync(handle) == 1 else { return false }
        inFlight.append(Sent(unit: unit, answers: answers, isGuarded: isGuarded))
        return true
    }

    /// The prepared statement's name, or an empty one for a statement that goes unnamed.
    ///
    /// A name that another unit has sent and that the server has not confirmed yet is not used: should that unit fail, the
    /// preparation fails with it, and whoever relied on it.
    private func name(
        for statement: SQL, on handle: OpaquePointer, _ own: inout [PreparedKey: String], _ answers: inout [PreparedKey?]
    ) -> String? {
        guard settings.usesNamedStatements else { return "" }
        let key = PreparedKey(text: statement.text, types: statement.parameters.map(\.type))
        if let name = prepared[key] ?? own[key] { return name }
        guard underWay[key] == nil, prepared.count + underWay.count < Self.maximumPrepared else { return "" }
        statementCounter += 1
        let name = "\(statementPrefix)\(statementCounter)"
        guard PQsendPrepare(handle, name, statement.text, Int32(key.types.count), key.types) == 1 else { return nil }
        own[key] = name
        underWay[key] = name
        answers.append(key)
        return name
    }

    private func send(_ statement: SQL, as name: String, on handle: OpaquePointer) -> Bool {
        // All parameter bytes in one buffer, each followed by a zero: libpq reads text parameters as C strings.
        var buffer: [UInt8] = []
        var offsets: [Int] = []
        for parameter in statement.parameters {
            offsets.append(parameter.bytes == nil ? -1 : buffer.count)
            if let bytes = parameter.bytes {
                buffer += bytes
                buffer.append(0)
            }
        }
        let lengths = statement.parameters.map { Int32($0.bytes?.count ?? 0) }
        let formats: [Int32] = statement.parameters.map { $0.isBinary ? 1 : 0 }
        let count = Int32(statement.parameters.count)
        return buffer.withUnsafeBufferPointer { buffer in
            let values = offsets.map { offset -> UnsafePointer<CChar>? in
                guard offset >= 0, let base = buffer.baseAddress else { return nil }
                return UnsafeRawPointer(base + offset).assumingMemoryBound(to: CChar.self)
            }
            if name.isEmpty {
                let types = statement.parameters.map(\.type)
                return PQsendQueryParams(handle, statement.text, count, types, values, lengths, formats, 1) == 1
            }
            return PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1) == 1
        }
    }

    enum FlushStep { case done, wantsWrite, broken }

    func flush() -> FlushStep {
        guard let handle else { return .broken }
        switch PQflush(handle) {
        case 0: return .done
        case 1: return .wantsWrite
        default: return .broken
        }
    }

    // MARK: Receiving

    /// Reads what has arrived; false when the connection is broken.
    func receive() -> Bool {
        guard let handle else { return false }
        return PQconsumeInput(handle) == 1
    }

    /// Hands out each unit whose Sync has come back.
    func nextFinished() -> Unit? {
        guard let handle else { return nil }
        while !inFlight.isEmpty, PQisBusy(handle) == 0 {
            guard let result = PQgetResult(handle) else {
                inFlight[0].isBetweenAnswers = false
                continue
            }
            if PQresultStatus(result) == PGRES_PIPELINE_SYNC {
                PQclear(result)
                return inFlight.popFirst()?.unit
            }
            take(result)
        }
        return nil
    }

    private func take(_ result: OpaquePointer) {
        let sent = inFlight[0]
        guard sent.next < sent.answers.count else {
            PQclear(result)
            return
        }
        let preparation = sent.answers[sent.next]
        let isGuard = sent.isGuarded && sent.next == 0
        inFlight[0].next += 1
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK:
            if isGuard { return PQclear(result) }
            guard let preparation else { return sent.unit.results.append(ResultSet(owning: result)) }
            prepared[preparation] = underWay.removeValue(forKey: preparation)
            PQclear(result)
        default:
            if let preparation { underWay[preparation] = nil }
            if sent.unit.failure == nil {
                let failure = Self.failure(of: result)
                sent.unit.failure = isGuard && failure.sqlState == RestoreMark.guardState ? LinkError(.restoring) : failure
            }
            PQclear(result)
        }
    }

    static func failure(of result: OpaquePointer) -> LinkError {
        LinkError(
            .refused,
            sqlState: field(result, UInt8(ascii: "C")),
            constraint: field(result, UInt8(ascii: "n"))
        )
    }

    private static func field(_ result: OpaquePointer, _ code: UInt8) -> String? {
        PQresultErrorField(result, Int32(code)).map { String(cString: $0) }
    }

    func nextNotification() -> (channel: String, payload: String)? {
        guard let handle, let notification = PQnotifies(handle) else { return nil }
        defer { PQfreemem(notification) }
        return (String(cString: notification.pointee.relname), String(cString: notification.pointee.extra))
    }

    private func withCStrings<Value>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Value
    ) -> Value {
        var flat: [CChar] = []
        var offsets: [Int] = []
        for string in strings {
            offsets.append(flat.count)
            flat += string.utf8CString
        }
        return flat.withUnsafeBufferPointer { flat in
            var pointers: [UnsafePointer<CChar>?] = offsets.map { offset in flat.baseAddress.map { $0 + offset } }
            pointers.append(nil)
            return pointers.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { preconditionFailure("the list always ends with a null pointer") }
                return body(base)
            }
        }
    }
}
