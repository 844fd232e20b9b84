import CRE2
import Synchronization

/// A compiled RE2 pattern: matching takes time linear in the text, whatever the pattern is.
final class Pattern: Sendable {
    /// For its programs and automata; a pattern that needs more is refused, a text that needs more is matched more slowly.
    private static let largestMemory: Int64 = 1 << 20

    // SAFETY: never changed after it was made, and RE2 guards what it caches while it matches.
    private nonisolated(unsafe) let handle: OpaquePointer

    /// `nil` when it is no pattern of RE2, or a too large one.
    init?(_ text: String) {
        let handle = text.withUTF8Bytes { bytes in
            cre2_compile(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, Self.largestMemory)
        }
        guard let handle else { return nil }
        self.handle = handle
    }

    deinit { cre2_free(handle) }

    /// Whether it matches anywhere in the text.
    func matches(_ text: String) -> Bool {
        text.withUTF8Bytes { bytes in cre2_matches(handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count) }
    }
}

/// Patterns that expressions write out, compiled once.
final class PatternCache: Sendable {
    static let shared = PatternCache()

    private static let largestCount = 128

    private let patterns = Mutex<[ExactText: Pattern?]>([:])

    /// `nil` when it is no pattern, or a too large one.
    func pattern(_ text: String) -> Pattern? {
        let key = ExactText(text)
        if let known = patterns.withLock({ $0[key] }) { return known }
        let pattern = Pattern(text)
        patterns.withLock {
            // Full means that there are more patterns in use than were thought of, or that somebody sends new ones: begin again.
            if $0.count >= Self.largestCount { $0.removeAll(keepingCapacity: true) }
            $0[key] = .some(pattern)
        }
        return pattern
    }
}
