import Foundation
import Gateway
import Policies
import PolicyFiles
import ServiceLifecycle
import UnixSignals
import Vocabulary

/// Puts changed policies in force once they compile and their cases hold. Else the running ones stay, and what is wrong is told.
///
/// Looks on SIGHUP, and on its own a moment after the last change of a file. Ends with the service group.
struct PolicyWatch: Service {
    let folder: String
    let running: PolicyFolder
    /// Of the folder before the running policies were read, so that no change is missed.
    let fingerprint: FolderFingerprint
    let gateway: RecordGateway
    let observe: Observer
    /// How often the folder is looked at; also how long it has to rest before it is read.
    var interval: Duration = .milliseconds(500)

    func run() async throws {
        // One reading at a time; what is asked for meanwhile is one more.
        let (requests, request) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) { request.yield() }
                }
                group.addTask {
                    var changes = FolderChanges(fingerprint)
                    while (try? await Task.sleep(for: interval)) != nil {
                        if changes.haveSettled(at: FolderFingerprint.of(folder)) { request.yield() }
                    }
                }
                group.addTask {
                    for await _ in requests { await reload() }
                }
            }
        }
    }

    private func reload() async {
        do throws(Diagnostics) {
            let loaded = try await read()
            gateway.replacePolicies(loaded.policies)
            observe(.policiesReloaded(rules: loaded.policies.rules.count))
        } catch {
            observe(.policiesRefused(error.all))
        }
    }

    /// Reads and tests the folder on a thread that may block.
    private func read() async throws(Diagnostics) -> PolicyFolder {
        let outcome: Result<PolicyFolder, Diagnostics> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: Result { () throws(Diagnostics) in try running.reloaded(from: folder) })
            }
        }
        return try outcome.get()
    }
}

/// Tells when a folder has changed and come to rest: an editor or a checkout writes many files, one after the other.
struct FolderChanges {
    private var known: FolderFingerprint
    private var last: FolderFingerprint

    init(_ known: FolderFingerprint) {
        self.known = known
        last = known
    }

    mutating func haveSettled(at now: FolderFingerprint) -> Bool {
        defer { last = now }
        guard now != known, now == last else { return false }
        known = now
        return true
    }
}

/// Names, sizes and times of the files that policies are made of.
struct FolderFingerprint: Equatable, Sendable {
    private struct File: Equatable, Sendable {
        let size: Int64
        let inode: UInt64
        let seconds: Int
        let nanoseconds: Int
    }

    private var files: [String: File] = [:]

    static func of(_ folder: String) -> FolderFingerprint {
        var fingerprint = FolderFingerprint()
        for below in ["", "/catalog", "/access", "/cases"] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder + below)) ?? []
            for name in names where name.hasSuffix(".yaml") {
                let path = "\(folder)\(below)/\(name)"
                var status = stat()
                guard stat(path, &status) == 0 else { continue }
                fingerprint.files[path] = File(
                    size: Int64(status.st_size), inode: UInt64(status.st_ino), seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec
                )
            }
        }
        return fingerprint
    }
}
