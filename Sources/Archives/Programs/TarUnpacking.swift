import Subprocess
import SystemPackage

/// `tar` unpacking into a folder what it is given.
package struct TarUnpacking: Sendable {
    private let folder: String

    package init(into folder: String) { self.folder = folder }

    /// Takes an archive through `body`, which writes it piece by piece, and waits until all of it is unpacked.
    ///
    /// When `body` throws or is cancelled, the program is ended; what was unpacked by then stays in the folder.
    package func unpack(_ body: @Sendable (UnpackedStream) async throws(ArchiveError) -> Void) async throws(ArchiveError) {
        let (reading, writing) = try ProgramPipe.pair("tar")
        let said = try ProgramWords("tar")
        let ended: (Result<Void, ArchiveError>, TerminationStatus)
        do {
            let result = try await Subprocess.run(
                .name("tar"), arguments: ["--extract", "--file=-", "--preserve-permissions", "--directory", folder], workingDirectory: "/",
                input: .fileDescriptor(reading.lend(), closeAfterSpawningProcess: false), output: .discarded,
                error: .fileDescriptor(said.descriptor, closeAfterSpawningProcess: false)
            ) { execution in
                reading.close()
                let outcome: Result<Void, ArchiveError>
                do throws(ArchiveError) { outcome = .success(try await body(UnpackedStream(writing))) } catch { outcome = .failure(error) }
                // Before the pipe is closed: its end might be taken for that of the archive.
                if case .failure = outcome { try? execution.send(signal: .kill) }
                writing.close()
                return outcome
            }
            ended = (result.closureResult, result.terminationStatus)
        } catch {
            reading.close()
            writing.close()
            throw .program("tar", Task.isCancelled ? "it was cancelled" : "it could not be started")
        }
        let line = said.text.split(separator: "\n").first.map { String($0.prefix(200)) }
        if case .failure(.program("tar", ProgramPipe.gone)) = ended.0 { throw .program("tar", line ?? ProgramPipe.gone) }
        try ended.0.get()
        guard ended.1.isSuccess else { throw .program("tar", line ?? "it ended without a word") }
    }
}

/// Takes an archive for `tar`. One task writes.
package struct UnpackedStream: Sendable {
    private let pipe: ProgramPipe

    init(_ pipe: ProgramPipe) { self.pipe = pipe }

    /// Comes back when the program has room for what came before.
    package func write(_ piece: [UInt8]) async throws(ArchiveError) { try await pipe.write(piece) }
}
