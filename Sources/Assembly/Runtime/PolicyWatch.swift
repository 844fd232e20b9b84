import Foundation
import Gateway
import Policies
import PolicyFiles
import ServiceLifecycle
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
        await FileWatch(since: fingerprint, every: interval) { FolderFingerprint.of(folder) }.run { await reload() }
    }

    /// Files that change while they are read never stood together: whatever was made of them is forgotten, and they are read again.
    private func reload() async {
        var before: FolderFingerprint
        var outcome: Result<PolicyFolder, Diagnostics>
        repeat {
            before = .of(folder)
            outcome = await read()
        } while before != .of(folder) && !Task.isCancelled
        switch outcome {
        case .success(let loaded):
            gateway.replacePolicies(loaded.policies)
            observe(.policiesReloaded(rules: loaded.policies.rules.count))
        case .failure(let error): observe(.policiesRefused(error.all))
        }
    }

    /// Reads and tests the folder on a thread that may block.
    private func read() async -> Result<PolicyFolder, Diagnostics> {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: Result { () throws(Diagnostics) in try running.reloaded(from: folder) })
            }
        }
    }
}
