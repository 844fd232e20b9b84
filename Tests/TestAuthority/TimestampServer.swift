/// A time-stamping authority behind HTTP.
package enum TimestampServer {
    package static func answer(_ request: TestServer.Request, _ authority: OpenSSLAuthority) -> TestServer.Reply {
        guard request.method == "POST", request.path == "/tsr" else { return .answer(404) }
        guard request.contentType == "application/timestamp-query" else { return .answer(415) }
        guard let reply = try? authority.reply(to: request.body) else { return .answer(500) }
        return .answer(200, type: "application/timestamp-reply", body: reply)
    }
}
