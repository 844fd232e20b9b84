import CLinuxFiles
import Glibc

extension OpenFile {
    /// Copies bytes of another file to a position of this one, within the file system where it can. Durable after ``sync()``.
    ///
    /// - Throws: ``FileError/missing`` when the other ends before.
    package func copy(_ count: Int, of other: borrowing OpenFile, from source: Int, to position: Int) throws(FileError) {
        var (from, to) = (off_t(source), off_t(position))
        var left = count
        while left > 0 {
            let copied = copy_file_range(other.descriptor, &from, descriptor, &to, left, 0)
            if copied > 0 {
                left -= copied
            } else if copied == 0 || [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EBADF].contains(errno) {
                return try carry(left, of: other, from: Int(from), to: Int(to))
            } else if errno != EINTR {
                throw .last
            }
        }
    }

    /// The same, byte for byte through this process, for file systems that cannot.
    private func carry(_ count: Int, of other: borrowing OpenFile, from source: Int, to position: Int) throws(FileError) {
        var done = 0
        while done < count {
            let bytes = try other.read(min(1 << 20, count - done), at: source + done)
            guard !bytes.isEmpty else { throw .missing }
            try write(bytes, at: position + done)
            done += bytes.count
        }
    }

    /// Says that the file was changed now, by the clock of its file system.
    package func touch() throws(FileError) {
        guard futimens(descriptor, nil) == 0 else { throw .last }
    }

    /// Leaves the file to its owner's eyes.
    package func restrict() throws(FileError) {
        guard fchmod(descriptor, 0o600) == 0 else { throw .last }
    }
}
