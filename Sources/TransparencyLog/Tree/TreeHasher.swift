import Sealing

/// The hashes of RFC 6962 section 2.1: leaves begin with 0, nodes with 1, so that neither can pass for the other.
///
/// Reused for many hashes, it allocates nothing for each of them.
package struct TreeHasher: ~Copyable {
    private let context = SHA256Context()
    private var scratch: [UInt8] = []

    package init() {}

    /// Writes the 32 bytes of the hash of an entry.
    package borrowing func leaf(_ entry: UnsafeRawBufferPointer, into hash: UnsafeMutableRawPointer) {
        context.hash(0, entry, into: hash)
    }

    /// Writes the 32 bytes of the hash of two hashes that lie one behind the other.
    borrowing func node(_ pair: UnsafeRawBufferPointer, into hash: UnsafeMutableRawPointer) {
        context.hash(1, pair, into: hash)
    }

    borrowing func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        let pair = left + right
        return [UInt8](unsafeUninitializedCapacity: TreeHash.byteCount) { hash, initialized in
            guard let start = hash.baseAddress else { return }
            pair.withUnsafeBytes { node($0, into: start) }
            initialized = TreeHash.byteCount
        }
    }

    /// The root over a number of hashes that is a power of two, 256 at most.
    package mutating func root(of hashes: some Collection<UInt8>) -> [UInt8] {
        var nodes: [UInt8] = []
        swap(&nodes, &scratch)
        nodes.removeAll(keepingCapacity: true)
        nodes.append(contentsOf: hashes)
        var count = nodes.count / TreeHash.byteCount
        precondition(count.nonzeroBitCount == 1 && nodes.count == count * TreeHash.byteCount, "a subtree is whole")
        nodes.withUnsafeMutableBytes { memory in
            while count > 1 {
                count /= 2
                for place in 0..<count {
                    let pair = UnsafeRawBufferPointer(rebasing: memory[place * 64..<place * 64 + 64])
                    guard let output = memory.baseAddress?.advanced(by: place * TreeHash.byteCount) else { return }
                    node(pair, into: output)
                }
            }
        }
        let root = Array(nodes.prefix(TreeHash.byteCount))
        swap(&nodes, &scratch)
        return root
    }
}

extension TreeHash {
    /// The root of a tree without entries: the hash of nothing.
    package static let empty = TreeHash(digest: SHA256.hash([]))

    /// The hash of an entry.
    package static func leaf(_ entry: [UInt8]) -> TreeHash { TreeHash(digest: SHA256.hash([0] + entry)) }

    /// The hash of what two halves of a tree hash to.
    package static func node(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        TreeHash(digest: SHA256.hash([1] + left.bytes + right.bytes))
    }
}
