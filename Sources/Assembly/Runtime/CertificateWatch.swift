import HTTPInterface
import ServiceLifecycle
import Vocabulary

/// Serves with a renewed certificate once its files have come to rest, and on SIGHUP. One that is not fit is told of, and the running one stays.
struct CertificateWatch: Service {
    let files: TLSFiles
    let tls: ServerTLS
    /// Of the files before they were read, so that no change is missed.
    let fingerprint: FolderFingerprint
    let observe: Observer
    var interval: Duration = .milliseconds(500)

    func run() async throws {
        await FileWatch(since: fingerprint, every: interval) { files.fingerprint }.run { reload() }
    }

    private func reload() {
        do throws(CommandFailure) {
            try files.exchange(tls)
            observe(.certificateReloaded(expires: tls.expiry))
        } catch {
            observe(.certificateRefused(reason: error.message))
        }
    }
}
