import Subprocess
import SystemPackage

/// A program whose output is lent, or that is given its input, while it runs. What it says is kept to ourselves.
struct PipedProgram {
    let name: String
    let executable: Executable
    let arguments: Arguments
    let environment: Environment

    /// Lends what the program writes, and waits for its end.
    ///
    /// What was read is whole only when this comes back: a program that fails in the middle ends what it writes, too. When `body` throws, or is
    /// cancelled, the program is ended.
    func lendOutput<Value: Sendable>(
        _ body: @Sendable (ProgramPipe) async throws(ArchiveError) -> Value
    ) async throws(ArchiveError) -> Value {
        let (reading, writing) = try ProgramPipe.pair(name)
        let said = try ProgramWords(name)
        let ended: (Result<Value, ArchiveError>, TerminationStatus)
        do {
            let result = try await Subprocess.run(
                executable, arguments: arguments, environment: environment, workingDirectory: "/", input: .none,
                output: .fileDescriptor(writing.lend(), closeAfterSpawningProcess: false),
                error: .fileDescriptor(said.descriptor, closeAfterSpawningProcess: false)
            ) { execution in
                // Were it open here, too, the end of the program would not be the end of the pipe.
                writing.close()
                let outcome: Result<Value, ArchiveError>
                do throws(ArchiveError) { outcome = .success(try await body(reading)) } catch { outcome = .failure(error) }
                if case .failure = outcome { try? execution.send(signal: .kill) }
                reading.close()
                return outcome
            }
            ended = (result.closureResult, result.terminationStatus)
        } catch {
            writing.close()
            reading.close()
            throw notStarted
        }
        let value = try ended.0.get()
        guard ended.1.isSuccess else { throw .program(name, said.last ?? Self.silent) }
        return value
    }

    /// Gives the program what `body` writes, and waits for its end.
    ///
    /// When `body` throws, or is cancelled, the program is ended before its input is: that end might be taken for the end of what it is given.
    ///
    /// - Parameter telling: of what the program said, what may be told.
    func giveInput(
        telling: (ProgramWords) -> String? = { $0.last }, _ body: @Sendable (ProgramPipe) async throws(ArchiveError) -> Void
    ) async throws(ArchiveError) {
        let (reading, writing) = try ProgramPipe.pair(name)
        let said = try ProgramWords(name)
        let ended: (Result<Void, ArchiveError>, TerminationStatus)
        do {
            let result = try await Subprocess.run(
                executable, arguments: arguments, environment: environment, workingDirectory: "/",
                input: .fileDescriptor(reading.lend(), closeAfterSpawningProcess: false), output: .discarded,
                error: .fileDescriptor(said.descriptor, closeAfterSpawningProcess: false)
            ) { execution in
                reading.close()
                let outcome: Result<Void, ArchiveError>
                do throws(ArchiveError) { outcome = .success(try await body(writing)) } catch { outcome = .failure(error) }
                if case .failure = outcome { try? execution.send(signal: .kill) }
                writing.close()
                return outcome
            }
            ended = (result.closureResult, result.terminationStatus)
        } catch {
            reading.close()
            writing.close()
            throw notStarted
        }
        // Why it takes no more, it says itself.
        if case .failure(.program(name, ProgramPipe.gone)) = ended.0 { throw .program(name, telling(said) ?? ProgramPipe.gone) }
        try ended.0.get()
        guard ended.1.isSuccess else { throw .program(name, telling(said) ?? Self.silent) }
    }

    private static let silent = "it ended without a word"
    private var notStarted: ArchiveError { .program(name, Task.isCancelled ? "it was cancelled" : "it could not be started") }
}
