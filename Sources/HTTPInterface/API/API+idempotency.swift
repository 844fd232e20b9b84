import DataFormats
import Gateway
import NIOHTTP1
import Vocabulary

extension Operation {
    /// Whether the answer is kept with its effect, so that the call can be sent again under the same `Idempotency-Key`: the description says so.
    ///
    /// Not kept are answers with a secret that is shown once (keys), of calls that are many changes (imports, runs of retention), and of calls that
    /// say how something is to be, and so may be repeated as they are (what people allow).
    var keepsAnswer: Bool { parameters.contains { $0.name == HeaderName.idempotencyKey } }

    /// Whether a key has to be sent: what a second time would be somebody's letter, somebody's data handed out, or somebody's end.
    var needsIdempotencyKey: Bool { parameters.contains { $0.name == HeaderName.idempotencyKey && $0.isRequired } }
}

extension Operation.Parameter {
    /// Quoted, or bare as older clients send it: whatever is sent as 1 to 255 printable characters is a word.
    private static let key = Shape.anything.example("\"8e03978e-40d5-43e8-bc93-6894a57f9324\"")

    /// The call may be sent again.
    static let idempotencyKey = header(
        HeaderName.idempotencyKey, key, "a word of yours for this one call: sent again with it, the call is not done again, and answered the same")
    static let neededIdempotencyKey = header(
        HeaderName.idempotencyKey, key, "a word of yours for this one call: sent again with it, the call is not done again, and answered the same",
        isRequired: true)
}

extension APIRequest {
    /// The call as one that may come again; `nil` without a key.
    func idempotentCall(_ route: Route) throws(Refusal) -> IdempotentCall? {
        if method == .GET || method == .HEAD { return nil }
        let sent = headers[HeaderName.idempotencyKey]
        guard let value = sent.first else {
            guard route.operation.needsIdempotencyKey else { return nil }
            throw Refusal(
                .idempotencyKeyRequired, "this needs an Idempotency-Key", hint: "send a new one with each call, and the same one when you repeat it")
        }
        guard sent.count == 1, let key = Self.idempotencyKey(value) else {
            throw Refusal(
                .parameterInvalid, "the Idempotency-Key header is not one key of 1 to 255 printable characters",
                hint: "Idempotency-Key: \"8e03978e-40d5-43e8-bc93-6894a57f9324\"")
        }
        guard route.operation.keepsAnswer else {
            throw Refusal(
                .idempotencyUnsupported, "the answer to \(route.name) is not kept, so it takes no Idempotency-Key",
                hint: "leave the header out; docs/api-writes.md says which calls take one")
        }
        var content: [UInt8] = []
        for (name, value) in query { content += Array("\(name)=\(value)&".utf8) }
        // A call under another condition is another call, and not to be answered as if its condition held.
        for name in [HeaderName.ifMatch, HeaderName.ifNoneMatch] {
            for value in headers[name] { content += [0] + Array("\(name):\(value)".utf8) }
        }
        return IdempotentCall(key: key, method: method.rawValue, path: segments.joined(separator: "/"), content: content + [0] + body)
    }

    /// A String of RFC 9651, or the same without quotes for clients that know no better.
    static func idempotencyKey(_ value: String) -> String? {
        let trimmed = value.utf8.drop { $0 == 0x20 || $0 == 0x09 }.reversed().drop { $0 == 0x20 || $0 == 0x09 }.reversed()
        var rest = Array(trimmed)[...]
        var key: [UInt8] = []
        if rest.first == UInt8(ascii: "\"") {
            guard rest.count >= 2, rest.last == UInt8(ascii: "\"") else { return nil }
            rest = rest.dropFirst().dropLast()
            while let byte = rest.popFirst() {
                switch byte {
                case UInt8(ascii: "\""): return nil
                case UInt8(ascii: "\\"):
                    guard let next = rest.popFirst(), next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") else { return nil }
                    key.append(next)
                default: key.append(byte)
                }
            }
            guard key.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        } else {
            key = Array(rest)
            // Neither a second value nor a parameter.
            guard key.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: ";") })
            else { return nil }
        }
        return (1...255).contains(key.count) ? String(decoding: key, as: UTF8.self) : nil
    }
}

extension RequestContext {
    /// Says how the outcome of the change is answered, for a call that may come again.
    func answers<Value: Sendable>(by render: @escaping @Sendable (Value) -> APIResponse?) {
        call?.isAnswered { (value: Value) in render(value).map { KeptAnswer($0) } }
    }

    func answers(with answer: APIResponse) { call?.isAnswered(with: KeptAnswer(answer)) }
}

extension KeptAnswer {
    /// Only what a change answers with; what differs each time is added when it is sent.
    init(_ response: APIResponse) {
        self.init(
            status: Int(response.status.code), headers: response.headers.map { Header($0.name, $0.value) }, body: response.body)
    }

    var response: APIResponse {
        var response = APIResponse(.init(statusCode: status), contentType: nil, body: body)
        for header in headers { response.headers.add(name: header.name, value: header.value) }
        response.headers.replaceOrAdd(name: HeaderName.idempotencyReplayed, value: "true")
        return response
    }
}
