import Foundation

/// What is undone when somebody interrupts a command: a half-written file goes, and the terminal shows again what is typed. For one thing
/// of each kind at a time, in commands that run on one thread.
///
/// SAFETY: the values are set before the handler that reads them is, and the handler calls only what a handler may (unlink, tcsetattr,
/// signal, raise). It may come between two lines: what it undoes then is undone twice, or not there yet.
enum Interruption {
    private nonisolated(unsafe) static var draft: UnsafeMutablePointer<CChar>?
    private nonisolated(unsafe) static var terminal: Int32 = -1
    private nonisolated(unsafe) static var modes = termios()

    /// A file to remove.
    static func remember(draft path: String) {
        forgetDraft()
        draft = strdup(path)
        install()
    }

    static func forgetDraft() {
        guard let path = draft else { return }
        draft = nil
        free(path)
    }

    /// How a terminal was, and is to be again.
    static func remember(terminal descriptor: Int32, _ before: termios) {
        modes = before
        terminal = descriptor
        install()
    }

    static func forgetTerminal() { terminal = -1 }

    private static func install() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            let before = signal(number) { number in
                if let path = Interruption.draft { unlink(path) }
                if Interruption.terminal >= 0 { tcsetattr(Interruption.terminal, TCSANOW, &Interruption.modes) }
                signal(number, SIG_DFL)
                raise(number)
            }
            // Whoever started this did not want it interrupted (nohup).
            if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
        }
    }
}
