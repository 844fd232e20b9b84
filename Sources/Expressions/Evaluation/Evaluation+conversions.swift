/// Conversions, named after the type they make.
extension Evaluation {
    mutating func conversion(of value: Value, to function: Function, at node: Node) throws(EvaluationError) -> Value {
        try spend(value.byteCount / 16, at: node)
        do throws(EvaluationError.Code) { return try Self.convert(value, to: function) } catch { throw EvaluationError(error, at: node.place) }
    }

    private static func convert(_ value: Value, to function: Function) throws(EvaluationError.Code) -> Value {
        switch function {
        case .int: .int(try int(value))
        case .uint: .uint(try uint(value))
        case .double: .double(try double(value))
        case .string: .string(try string(value))
        case .bytes: try bytes(value)
        case .bool: .bool(try bool(value))
        case .timestamp: .timestamp(try timestamp(value))
        default: .duration(try duration(value))
        }
    }

    private static func int(_ value: Value) throws(EvaluationError.Code) -> Int64 {
        switch value {
        case .int(let number): return number
        case .uint(let number):
            guard let number = Int64(exactly: number) else { throw .outOfRange }
            return number
        case .double(let number):
            // The published tests refuse both ends, although a double holds the lower one exactly.
            guard number > -0x1p63, number < 0x1p63 else { throw .outOfRange }
            return Int64(number)
        case .string(let text):
            guard let number = Int64(text) else { throw .badConversion }
            return number
        case .timestamp(let time): return time.seconds
        default: throw .noSuchOverload
        }
    }

    private static func uint(_ value: Value) throws(EvaluationError.Code) -> UInt64 {
        switch value {
        case .uint(let number): return number
        case .int(let number):
            guard let number = UInt64(exactly: number) else { throw .outOfRange }
            return number
        case .double(let number):
            guard number >= 0, number < 0x1p64 else { throw .outOfRange }
            return UInt64(number)
        case .string(let text):
            guard let number = UInt64(text) else { throw .badConversion }
            return number
        default: throw .noSuchOverload
        }
    }

    private static func double(_ value: Value) throws(EvaluationError.Code) -> Double {
        switch value {
        case .double(let number): return number
        case .int(let number): return Double(number)
        case .uint(let number): return Double(number)
        case .string(let text):
            guard let number = Double(text) else { throw .badConversion }
            return number
        default: throw .noSuchOverload
        }
    }

    private static func string(_ value: Value) throws(EvaluationError.Code) -> String {
        switch value {
        case .string(let text): return text
        case .bool(let bool): return bool ? "true" : "false"
        case .int(let number): return String(number)
        case .uint(let number): return String(number)
        case .double(let number): return number.celText
        case .bytes(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else { throw .badConversion }
            return text
        case .timestamp(let time): return time.text
        case .duration(let length): return length.text
        default: throw .noSuchOverload
        }
    }

    private static func bytes(_ value: Value) throws(EvaluationError.Code) -> Value {
        switch value {
        case .bytes: return value
        case .string(let text): return .bytes(Array(text.utf8))
        default: throw .noSuchOverload
        }
    }

    private static func bool(_ value: Value) throws(EvaluationError.Code) -> Bool {
        switch value {
        case .bool(let bool): return bool
        case .string(let text):
            if ["1", "t", "T", "true", "TRUE", "True"].contains(text) { return true }
            if ["0", "f", "F", "false", "FALSE", "False"].contains(text) { return false }
            throw .badConversion
        default: throw .noSuchOverload
        }
    }

    private static func timestamp(_ value: Value) throws(EvaluationError.Code) -> Timestamp {
        switch value {
        case .timestamp(let time): return time
        case .int(let seconds):
            guard let time = Timestamp(seconds: seconds) else { throw .outOfRange }
            return time
        case .string(let text):
            guard let time = Timestamp(text) else { throw .badConversion }
            return time
        default: throw .noSuchOverload
        }
    }

    private static func duration(_ value: Value) throws(EvaluationError.Code) -> Nanoseconds {
        switch value {
        case .duration(let length): return length
        case .string(let text):
            guard let length = Nanoseconds(text) else { throw .badConversion }
            return length
        default: throw .noSuchOverload
        }
    }
}
