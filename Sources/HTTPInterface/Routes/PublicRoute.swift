/// What is answered without a credential, beside whether the process is alive.
enum PublicRoute: Sendable {
    /// `GET /consent/{token}`, `POST /consent/{token}`
    case showConsent(String), answerConsent(String)
    /// `GET /downloads/{token}`, `POST /downloads/{token}`
    case showDownload, fetchDownload(String)
    /// `GET /.well-known/gpc.json`
    case signalSupport
    /// `GET /privacy/signal`
    case signalStatus

    var name: String { operation.name }

    var operation: Operation {
        switch self {
        case .showConsent: .showConsentPage
        case .answerConsent: .answerConsentPage
        case .showDownload: .showDownloadPage
        case .fetchDownload: .fetchDownload
        case .signalSupport: .readSignalSupport
        case .signalStatus: .readSignalStatus
        }
    }
}
