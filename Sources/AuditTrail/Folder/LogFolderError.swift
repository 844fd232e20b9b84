/// Why a folder of an exported log could not be written, or not be looked at. What is wrong with its content is a ``FolderFinding``.
package struct LogFolderError: Error, Sendable, Hashable {
    package enum Code: String, Sendable, CaseIterable {
        /// The folder itself cannot be opened.
        case unreadable = "log-folder-unreadable"
        case unwritable = "log-folder-unwritable"
        /// The caller gave entries or tiles that are not those of the checkpoint's size, or left some out.
        case incomplete = "log-folder-incomplete"
    }

    package let code: Code
    package let path: String
    /// The system's error number, 0 for none.
    package var errno: Int32 = 0
}
