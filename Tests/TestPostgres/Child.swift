import Foundation
import Glibc

/// A child process whose end is its own end: Foundation's `Process` waits until all descendants have ended, and a server never does.
package final class Child: Sendable {
    package let pid: Int32

    /// Starts a program with its input, output and errors in files.
    package init(_ command: [String], environment: [String: String], folder: String, input: String, output: String, errors: String) throws {
        pid = try Self.start(command, environment, folder) { actions in
            posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
    }

    /// Starts a program that reads what comes out of a pipe, and whose output nobody reads.
    init(_ command: [String], environment: [String: String], folder: String, reading pipe: Int32) throws {
        pid = try Self.start(command, environment, folder) { actions in
            posix_spawn_file_actions_adddup2(&actions, pipe, 0)
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        }
    }

    private static func start(
        _ command: [String], _ environment: [String: String], _ folder: String, _ open: (inout posix_spawn_file_actions_t) -> Void
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        open(&actions)
        // Sockets of this process are not made to close in others: one that a server had, too, would stay open after its test has closed it.
        guard let closeFrom else { throw TestFailure("this C library cannot keep open files from a program (glibc 2.34 can)") }
        _ = closeFrom(&actions, 3)
        // The shell becomes the program: the process id stays.
        let entering = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder]
        var arguments: [UnsafeMutablePointer<CChar>?] = (entering + command).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var made: pid_t = 0
        let outcome = posix_spawn(&made, entering[0], &actions, nil, &arguments, &variables)
        guard outcome == 0 else { throw TestFailure("\(command[0]) cannot be started (\(outcome))") }
        return made
    }

    private typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32

    /// `posix_spawn_file_actions_addclosefrom_np`, which the module of the C library does not show.
    private static let closeFrom = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map { unsafeBitCast($0, to: CloseFrom.self) }

    /// The exit status, or 128 and the signal that ended it. To be called once.
    package func wait() async -> Int32 {
        let pid = pid
        return await withCheckedContinuation { continuation in
            let thread = Thread {
                var status: Int32 = 0
                while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
                let signal = status & 0x7F
                continuation.resume(returning: signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
            }
            thread.start()
        }
    }
}

extension Child {
    /// Whether it has not ended yet; leaves its status to ``wait()``.
    package var isAlive: Bool {
        var info = siginfo_t()
        return waitid(P_PID, UInt32(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == 0
    }
}
