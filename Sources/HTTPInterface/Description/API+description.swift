import Catalog
import DataFormats
import Gateway
import NIOHTTP1
import Sealing
import Synchronization

/// The description of the API, made for each caller.
extension API {
    /// Whoever has a credential is told what it can do, whoever has none what everybody can; a credential that is not valid is refused.
    /// What is told says which fields there are, and nothing of any record, so that it is no event of the trail.
    func describe(_ form: DescriptionForm, _ offer: Offer, _ request: APIRequest) throws(Refusal) -> APIResponse {
        guard request.query.isEmpty else { throw Refusal(.parameterInvalid, "a parameter is not known here", hint: "there are none") }
        let (bytes, tag) = descriptions.description(form, offer, gateway.catalog)
        var response = APIResponse(.ok, contentType: form.contentType, body: bytes)
        if !request.headers[HeaderName.ifNoneMatch].isEmpty, !request.matchesNone(tag) { response = APIResponse(.notModified, contentType: nil) }
        response.headers.replaceOrAdd(name: HeaderName.entityTag, value: tag)
        response.headers.replaceOrAdd(name: HeaderName.vary, value: "\(HeaderName.authorization), \(HeaderName.apiKey), \(HeaderName.grant)")
        if form == .page {
            response.headers.replaceOrAdd(name: "Content-Security-Policy", value: ReferencePage.securityPolicy)
            response.headers.replaceOrAdd(name: "Referrer-Policy", value: "no-referrer")
        }
        return response
    }
}

extension APIRequest {
    var hasCredential: Bool { !headers[HeaderName.authorization].isEmpty || !headers[HeaderName.apiKey].isEmpty }
}

/// Descriptions that were made, for a while. What is offered is worked out for each request, so that none outlives a change of the
/// policies or of a caller's roles; callers that are offered the same share one.
final class KeptDescriptions: Sendable {
    private struct Kept: Sendable {
        let form: DescriptionForm
        let offer: Offer
        let bytes: [UInt8]
        let tag: String
    }

    private static let most = 32
    private let kept = Mutex<[Kept]>([])

    func description(_ form: DescriptionForm, _ offer: Offer, _ catalog: CompiledCatalog) -> (bytes: [UInt8], tag: String) {
        if let known = kept.withLock({ $0.first { $0.form == form && $0.offer == offer } }) { return (known.bytes, known.tag) }
        let description = APIDescription(catalog, offer)
        let bytes =
            switch form {
            case .openAPI: JSONValue.object(OpenAPIDocument(description).json).encoded()
            case .page: Array(ReferencePage(description).html.utf8)
            }
        let tag = "\"" + Hex.encode(Array(SHA256.hash(bytes).prefix(16))) + "\""
        kept.withLock { kept in
            if kept.count >= Self.most { kept.removeFirst() }
            kept.append(Kept(form: form, offer: offer, bytes: bytes, tag: tag))
        }
        return (bytes, tag)
    }
}
