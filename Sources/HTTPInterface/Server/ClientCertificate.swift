import Glibc
import NIOSSL

/// A client's certificate, as it was verified, and until when it is one.
struct ClientCertificate: Sendable {
    let bytes: [UInt8]
    private let end: time_t

    init?(_ certificate: NIOSSLCertificate) {
        guard let bytes = try? certificate.toDERBytes() else { return nil }
        self.bytes = bytes
        end = certificate.notValidAfter
    }

    /// - Parameter bytes: in DER; `nil` when this is no certificate.
    init?(_ bytes: [UInt8]) {
        guard let certificate = try? NIOSSLCertificate(bytes: bytes, format: .der) else { return nil }
        self.bytes = bytes
        end = certificate.notValidAfter
    }

    var hasEnded: Bool { time(nil) > end }
}
