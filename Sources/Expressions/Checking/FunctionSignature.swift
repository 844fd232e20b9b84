import Vocabulary

/// What a function takes and answers.
struct FunctionSignature: Sendable {
    enum Style: Sendable { case function, method, either }

    let style: Style
    /// The target of a method first.
    let parameters: [TypeFamilies]
    /// How many of the parameters can be left out, from the end.
    let optional: Int
    let result: ExpressionType

    private init(_ style: Style, _ parameters: [TypeFamilies], optional: Int = 0, _ result: ExpressionType) {
        self.style = style
        self.parameters = parameters
        self.optional = optional
        self.result = result
    }

    static let all: [String: FunctionSignature] = {
        let scalar: TypeFamilies = [.number, .text, .bytes, .boolean, .time, .duration]
        var all: [String: FunctionSignature] = [
            "size": FunctionSignature(.either, [[.text, .bytes, .list, .map]], .int),
            "contains": FunctionSignature(.method, [.text, .text], .bool),
            "startsWith": FunctionSignature(.method, [.text, .text], .bool),
            "endsWith": FunctionSignature(.method, [.text, .text], .bool),
            "matches": FunctionSignature(.either, [.text, .text], .bool),
            "int": FunctionSignature(.function, [[.number, .text, .time]], .int),
            "uint": FunctionSignature(.function, [[.number, .text]], .uint),
            "double": FunctionSignature(.function, [[.number, .text]], .double),
            "string": FunctionSignature(.function, [scalar], .string),
            "bytes": FunctionSignature(.function, [[.text, .bytes]], .bytes),
            "bool": FunctionSignature(.function, [[.boolean, .text]], .bool),
            "timestamp": FunctionSignature(.function, [[.text, .int, .time]], .timestamp),
            "duration": FunctionSignature(.function, [[.text, .duration]], .duration),
            "type": FunctionSignature(.function, [.anything], .type),
            "dyn": FunctionSignature(.function, [.anything], .any),
            "ipInRange": FunctionSignature(.function, [.text, .text], .bool),
        ]
        for name in ["getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"] {
            all[name] = FunctionSignature(.method, [.time, .text], optional: 1, .int)
        }
        for name in ["getHours", "getMinutes", "getSeconds", "getMilliseconds"] {
            all[name] = FunctionSignature(.method, [[.time, .duration], .text], optional: 1, .int)
        }
        return all
    }()

    /// The function that a call means; a problem when there is none, or it is called in another way.
    static func named(_ name: String, isMethod: Bool, arguments: Int, at place: Place) throws(ExpressionProblem) -> FunctionSignature {
        guard let signature = all[name] else {
            throw ExpressionProblem(place, "there is no function '\(name)'", hint: Spelling.hint(for: name, among: all.keys.sorted()))
        }
        if isMethod, signature.style == .function {
            throw ExpressionProblem(place, "'\(name)' is not called on a value", hint: "write \(name)(value)")
        }
        if !isMethod, signature.style == .method {
            throw ExpressionProblem(place, "'\(name)' is called on a value", hint: "write value.\(name)(…)")
        }
        let most = signature.parameters.count - (isMethod ? 1 : 0)
        let least = most - signature.optional
        guard (least...most).contains(arguments) else {
            let count = least == most ? "\(most) argument\(most == 1 ? "" : "s")" : "\(least) to \(most) arguments"
            throw ExpressionProblem(place, "'\(name)' takes \(count), not \(arguments)")
        }
        return signature
    }
}
