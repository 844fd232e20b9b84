import Subprocess

/// `tar` unpacking into a folder what it is given.
package struct TarUnpacking: Sendable {
    private let folder: String

    package init(into folder: String) { self.folder = folder }

    /// Takes an archive through `body`, which writes it piece by piece, and waits until all of it is unpacked.
    ///
    /// When `body` throws or is cancelled, the program is ended; what was unpacked by then stays in the folder.
    package func unpack(_ body: @Sendable (UnpackedStream) async throws(ArchiveError) -> Void) async throws(ArchiveError) {
        let tar = PipedProgram(
            name: "tar", executable: .name("tar"), arguments: ["--extract", "--file=-", "--preserve-permissions", "--directory", folder],
            environment: ProgramEnvironment.of([:]))
        let firstLine = { (said: ProgramWords) in said.text.split(separator: "\n").first.map { String($0.prefix(200)) } }
        try await tar.giveInput(telling: firstLine) { (pipe: ProgramPipe) async throws(ArchiveError) in
            try await body(UnpackedStream(pipe))
        }
    }
}

/// Takes an archive for `tar`. One task writes.
package struct UnpackedStream: Sendable {
    private let pipe: ProgramPipe

    init(_ pipe: ProgramPipe) { self.pipe = pipe }

    /// Comes back when the program has room for what came before.
    package func write(_ piece: [UInt8]) async throws(ArchiveError) { try await pipe.write(piece) }
}
