import AsyncHTTPClient
import DataFormats
import Identity
import NIOCore
import NIOHTTP1
import NIOSSL
import Vocabulary

/// Why an issuer's keys could not be had, as a word for observations.
enum FetchFailure: String, Error {
    case unreachable
    case refused = "status"
    case tooLong = "too-long"
    case metadata = "metadata-malformed"
    /// The metadata are about another issuer.
    case otherIssuer = "metadata-of-another"
    /// The metadata lead to a server that the settings do not name.
    case elsewhere = "keys-elsewhere"
    case keys = "keys-unusable"
}

/// One look at what an issuer publishes. Answers are bounded, redirects are failures, and what is malformed is a failure like any other.
struct KeyFetch: Sendable {
    private static let greatestMetadata = 64 << 10
    private static let greatestSet = 256 << 10

    struct Found {
        let keys: KeySet
        /// For how long the issuer says that they hold.
        let seconds: Int64?
    }

    private let issuer: Issuer
    private let client: HTTPClient
    private let patience: TimeAmount

    init(_ issuer: Issuer, client: HTTPClient, patience: TimeAmount) {
        self.issuer = issuer
        self.client = client
        self.patience = patience
    }

    func run() async throws(FetchFailure) -> Found {
        let deadline = NIODeadline.now() + patience
        let address: String = if let keysURL = issuer.keysURL { keysURL } else { try await discover(deadline) }
        let (bytes, seconds) = try await get(address, atMost: Self.greatestSet, deadline)
        do throws(KeySet.Flaw) { return Found(keys: try KeySet(bytes), seconds: seconds) } catch { throw .keys }
    }

    /// The address of the keys, by the issuer's metadata. They may lead to the issuer's own server only, so that nobody who can write them has
    /// this gateway call others; keys that are elsewhere are for the settings to name.
    private func discover(_ deadline: NIODeadline) async throws(FetchFailure) -> String {
        guard let own = IssuerAddress(issuer.identifier) else { throw .metadata }
        var failure = FetchFailure.unreachable
        for place in own.metadata {
            let bytes: [UInt8]
            do throws(FetchFailure) { bytes = try await get(place, atMost: Self.greatestMetadata, deadline).bytes } catch {
                failure = error
                // Nothing there: it may be in the other place.
                if error == .refused { continue }
                throw error
            }
            guard let metadata = (try? JSONReader.read(bytes, maximumDepth: 8))?.objectValue, let named = metadata["issuer"]?.stringValue,
                let keys = metadata["jwks_uri"]?.stringValue
            else { throw .metadata }
            guard named.utf8.elementsEqual(issuer.identifier.utf8) else { throw .otherIssuer }
            guard let address = IssuerAddress(keys), address.server == own.server else { throw .elsewhere }
            return keys
        }
        throw failure
    }

    private func get(_ url: String, atMost greatest: Int, _ deadline: NIODeadline) async throws(FetchFailure) -> (bytes: [UInt8], seconds: Int64?) {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "gatehouse")
        request.headers.add(name: TraceContext.header, value: TraceContext.parent())
        let response: HTTPClientResponse
        do { response = try await client.execute(request, deadline: deadline) } catch { throw .unreachable }
        guard response.status == .ok else { throw .refused }
        var bytes: [UInt8] = []
        do {
            for try await part in response.body {
                guard bytes.count + part.readableBytes <= greatest else { throw FetchFailure.tooLong }
                guard NIODeadline.now() < deadline else { throw FetchFailure.unreachable }
                bytes.append(contentsOf: part.readableBytesView)
            }
        } catch {
            throw error as? FetchFailure ?? .unreachable
        }
        return (bytes, Self.maximumAge(response.headers))
    }

    /// `max-age` of Cache-Control (RFC 9111 section 5.2.2.1); `no-store` and `no-cache` ask for the shortest time.
    static func maximumAge(_ headers: HTTPHeaders) -> Int64? {
        for directive in headers[canonicalForm: "Cache-Control"] {
            let word = directive.lowercased()
            if word == "no-store" || word == "no-cache" { return 0 }
            if word.hasPrefix("max-age=") { return Int64(word.dropFirst(8).trimming { $0 == "\"" }) }
        }
        return nil
    }
}

extension Substring {
    fileprivate func trimming(_ isDropped: (Character) -> Bool) -> Substring {
        var rest = drop(while: isDropped)
        while let last = rest.last, isDropped(last) { rest.removeLast() }
        return rest
    }
}
