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
