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

/// A listening socket at a port of 127.0.0.1 that the system chose.
struct LoopbackSocket: ~Copyable {
    let descriptor: Int32
    let port: UInt16

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 16) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
        guard descriptor >= 0, isListening else { throw TestFailure("no port can be had") }
    }

    deinit { close(descriptor) }
}
