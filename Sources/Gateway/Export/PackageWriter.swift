import Sealing
import DataFormats
import Vocabulary

/// Writes the files of a package into a ZIP file and that into an age file, as they come.
///
/// Plain text is in it for as long as a chunk needs to be sealed, and nowhere else.
final class PackageWriter {
    struct File {
        let name: String
        let byteCount: Int
        let digest: [UInt8]
    }

    private var zip = ZIPWriter()
    private var age: AgeWriter
    private var digest: SHA256Stream?
    private var name = ""
    private var count = 0
    private let time: Int64
    /// Those that were ended, in their order.
    private(set) var files: [File] = []
    /// Of ciphertext that was taken.
    private(set) var takenByteCount = 0
    /// How often some was taken.
    private(set) var partCount = 0

    init(_ age: consuming AgeWriter, at time: Instant) {
        self.age = age
        self.time = time.microseconds / 1_000_000
    }

    func begin(_ name: String) {
        end()
        self.name = name
        count = 0
        digest = SHA256Stream()
        zip.begin(name, at: time)
        seal()
    }

    /// Goes on with the file that was begun last, and wipes what it was given.
    func write(_ bytes: consuming [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            count += bytes.count
            digest?.update(bytes)
            zip.write(bytes)
        }
        wipe(&bytes)
        seal()
    }

    func end() {
        guard let digest = digest.take() else { return }
        files.append(File(name: name, byteCount: count, digest: digest.finish()))
    }

    /// Nothing can be written afterwards.
    func finish() {
        end()
        zip.finish()
        seal()
        age.finish()
    }

    /// Ciphertext, once there is as much, or all that is left.
    func takeSealed(atLeast count: Int = 0) -> [UInt8] {
        guard age.outputByteCount >= max(count, 1) else { return [] }
        let taken = age.takeOutput()
        takenByteCount += taken.count
        partCount += 1
        return taken
    }

    private func seal() {
        var compressed = zip.takeOutput()
        compressed.withUnsafeBytes { age.write($0) }
        wipe(&compressed)
    }
}
