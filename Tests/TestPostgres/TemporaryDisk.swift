import Foundation
import Glibc

/// A small disk of its own (tmpfs), mounted on a folder, that can be filled to the last byte.
package struct TemporaryDisk: Sendable {
    package let path: String

    /// Whether this account may mount anything: root outside of a container that forbids it.
    package static let isPossible: Bool = {
        guard geteuid() == 0, let folder = try? TemporaryFolder.make(), mount("tmpfs", folder, "tmpfs", 0, "size=64k") == 0 else { return false }
        return umount(folder) == 0
    }()

    /// Lends a disk, mounted on a folder that is made when it is missing.
    package static func with<Value>(
        _ path: String, bytes: Int, owner: String? = nil, _ body: (TemporaryDisk) async throws -> Value
    ) async throws -> Value {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(bytes),mode=0711") == 0 else { throw TestFailure("nothing can be mounted on \(path)") }
        if let owner, let account = getpwnam(owner) { chown(path, account.pointee.pw_uid, account.pointee.pw_gid) }
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(TemporaryDisk(path: path))) } catch { outcome = .failure(error) }
        // Somebody may still have a file open; it goes with them.
        umount2(path, Int32(MNT_DETACH))
        return try outcome.get()
    }

    private var filler: String { path + "/filler" }

    /// Leaves no byte free.
    package func fill() throws {
        let descriptor = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TestFailure("\(filler) cannot be made") }
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0x5A, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
    }

    /// Gives the space back.
    package func free() { unlink(filler) }
}
