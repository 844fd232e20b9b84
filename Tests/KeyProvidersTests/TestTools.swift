import Foundation
import Glibc
import TestPostgres

/// The programs that `scripts/install-test-tools` installs. Tests of what is not there are left out, with a notice.
enum TestTools {
    static let openBao: String? = found("OpenBao", [repository + "/.build/test-tools/bao"])

    static let softHSM: String? = found(
        "SoftHSM 2", ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"]
    )

    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static func found(_ name: String, _ paths: [String]) -> String? {
        let path = paths.first { FileManager.default.fileExists(atPath: $0) }
        if path == nil {
            FileHandle.standardError.write(Data("notice: \(name) is not installed, its tests are left out; see scripts/install-test-tools\n".utf8))
        }
        return path
    }

    /// A TCP port of this host that nobody listened at a moment ago.
    static func freePort() throws -> UInt16 {
        try LoopbackSocket().port
    }
}
