import DataFormats
import Foundation
import Gateway
import HTTPInterface
import Storage
import Synchronization
import Vocabulary

/// A job of a running gateway, from outside.
struct RemoteJob: Sendable {
    let client: GatewayClient
    let id: String

    static func open(_ body: JSONObject, _ client: GatewayClient, reason: String? = nil) async throws -> RemoteJob {
        var headers = [GatewayClient.idempotencyKey()]
        if let reason { headers.append(("Reason", reason)) }
        let job = try await client.object(
            "POST", "/v1/jobs", contentType: "application/json", body: JSONValue.object(body).encoded(), headers: headers)
        guard let id = job["id"]?.stringValue else { throw CommandFailure(.failed, "the gateway's answer is no job") }
        return RemoteJob(client: client, id: id)
    }

    func step(_ name: String, reason: String? = nil) async throws {
        var headers = [GatewayClient.idempotencyKey()]
        if let reason { headers.append(("Reason", reason)) }
        _ = try await client.send("POST", "/v1/jobs/\(id)/\(name)", contentType: "application/json", body: Array("{}".utf8), headers: headers)
    }

    func show() async throws -> JSONObject { try await client.object("GET", "/v1/jobs/\(id)") }

    /// Comes back when the job has ended, and says meanwhile how far it is.
    ///
    /// - Throws: when it has failed, or somebody has ended it.
    func wait(_ what: String, isQuiet: Bool) async throws -> JSONObject {
        var progress: ProgressBar?
        while true {
            let job = try await show()
            let state = job["state"]?.stringValue.flatMap(JobState.init)
            let (parts, done) = (Self.number(job["parts"]), Self.number(job["parts_done"]))
            if progress == nil { progress = ProgressBar(what, total: job["kind"] == "import" ? parts : 0, isQuiet: isQuiet) }
            let waiting = job["code"]?.stringValue.map { ", waits: \($0)" } ?? ""
            progress?.update(done, detail: "\(Self.number(job["rows"])) rows\(waiting)")
            switch state {
            case .running, .reverting: try await Task.sleep(for: .milliseconds(300))
            case .done, .reverted:
                progress?.finish(detail: "\(Self.number(job["rows"])) rows")
                return job
            case .failed:
                throw CommandFailure(
                    .failed, "the job has failed: \(job["code"]?.stringValue ?? "unknown")", hint: "docs/jobs.md says what the code stands for")
            case .open, .cancelled, nil: throw CommandFailure(.failed, "the job was ended by somebody")
            }
        }
    }

    static func number(_ value: JSONValue?) -> Int {
        if case .number(let number)? = value { number.integer.flatMap { Int(exactly: $0) } ?? 0 } else { 0 }
    }
}

/// Puts rows into an import that begins when all are there.
final class JobUpload: ImportDestination {
    private let job: RemoteJob
    private let parts = Mutex(0)

    init(_ job: RemoteJob) { self.job = job }

    var isEmpty: Bool { parts.withLock { $0 == 0 } }

    /// - Returns: nothing; what becomes of the rows is known later.
    func send(_ rows: [ImportRow], isDryRun: Bool) async throws -> [ImportOutcome] {
        let number = parts.withLock { parts in
            parts += 1
            return parts
        }
        _ = try await job.client.send(
            "PUT", "/v1/jobs/\(job.id)/parts/\(number)", contentType: "application/x-ndjson", body: ImportRowCoding.write(rows))
        return []
    }
}
