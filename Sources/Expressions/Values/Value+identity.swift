/// Identity of kind and content: strings by code point, doubles by bits, except that every NaN is the same.
extension Value {
    package static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.uint(let left), .uint(let right)): left == right
        case (.double(let left), .double(let right)): left.bitPattern == right.bitPattern || (left.isNaN && right.isNaN)
        case (.string(let left), .string(let right)): left.isSameText(as: right)
        case (.bytes(let left), .bytes(let right)): left == right
        case (.list(let left), .list(let right)): left == right
        case (.map(let left), .map(let right)): left == right
        case (.timestamp(let left), .timestamp(let right)): left == right
        case (.duration(let left), .duration(let right)): left == right
        case (.type(let left), .type(let right)): left == right
        default: false
        }
    }

    package func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let bool): hasher.combine(bool)
        case .int(let number): hasher.combine(number)
        case .uint(let number): hasher.combine(number)
        case .double(let number): hasher.combine(number.isNaN ? Double.nan.bitPattern : number.bitPattern)
        case .string(let text): text.hashExactly(into: &hasher)
        case .bytes(let bytes): hasher.combine(bytes)
        case .list(let elements): hasher.combine(elements)
        case .map(let map): hasher.combine(map)
        case .timestamp(let time): hasher.combine(time)
        case .duration(let duration): hasher.combine(duration)
        case .type(let name): hasher.combine(name)
        }
    }
}
