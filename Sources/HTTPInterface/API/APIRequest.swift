package import NIOHTTP1

/// A request as the handlers see it, whatever server core received it.
package struct APIRequest: Sendable {
    package let method: HTTPMethod
    /// Percent-decoded segments of the path.
    package let segments: [String]
    /// Percent-decoded, in the order sent.
    package let query: [(name: String, value: String)]
    package let headers: HTTPHeaders
    package let body: [UInt8]
    /// The address at the other end of the connection.
    package let peer: String?
    /// The client's certificate in DER, when it was verified: by this server's handshake, or by a proxy that is trusted.
    package let clientCertificate: [UInt8]?

    /// `nil` when the target is longer than 8 KiB, has more than 64 parameters, or does not decode to UTF-8.
    package init?(
        method: HTTPMethod, target: String, headers: HTTPHeaders, body: [UInt8], peer: String? = nil, clientCertificate: [UInt8]? = nil
    ) {
        guard target.utf8.count <= 8192 else { return nil }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var segments: [String] = []
        for segment in parts[0].split(separator: "/", omittingEmptySubsequences: true) {
            guard let decoded = Self.decode(segment, plusIsSpace: false) else { return nil }
            segments.append(decoded)
        }
        var query: [(name: String, value: String)] = []
        for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&", omittingEmptySubsequences: true) {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard query.count < 64, let name = Self.decode(halves[0], plusIsSpace: true),
                let value = Self.decode(halves.count > 1 ? halves[1] : "", plusIsSpace: true)
            else { return nil }
            query.append((name, value))
        }
        self.method = method
        self.segments = segments
        self.query = query
        self.headers = headers
        self.body = body
        self.peer = peer
        self.clientCertificate = clientCertificate
    }

    private static func decode(_ text: Substring, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        guard !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// What goes back.
package struct APIResponse: Sendable {
    package var status: HTTPResponseStatus
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(_ status: HTTPResponseStatus, contentType: String? = "application/json", body: [UInt8] = []) {
        self.status = status
        self.body = body
        headers = HTTPHeaders()
        if let contentType { headers.add(name: HeaderName.contentType, value: contentType) }
    }
}
