import DataFormats

/// What a log says of itself (C2SP tlog-checkpoint): its origin, how many entries it has, their root. Three lines, each ending in LF.
///
/// These logs write no extension lines, and reading refuses them: nothing that is signed goes unread.
package struct Checkpoint: Sendable, Hashable {
    package let origin: LogOrigin
    package let head: TreeHead

    package init(origin: LogOrigin, head: TreeHead) {
        self.origin = origin
        self.head = head
    }

    /// Reads the text of a note; an empty tree has the hash of nothing as its root.
    package init(_ text: String) throws(LogError) {
        let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.count == 4, lines[3].isEmpty, let name = String(lines[0]), let origin = LogOrigin(name),
            let size = DecimalSize.read(lines[1]), let hash = Base64.decode(lines[2]), let root = TreeHash(bytes: hash)
        else { throw .checkpointMalformed }
        self.init(origin: origin, head: TreeHead(size: size, root: root))
    }

    package var text: String { "\(origin)\n\(head.size)\n\(Base64.encode(head.root.bytes))\n" }
}
