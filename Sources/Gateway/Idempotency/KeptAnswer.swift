import DataFormats

/// An answer as it goes over the wire, without what differs from one sending to the next.
package struct KeptAnswer: Sendable, Equatable {
    package let status: Int
    package let headers: [Header]
    package let body: [UInt8]

    package struct Header: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(status: Int, headers: [Header], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// As it rests, before it is sealed.
    var encoded: [UInt8] {
        JSONValue.object([
            "status": .number(JSONNumber(status)),
            "headers": .array(headers.map { .array([.string($0.name), .string($0.value)]) }),
            "body": .string(Base64URL.encode(body)),
        ]).encoded()
    }

    init?(encoded: [UInt8]) {
        guard let object = (try? JSONReader.read(encoded))?.objectValue, case .number(let status)? = object["status"],
            let code = Int(status.text), let headers = object["headers"]?.arrayValue,
            let body = object["body"]?.stringValue.flatMap({ Base64URL.decode($0) })
        else { return nil }
        self.status = code
        self.headers = headers.compactMap { pair in
            guard let parts = pair.arrayValue, parts.count == 2, let name = parts[0].stringValue, let value = parts[1].stringValue else { return nil }
            return Header(name, value)
        }
        self.body = body
    }
}
