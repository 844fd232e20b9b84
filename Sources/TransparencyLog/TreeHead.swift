/// A SHA-256 hash of the tree, of a leaf or of a node (RFC 6962 section 2.1).
package struct TreeHash: Sendable, Hashable {
    package static let byteCount = 32
    /// Exactly 32.
    package let bytes: [UInt8]

    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    /// Of 32 bytes that a hash function gave.
    init(digest: [UInt8]) {
        precondition(digest.count == Self.byteCount, "a hash has 32 bytes")
        bytes = digest
    }
}

/// How many entries a log has, and the hash of all of them.
package struct TreeHead: Sendable, Hashable {
    package let size: Int
    package let root: TreeHash

    package init(size: Int, root: TreeHash) {
        self.size = size
        self.root = root
    }
}
