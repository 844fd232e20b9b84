import Glibc

/// What the system said when something with a file did not work. No path is in it.
package struct FileError: Error, Sendable, Equatable {
    /// As in `errno`.
    package let code: Int32

    package init(code: Int32) { self.code = code }

    /// There is no such file.
    package static let missing = FileError(code: ENOENT)
    /// It is longer than the reader takes.
    package static let tooLong = FileError(code: EFBIG)

    /// What the last call of this thread failed with.
    static var last: FileError { FileError(code: errno) }
}
