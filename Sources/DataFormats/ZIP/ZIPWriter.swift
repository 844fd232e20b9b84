import CZip

/// A ZIP file (APPNOTE 6.3, deflate) that comes out while it is written: nothing is sought back, nothing kept, nothing put on a disk.
///
/// Entries follow one another: ``begin(_:at:)``, any number of ``write(_:)``, the next ``begin(_:at:)``, and at the end ``finish()``. What has
/// come out so far is taken with ``takeOutput()``. Sizes stand behind each entry (bit 3 of its flags), as streaming asks; every
/// common program reads that.
///
/// Memory is what libarchive needs to deflate, and what nobody has taken yet.
package struct ZIPWriter: ~Copyable {
    private final class Output {
        var bytes: [UInt8] = []
    }

    private let archive: OpaquePointer
    private let output = Output()
    private var isFinished = false

    package init() {
        guard let archive = archive_write_new() else { preconditionFailure("out of memory") }
        self.archive = archive
        archive_write_set_format_zip(archive)
        // No blocks of a tape: each byte is handed on as it comes, and nothing is filled up at the end.
        archive_write_set_bytes_per_block(archive, 0)
        archive_write_set_bytes_in_last_block(archive, 1)
        // SAFETY: the output lives as long as this value, and the archive is freed before it goes.
        let place = Unmanaged.passUnretained(output).toOpaque()
        let code = archive_write_open(
            archive, place, nil,
            { _, place, start, count in
                guard let place, let start else { return -1 }
                Unmanaged<Output>.fromOpaque(place).takeUnretainedValue().bytes
                    .append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
                return count
            }, nil)
        precondition(code == ARCHIVE_OK, "out of memory")
    }

    deinit {
        // Whoever gives up half-way must not get the rest written by the freeing.
        if !isFinished { archive_write_fail(archive) }
        archive_write_free(archive)
    }

    /// Begins an entry, which ends the one before it.
    ///
    /// - Parameters:
    ///   - name: a relative path of ASCII with `/` between folders; whoever names entries sees to it that each is new.
    ///   - time: seconds since 1970.
    package mutating func begin(_ name: String, at time: Int64) {
        guard let entry = archive_entry_new() else { preconditionFailure("out of memory") }
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, name)
        // A regular file, for its owner's eyes.
        archive_entry_set_filetype(entry, 0o100000)
        archive_entry_set_perm(entry, 0o600)
        archive_entry_set_mtime(entry, Int(time), 0)
        precondition(archive_write_header(archive, entry) == ARCHIVE_OK, "out of memory")
    }

    /// Goes on with the entry that was begun last.
    package mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        precondition(archive_write_data(archive, start, bytes.count) == bytes.count, "an entry was begun, and there is memory")
    }

    /// Ends the last entry and writes the directory; the rest of the file can be taken then.
    package mutating func finish() {
        precondition(!isFinished, "a file ends once")
        isFinished = true
        precondition(archive_write_close(archive) == ARCHIVE_OK, "out of memory")
    }

    /// What has come out since it was last taken.
    package mutating func takeOutput() -> [UInt8] {
        defer { output.bytes = [] }
        return output.bytes
    }
}
