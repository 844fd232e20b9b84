import CLibPQ

/// One step of a COPY on a leased connection. COPY does not work in pipeline mode, so the connection leaves it meanwhile.
final class CopyCommand: @unchecked Sendable {
    enum Step: Sendable {
        case beginIn(SQL)
        case send([UInt8])
        case finishIn
        case beginOut(SQL)
        case receive
    }

    // SAFETY: `isFinished` is touched by the engine's thread alone; the rest is constant.
    let step: Step
    private let complete: @Sendable (Result<[UInt8]?, LinkError>) -> Void
    private(set) var isFinished = false

    init(_ step: Step, complete: @escaping @Sendable (Result<[UInt8]?, LinkError>) -> Void) {
        self.step = step
        self.complete = complete
    }

    func finish(_ outcome: Result<[UInt8]?, LinkError>) {
        guard !isFinished else { return }
        isFinished = true
        complete(outcome)
    }
}

/// What a connection in COPY is waiting for.
struct CopyState {
    var command: CopyCommand?
    /// The bytes of the step are with libpq, and perhaps not yet on the wire.
    var areTaken = false
    /// How the copy ended, while what follows its end is still to be read.
    var outcome: Result<[UInt8]?, LinkError>?

    mutating func fail(_ error: LinkError) {
        command?.finish(.failure(error))
        command = nil
    }
}

extension WireConnection {
    /// Starts a step; false when the connection is broken.
    func perform(_ command: CopyCommand) -> Bool {
        guard let handle else { return false }
        switch command.step {
        case .beginIn(let statement), .beginOut(let statement):
            guard copy == nil, isIdle, statement.parameters.isEmpty, PQexitPipelineMode(handle) == 1 else {
                command.finish(.failure(LinkError(.misuse)))
                return true
            }
            copy = CopyState(command: command)
            return PQsendQuery(handle, statement.text) == 1
        case .send, .finishIn, .receive:
            guard copy != nil, copy?.command == nil else {
                command.finish(.failure(LinkError(.misuse)))
                return true
            }
            copy?.command = command
            return continueCopy()
        }
    }

    /// Goes as far as the socket allows; false when the connection is broken.
    func continueCopy() -> Bool {
        guard let handle, let command = copy?.command else { return true }
        if let outcome = copy?.outcome { return endCopy(command, outcome, handle) }
        switch command.step {
        case .beginIn: return expect(PGRES_COPY_IN, command, handle)
        case .beginOut: return expect(PGRES_COPY_OUT, command, handle)
        case .send(let bytes):
            if copy?.areTaken == false {
                let outcome = bytes.withUnsafeBytes { bytes in
                    PQputCopyData(handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
                }
                if outcome <= 0 { return outcome == 0 }
                copy?.areTaken = true
            }
            return true
        case .finishIn:
            if PQputCopyEnd(handle, nil) < 0 { return false }
            copy?.command = CopyCommand(.receive) { command.finish($0) }
            return continueCopy()
        case .receive: return receiveCopy(command, handle)
        }
    }

    /// Everything that libpq had taken in is on the wire. It takes in as much as it is given, so whoever sends waits for this.
    func noteFlushed() {
        if copy?.areTaken == true, let command = copy?.command { answer(command, .success(nil)) }
    }

    private func expect(_ status: ExecStatusType, _ command: CopyCommand, _ handle: OpaquePointer) -> Bool {
        guard PQisBusy(handle) == 0 else { return true }
        guard let result = PQgetResult(handle) else { return false }
        defer { PQclear(result) }
        if PQresultStatus(result) == status {
            answer(command, .success(nil))
            return true
        }
        return endCopy(command, .failure(Self.failure(of: result)), handle)
    }

    private func receiveCopy(_ command: CopyCommand, _ handle: OpaquePointer) -> Bool {
        var buffer: UnsafeMutablePointer<CChar>?
        let count = PQgetCopyData(handle, &buffer, 1)
        if count > 0, let buffer {
            let bytes = Array(UnsafeRawBufferPointer(start: buffer, count: Int(count)))
            PQfreemem(buffer)
            answer(command, .success(bytes))
            return true
        }
        if count == 0 { return true }
        guard PQisBusy(handle) == 0 else { return true }
        guard let result = PQgetResult(handle) else { return endCopy(command, .success(nil), handle) }
        defer { PQclear(result) }
        return endCopy(
            command, PQresultStatus(result) == PGRES_COMMAND_OK ? .success(nil) : .failure(Self.failure(of: result)), handle
        )
    }

    private func answer(_ command: CopyCommand, _ outcome: Result<[UInt8]?, LinkError>) {
        copy?.command = nil
        copy?.areTaken = false
        command.finish(outcome)
    }

    /// Reads up to the point where the server is ready again, which may arrive later than the outcome.
    private func endCopy(_ command: CopyCommand, _ outcome: Result<[UInt8]?, LinkError>, _ handle: OpaquePointer) -> Bool {
        copy?.outcome = outcome
        while PQisBusy(handle) == 0 {
            if let rest = PQgetResult(handle) {
                PQclear(rest)
                continue
            }
            guard PQenterPipelineMode(handle) == 1 else { return false }
            copy = nil
            command.finish(outcome)
            return true
        }
        return true
    }
}
