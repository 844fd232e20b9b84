import Foundation
import TestPostgres

/// A program on a terminal of its own, where it asks and somebody types.
enum Terminal {
    struct Outcome {
        let status: Int32
        /// What the terminal showed.
        let shown: String
        /// Whether the terminal shows what is typed once the program has ended.
        let isEchoing: Bool
    }

    /// Types an answer whenever a question ends with a colon and a space, until the program has ended.
    private static let script = """
        import fcntl, json, os, select, sys, termios
        answers, command = json.loads(sys.argv[1]), sys.argv[2:]
        # The other end is kept open, so that the terminal can be looked at in the end.
        fd, held = os.openpty()
        pid = os.fork()
        if pid == 0:
            os.setsid()
            fcntl.ioctl(held, termios.TIOCSCTTY, 0)
            for standard in (0, 1, 2): os.dup2(held, standard)
            os.execvp(command[0], command)
        os.set_blocking(fd, False)
        shown, asked, status = b"", 0, None
        while True:
            if status is None:
                ended, code = os.waitpid(pid, os.WNOHANG)
                if ended: status = os.waitstatus_to_exitcode(code)
            if select.select([fd], [], [], 0 if status is not None else 0.05)[0]: shown += os.read(fd, 65536)
            elif status is not None: break
            if answers and shown[asked:].endswith(b": "):
                asked = len(shown)
                os.write(fd, answers.pop(0).encode())
        echo = bool(termios.tcgetattr(held)[3] & termios.ECHO)
        sys.stdout.write(json.dumps({"status": status, "shown": shown.decode("utf-8", "replace"), "echo": echo}))
        """

    /// - Parameter answers: with their ends of line.
    static func run(_ command: [String], answers: [String], folder: String) async throws -> Outcome {
        let list = try JSONSerialization.data(withJSONObject: answers)
        let outcome = try await Program.run(
            ["python3", "-c", script, String(decoding: list, as: UTF8.self)] + command, environment: ["TERM": "dumb"], folder: folder)
        guard let object = try? JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any],
            let status = object["status"] as? Int, let shown = object["shown"] as? String, let isEchoing = object["echo"] as? Bool
        else { throw TestFailure("the terminal broke: \(outcome.errors)") }
        return Outcome(status: Int32(status), shown: shown, isEchoing: isEchoing)
    }
}
