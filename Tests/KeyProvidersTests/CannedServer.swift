import Foundation
import Glibc
import Synchronization
import TestPostgres

/// An HTTP server for what no real one does on demand: it gives these answers one after the other, the last one for ever,
/// until the process ends.
final class CannedServer: Sendable {
    enum Answer: Sendable {
        case status(Int, body: String = "", headers: String = "")
        /// The connection ends without an answer.
        case hangUp
        /// The connection stays, and nothing comes.
        case silence
    }

    let url: String
    /// The first line of each request.
    var requests: [String] { seen.withLock { $0 } }
    private let seen = Mutex<[String]>([])

    init(_ answers: [Answer]) throws {
        let socket = try LoopbackSocket()
        url = "http://127.0.0.1:\(socket.port)"
        let descriptor = dup(socket.descriptor)
        Thread { [self] in
            var number = 0
            var open: [Int32] = []
            defer { for connection in open { close(connection) } }
            while case let connection = accept(descriptor, nil, nil), connection >= 0 {
                serve(connection, answers[min(number, answers.count - 1)])
                number += 1
                if case .silence = answers[min(number, answers.count) - 1] { open.append(connection) } else { close(connection) }
            }
        }.start()
    }

    private func serve(_ connection: Int32, _ answer: Answer) {
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        // The requests of these tests fit into one packet, or their body follows at once.
        while !String(decoding: request, as: UTF8.self).contains("\r\n\r\n") {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return }
            request += buffer[0..<count]
        }
        let line = String(decoding: request, as: UTF8.self).prefix { $0 != "\r\n" }
        seen.withLock { $0.append(String(line)) }
        guard case .status(let status, let body, let headers) = answer else { return }
        let text = "HTTP/1.1 \(status) Answer\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\(headers)\r\n\(body)"
        _ = write(connection, Array(text.utf8), text.utf8.count)
        shutdown(connection, Int32(SHUT_WR))
        while read(connection, &buffer, buffer.count) > 0 {}
    }
}
