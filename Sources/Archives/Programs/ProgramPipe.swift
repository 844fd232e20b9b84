import Dispatch
import Glibc
import Synchronization
import SystemPackage

/// One end of a pipe to or from a program. Reading and writing block: they are done on a queue of its own, one after the other.
package final class ProgramPipe: Sendable {
    static let gone = "it takes nothing more"

    private let program: String
    private let queue: DispatchQueue
    private let open: Mutex<Int32?>

    private init(_ descriptor: Int32, _ program: String) {
        self.program = program
        queue = DispatchQueue(label: "gatehouse.program")
        open = Mutex(descriptor)
    }

    deinit { close() }

    static func pair(_ program: String) throws(ArchiveError) -> (reading: ProgramPipe, writing: ProgramPipe) {
        var ends: [Int32] = [-1, -1]
        // Sockets and no pipe: they are not inherited from the first moment on, by no program that is started at the same time, and a reader
        // that has gone is an error for the writer and no signal.
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .program(program, "no pipe to it can be made") }
        return (ProgramPipe(ends[0], program), ProgramPipe(ends[1], program))
    }

    /// The descriptor itself, for a reader on a thread of its own; open for as long as the pipe is lent.
    package var descriptor: Int32 { open.withLock { $0 ?? -1 } }

    func lend() -> FileDescriptor { FileDescriptor(rawValue: descriptor) }

    /// What has come, at most `count` bytes; none at the end.
    package func read(_ count: Int = 1 << 20) async throws(ArchiveError) -> [UInt8] {
        let descriptor = descriptor
        let bytes = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Self.read(count, from: descriptor)) }
        }
        guard let bytes else { throw .program(program, "what it writes cannot be read") }
        return bytes
    }

    private static func read(_ count: Int, from descriptor: Int32) -> [UInt8]? {
        var isBroken = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var got = Glibc.read(descriptor, buffer.baseAddress, count)
            while got < 0 && errno == EINTR { got = Glibc.read(descriptor, buffer.baseAddress, count) }
            isBroken = got < 0
            filled = max(got, 0)
        }
        return isBroken ? nil : bytes
    }

    func write(_ bytes: [UInt8]) async throws(ArchiveError) {
        let descriptor = descriptor
        let isWritten = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Self.write(bytes, to: descriptor)) }
        }
        guard isWritten else { throw .program(program, Self.gone) }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while !rest.isEmpty {
                let count = Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return true
        }
    }

    func close() {
        let descriptor = open.withLock { open in
            defer { open = nil }
            return open
        }
        if let descriptor { _ = Glibc.close(descriptor) }
    }
}
