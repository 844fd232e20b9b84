import Catalog
import Gateway
import NIOHTTP1
import Vocabulary

/// Download links: whoever has one needs no other credential.
extension API {
    /// The file, once. Programs get a problem where people get a page.
    func fetchDownload(_ token: String, _ request: APIRequest, _ trace: String) async -> APIResponse {
        let package: [UInt8]
        do throws(Refusal) {
            package = try await gateway.fetchPackage(token, address: request.peer, requestID: TraceID(trace) ?? .make())
        } catch {
            observe(.requestFailed(route: PublicRoute.fetchDownload("").name, code: error.code.rawValue))
            let isBrowser = request.headers.first(name: "Accept")?.contains("text/html") ?? false
            guard error.code == .linkInvalid, isBrowser else { return Problem.response(error, trace: trace) }
            return DownloadPage.leadsNowhere(gateway.rights.processing.controller)
        }
        var response = APIResponse(.ok, contentType: "application/octet-stream", body: package)
        response.headers.add(name: "Content-Disposition", value: "attachment; filename=\"export.zip.age\"")
        return response
    }
}
