package import Foundation
import Glibc

/// Bytes to a server on loopback and bytes back, for requests that no client library would send.
package enum RawConnection {
    /// Sends the bytes, and answers what came back until the server closed or, behind the first byte, nothing more came for ten seconds.
    package static func exchange(_ url: String, _ text: String) async throws -> String {
        guard let port = url.split(separator: ":").last.flatMap({ UInt16($0) }) else { throw TestFailure("\(url) has no port") }
        return try await exchange(port, [text], patience: 10)
    }

    /// Sends pieces one after the other, and answers what came back until the server closed.
    ///
    /// - Parameters:
    ///   - pause: between two pieces.
    ///   - gate: the last piece waits for it.
    ///   - patience: seconds without a further byte after which the answer is taken for whole; `nil` waits for the server to close.
    package static func exchange(
        _ port: UInt16, _ pieces: [String], pause: Duration = .zero, gate: DispatchSemaphore? = nil, patience: Int? = nil
    ) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try blocking(port, pieces, pause, gate, patience) }) }.start()
        }
    }

    private static func blocking(
        _ port: UInt16, _ pieces: [String], _ pause: Duration, _ gate: DispatchSemaphore?, _ patience: Int?
    ) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure("no socket") }
        defer { close(descriptor) }
        func wait(_ seconds: Int) {
            var time = timeval(tv_sec: seconds, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        }
        if patience != nil { wait(120) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard connected == 0 else { throw TestFailure("nobody listens on port \(port)") }
        for (number, piece) in pieces.enumerated() {
            if number > 0, number == pieces.count - 1 { gate?.wait() }
            if number > 0 { usleep(UInt32(pause.components.attoseconds / 1_000_000_000_000)) }
            guard send(Array(piece.utf8), descriptor) else { break }
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { break }
            answer += buffer[0..<count]
            if let patience { wait(patience) }
        }
        return String(decoding: answer, as: UTF8.self)
    }

    /// Whether the other end took all of it.
    private static func send(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }
}
