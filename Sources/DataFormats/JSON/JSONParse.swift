/// One pass over one text by recursive descent; lives no longer than the bytes it was given.
struct JSONParse {
    let bytes: UnsafeRawBufferPointer
    var position = 0
    /// Holds a string with escapes while it is put together; kept to allocate once a text.
    var unescaped: [UInt8] = []
    private let maximumDepth: Int

    init(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws(JSONFailure) -> JSONValue {
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw JSONFailure(code: .byteOrderMark, offset: 0)
        }
        skipWhiteSpace()
        let value = try value(depth: 0)
        skipWhiteSpace()
        guard position == bytes.count else { throw JSONFailure(code: .trailingBytes, offset: position) }
        return value
    }

    private mutating func value(depth: Int) throws(JSONFailure) -> JSONValue {
        switch try currentByte() {
        case UInt8(ascii: "\""):
            return .string(try string())
        case UInt8(ascii: "{"):
            return .object(try object(depth: depth))
        case UInt8(ascii: "["):
            return .array(try array(depth: depth))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return .number(try number())
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default:
            throw JSONFailure(code: .unexpectedByte, offset: position)
        }
    }

    private mutating func object(depth: Int) throws(JSONFailure) -> JSONObject {
        guard depth < maximumDepth else { throw JSONFailure(code: .tooDeep, offset: position) }
        var object = JSONObject()
        position += 1
        skipWhiteSpace()
        if try currentByte() == UInt8(ascii: "}") {
            position += 1
            return object
        }
        while true {
            let start = position
            guard try currentByte() == UInt8(ascii: "\"") else {
                throw JSONFailure(code: .unexpectedByte, offset: position)
            }
            let name = try string()
            skipWhiteSpace()
            guard try currentByte() == UInt8(ascii: ":") else {
                throw JSONFailure(code: .unexpectedByte, offset: position)
            }
            position += 1
            skipWhiteSpace()
            let member: JSONValue
            do throws(JSONFailure) {
                member = try value(depth: depth + 1)
            } catch {
                throw error.inside(name)
            }
            guard object.append(member, named: name) else {
                throw JSONFailure(code: .duplicateName, offset: start, tokens: [name])
            }
            if try closes(with: UInt8(ascii: "}")) { return object }
        }
    }

    private mutating func array(depth: Int) throws(JSONFailure) -> [JSONValue] {
        guard depth < maximumDepth else { throw JSONFailure(code: .tooDeep, offset: position) }
        var elements: [JSONValue] = []
        position += 1
        skipWhiteSpace()
        if try currentByte() == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            do throws(JSONFailure) {
                elements.append(try value(depth: depth + 1))
            } catch {
                throw error.inside(elements.count.description)
            }
            if try closes(with: UInt8(ascii: "]")) { return elements }
        }
    }

    /// After an element: true past the closing bracket, false at the next element.
    private mutating func closes(with bracket: UInt8) throws(JSONFailure) -> Bool {
        skipWhiteSpace()
        let byte = try currentByte()
        guard byte == bracket || byte == UInt8(ascii: ",") else {
            throw JSONFailure(code: .unexpectedByte, offset: position)
        }
        position += 1
        guard byte != bracket else { return true }
        skipWhiteSpace()
        return false
    }

    private mutating func number() throws(JSONFailure) -> JSONNumber {
        switch JSONNumberGrammar.scan(bytes, from: position) {
        case .complete(let end):
            let text = JSONNumber(scanned: UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
            position = end
            return text
        case .broken(let offset):
            throw JSONFailure(code: offset == bytes.count ? .unexpectedEnd : .invalidNumber, offset: offset)
        }
    }

    private mutating func word(_ word: StaticString) throws(JSONFailure) {
        for index in 0..<word.utf8CodeUnitCount {
            guard try currentByte() == word.utf8Start[index] else {
                throw JSONFailure(code: .unexpectedByte, offset: position)
            }
            position += 1
        }
    }

    private func currentByte() throws(JSONFailure) -> UInt8 {
        guard position < bytes.count else { throw JSONFailure(code: .unexpectedEnd, offset: bytes.count) }
        return bytes[position]
    }

    private mutating func skipWhiteSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }
}
