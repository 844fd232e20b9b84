/// Why what an operator wrote about backups was refused: one sentence, and what to write instead.
package struct BackupTextError: Error, Sendable, Equatable {
    package let message: String
    package let hint: String

    init(_ message: String, hint: String) {
        self.message = message
        self.hint = hint
    }
}
