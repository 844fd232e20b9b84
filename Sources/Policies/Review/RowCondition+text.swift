package import Expressions
import Vocabulary

extension RowCondition {
    /// The condition as somebody would write it, with what the law asks of the person in words. Values of the caller and the request
    /// stand in it, values of records do not.
    package var text: String { text(binding: 0) }

    /// - Parameter binding: what the condition is a part of: 0 of nothing, 1 of `||`, 2 of `&&`.
    private func text(binding: Int) -> String {
        switch self {
        case .constant(let value): return value ? "true" : "false"
        case .error: return "(an error)"
        case .flag(let column): return Self.name(column)
        case .isNull(let column): return "\(Self.name(column)) == null"
        case .equal(let column, let value): return "\(Self.name(column)) == \(value.literal)"
        case .anyOf(let column, let values, let orNull), .sealed(let column, let values, let orNull):
            let list = values.map(\.literal) + (orNull ? ["null"] : [])
            return "\(Self.name(column)) in [\(list.joined(separator: ", "))]"
        case .same(let left, let right): return "\(Self.name(left)) == \(Self.name(right))"
        case .ordered(let column, let order, let value): return "\(Self.name(column)) \(order.rawValue) \(value.literal)"
        case .relative(let left, let order, let right): return "\(Self.name(left)) \(order.rawValue) \(Self.name(right))"
        case .settled(let column, let value): return value ? "\(Self.name(column)) != null" : "false"
        case .text(let column, let test, let part): return "\(Self.name(column)).\(test.rawValue)(\(Value.string(part.text).literal))"
        case .length(let column, let order, let count): return "size(\(Self.name(column))) \(order.rawValue) \(count)"
        case .identified(let records): return "the record is one of \(records.count)"
        case .related(let column, let other, let condition): return "\(other)(record.\(column.name)) has " + condition.text
        case .subject(let condition): return condition.text
        case .not(.isNull(let column)): return "\(Self.name(column)) != null"
        case .not(.equal(let column, let value)): return "\(Self.name(column)) != \(value.literal)"
        case .not(.flag(let column)): return "!\(Self.name(column))"
        case .not(let condition): return "!(\(condition.text))"
        case .all(let conditions): return Self.joined(conditions, " && ", 2, binding)
        case .any(let conditions): return Self.joined(conditions, " || ", 1, binding)
        case .choice(let condition, let left, let right):
            return "(\(condition.text) ? \(left.text) : \(right.text))"
        }
    }

    private static func name(_ column: Column) -> String { "record.\(column.name)" }

    private static func joined(_ conditions: [RowCondition], _ sign: String, _ own: Int, _ outer: Int) -> String {
        let text = conditions.map { $0.text(binding: own) }.joined(separator: sign)
        return outer == 0 || outer == own ? text : "(\(text))"
    }
}

extension SubjectCondition {
    package var text: String {
        switch self {
        case .consents(let purpose, _): "the person has consented to \(purpose)"
        case .isUnrestricted: "processing is not restricted"
        case .doesNotObject(to: nil): "the person objects to nothing"
        case .doesNotObject(to: let purpose?): "the person does not object to \(purpose)"
        case .allowsSale: "the person has not opted out of sale and sharing"
        case .allowsSensitiveUse: "the person does not limit the use of sensitive data"
        }
    }
}

extension Value {
    /// The value as an expression would have it; what has no short form is named by its kind.
    fileprivate var literal: String {
        switch self {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .int(let number): "\(number)"
        case .uint(let number): "\(number)u"
        case .double(let number): "\(number)"
        case .string(let text): "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
        case .timestamp(let time): "timestamp('\(time.text)')"
        default: "(a value)"
        }
    }
}
