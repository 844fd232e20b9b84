package import DataFormats

/// One sealed file of a repository, as its manifest tells of it. Header and payload are told apart, because changing recipients writes a new
/// header in front of the same payload.
package struct SealedArchive: Sendable, Equatable {
    /// Bytes, and their SHA-256.
    package struct Part: Sendable, Equatable {
        package let byteCount: Int
        package let digest: [UInt8]

        package init(byteCount: Int, digest: [UInt8]) {
            self.byteCount = byteCount
            self.digest = digest
        }

        var object: JSONObject { ["bytes": .number(JSONNumber(byteCount)), "sha256": .string(Hex.encode(digest))] }

        init?(_ object: JSONObject?) {
            guard let object, let count = object.integer("bytes"), count >= 0, let text = object["sha256"]?.stringValue,
                let digest = Hex.decode(Array(text.utf8)), digest.count == 32
            else { return nil }
            self.init(byteCount: count, digest: digest)
        }
    }

    package let key: String
    package let header: Part
    package let payload: Part
    /// Of what was compressed and sealed.
    package let plainByteCount: Int

    package var byteCount: Int { header.byteCount + payload.byteCount }

    package init(key: String, header: Part, payload: Part, plainByteCount: Int) {
        self.key = key
        self.header = header
        self.payload = payload
        self.plainByteCount = plainByteCount
    }

    package var object: JSONObject {
        [
            "object": .string(key), "header": .object(header.object), "payload": .object(payload.object),
            "plain_bytes": .number(JSONNumber(plainByteCount)),
        ]
    }

    package init?(_ object: JSONObject?) {
        guard let object, let key = object["object"]?.stringValue, let header = Part(object["header"]?.objectValue),
            let payload = Part(object["payload"]?.objectValue), let plain = object.integer("plain_bytes")
        else { return nil }
        self.init(key: key, header: header, payload: payload, plainByteCount: plain)
    }
}

extension JSONObject {
    /// A whole number; `nil` for anything else.
    func integer(_ name: String) -> Int? {
        guard case .number(let number)? = self[name] else { return nil }
        return number.integer.flatMap { Int(exactly: $0) }
    }

    func objects(_ name: String) -> [JSONObject]? {
        guard let items = self[name]?.arrayValue else { return nil }
        let objects = items.compactMap(\.objectValue)
        return objects.count == items.count ? objects : nil
    }
}
