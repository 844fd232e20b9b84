import Foundation
import ServiceLifecycle
import UnixSignals

/// Has something done on SIGHUP, and on its own a moment after the last change of files. Ends with the service group.
struct FileWatch: Sendable {
    private let known: FolderFingerprint
    private let interval: Duration
    private let look: @Sendable () -> FolderFingerprint

    /// - Parameters:
    ///   - known: of the files before they were read, so that no change is missed.
    ///   - interval: how often they are looked at; also how long they have to rest before they are read.
    ///   - look: what they are now.
    init(since known: FolderFingerprint, every interval: Duration, _ look: @escaping @Sendable () -> FolderFingerprint) {
        self.known = known
        self.interval = interval
        self.look = look
    }

    /// One reading at a time; what is asked for meanwhile is one more.
    func run(_ read: @escaping @Sendable () async -> Void) async {
        let (requests, request) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) { request.yield() }
                }
                group.addTask {
                    var changes = FolderChanges(known)
                    while (try? await Task.sleep(for: interval)) != nil {
                        if changes.haveSettled(at: look()) { request.yield() }
                    }
                }
                group.addTask {
                    for await _ in requests { await read() }
                }
            }
        }
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
        var paths: [String] = []
        for below in ["", "/catalog", "/access", "/cases"] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder + below)) ?? []
            for name in names where name.hasSuffix(".yaml") {
                paths.append("\(folder)\(below)/\(name)")
            }
        }
        return of(files: paths)
    }

    static func of(files paths: [String]) -> FolderFingerprint {
        var fingerprint = FolderFingerprint()
        for path in paths {
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            fingerprint.files[path] = File(
                size: Int64(status.st_size), inode: UInt64(status.st_ino), seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec
            )
        }
        return fingerprint
    }
}
