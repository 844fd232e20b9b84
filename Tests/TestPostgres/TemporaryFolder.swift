import Foundation

/// A folder of this test process alone, with a short path: a Unix socket below it has to fit into 107 bytes.
package enum TemporaryFolder {
    /// Others may pass through it, not look into it: PostgreSQL runs under another account.
    package static func make() throws -> String {
        var template = Array("/tmp/gh-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw TestFailure("no temporary folder can be made") }
        let path = String(cString: made)
        guard chmod(path, 0o711) == 0 else { throw TestFailure("\(path) cannot be opened to others") }
        Watchdog.shared.removeAtEnd(path)
        return path
    }
}

/// Why a test cannot go on.
package struct TestFailure: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
