import AuditFeeds
import Foundation
import TestPostgres
import Testing

/// The one sink that a line of settings names.
func sink(_ line: String, patience: Duration = .seconds(60)) throws -> any FeedSink {
    let sinks = try FeedSettings(line, file: "feeds").open(patience: patience)
    return try #require(sinks.first)
}

/// Which code a delivery fails with; `nil` when it does not fail.
func failure(_ sink: any FeedSink, _ events: [FeedEvent] = SampleEntry.events(1)) async -> FeedError.Code? {
    do throws(FeedError) { try await sink.deliver(events) } catch { return error.code }
    return nil
}

/// Writes a file that only this user may read.
func secretFile(_ text: String, mode: Int = 0o600) throws -> String {
    let path = try TemporaryFolder.make() + "/token"
    try rewrite(path, text, mode: mode)
    return path
}

func rewrite(_ path: String, _ text: String, mode: Int = 0o600) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
}
