/// A head of a log with the signatures under it, as the bytes of a C2SP signed note; see ``note``.
///
/// It is as the log signed it: whoever takes one from outside has it verified first.
package struct SignedCheckpoint: Sendable, Hashable {
    package let origin: LogOrigin
    package let head: TreeHead
    /// The whole note, UTF-8, with its signature lines.
    package let note: String

    package init(origin: LogOrigin, head: TreeHead, note: String) {
        self.origin = origin
        self.head = head
        self.note = note
    }
}
