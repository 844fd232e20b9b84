import TestPostgres

/// Metrics read back by the letter of OpenMetrics 1.0, or of the text format 0.0.4. What is not allowed is an error, however harmless.
struct ExpositionText {
    struct Family: Equatable {
        let name: String
        let type: String
        var unit: String?
        var help: String?
        var samples: [Sample] = []
    }

    struct Sample: Equatable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    private(set) var families: [Family] = []
    private let isOpenMetrics: Bool
    private var seen: Set<String> = []

    init(_ bytes: [UInt8], openMetrics: Bool) throws {
        isOpenMetrics = openMetrics
        guard let text = String(validating: bytes, as: UTF8.self) else { throw TestFailure("not UTF-8") }
        guard text.unicodeScalars.last == "\n", !text.unicodeScalars.contains("\r") else { throw TestFailure("lines do not end with LF") }
        var lines = text.unicodeScalars.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        if openMetrics {
            guard lines.popLast() == "# EOF" else { throw TestFailure("no # EOF at the end") }
        }
        for line in lines {
            guard !line.isEmpty, line.unicodeScalars.last != " ", line.unicodeScalars.first != " " else {
                throw TestFailure("a blank or padded line")
            }
            if line.hasPrefix("#") { try descriptor(line) } else { try sample(line) }
        }
        for family in families { try check(family) }
    }

    func family(_ name: String) -> Family? { families.first { $0.name == name } }

    /// The value of the one sample with this name and these labels.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        families.flatMap(\.samples).first { $0.name == name && $0.labels == labels }?.value
    }

    // MARK: Lines

    private mutating func descriptor(_ line: String) throws {
        let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0] == "#" else { throw TestFailure("no descriptor: \(line)") }
        switch parts[1] {
        case "TYPE":
            let types = isOpenMetrics ? ["counter", "gauge", "histogram", "info"] : ["counter", "gauge", "histogram"]
            guard types.contains(parts[3]), Self.isName(parts[2]) else { throw TestFailure("no type: \(line)") }
            guard family(parts[2]) == nil else { throw TestFailure("\(parts[2]) is split") }
            families.append(Family(name: parts[2], type: parts[3]))
        case "UNIT" where isOpenMetrics:
            try describe(parts[2]) { family in
                guard family.unit == nil, parts[2].hasSuffix("_" + parts[3]) else { throw TestFailure("no unit of \(parts[2])") }
                family.unit = parts[3]
            }
        case "HELP":
            try describe(parts[2]) { family in
                guard family.help == nil else { throw TestFailure("two helps of \(parts[2])") }
                family.help = parts[3]
            }
        default: throw TestFailure("unknown comment: \(line)")
        }
    }

    private mutating func describe(_ name: String, _ body: (inout Family) throws -> Void) throws {
        guard let last = families.indices.last, families[last].name == name, families[last].samples.isEmpty else {
            throw TestFailure("\(name) is described elsewhere")
        }
        try body(&families[last])
    }

    private mutating func sample(_ line: String) throws {
        var rest = Substring(line)
        let name = String(rest.prefix { $0 != "{" && $0 != " " })
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest = rest.dropFirst()
            while rest.first != "}" {
                if !labels.isEmpty {
                    guard rest.popFirst() == "," else { throw TestFailure("labels without a comma: \(line)") }
                }
                let (label, value) = try Self.label(&rest)
                guard labels.updateValue(value, forKey: label) == nil else { throw TestFailure("a label twice: \(line)") }
            }
            rest = rest.dropFirst()
        }
        guard rest.popFirst() == " ", let value = Double(rest), !rest.contains(" "), Self.isName(name) else {
            throw TestFailure("no sample: \(line)")
        }
        guard let last = families.indices.last, suffixes(families[last]).contains(where: { families[last].name + $0 == name }) else {
            throw TestFailure("a sample of no family: \(line)")
        }
        let series = name + labels.sorted { $0.key < $1.key }.map { "|\($0.key)=\($0.value)" }.joined()
        guard seen.insert(series).inserted else { throw TestFailure("a series twice: \(line)") }
        families[last].samples.append(Sample(name: name, labels: labels, value: value))
    }

    private static func label(_ rest: inout Substring) throws -> (String, String) {
        let name = String(rest.prefix { $0 != "=" })
        rest = rest.dropFirst(name.count)
        guard isName(name), !name.contains(":"), rest.popFirst() == "=", rest.popFirst() == "\"" else { throw TestFailure("no label: \(name)") }
        var value = ""
        while let character = rest.popFirst(), character != "\"" {
            guard character == "\\" else {
                value.append(character)
                continue
            }
            switch rest.popFirst() {
            case "\\": value.append("\\")
            case "\"": value.append("\"")
            case "n": value.append("\n")
            default: throw TestFailure("an unknown escape in \(name)")
            }
        }
        return (name, value)
    }

    private func suffixes(_ family: Family) -> [String] {
        switch family.type {
        case "counter": isOpenMetrics ? ["_total"] : [""]
        case "histogram": ["_bucket", "_count", "_sum"]
        case "info": ["_info"]
        default: [""]
        }
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    // MARK: Families

    private func check(_ family: Family) throws {
        guard family.help?.isEmpty == false, !family.samples.isEmpty else { throw TestFailure("\(family.name) says nothing") }
        switch family.type {
        case "counter":
            guard isOpenMetrics != family.name.hasSuffix("_total"), family.samples.allSatisfy({ $0.value >= 0 }) else {
                throw TestFailure("\(family.name) is no counter")
            }
        case "info": guard family.samples.allSatisfy({ $0.value == 1 }) else { throw TestFailure("\(family.name) is no info") }
        case "histogram": try checkHistogram(family)
        default: break
        }
    }

    private func checkHistogram(_ family: Family) throws {
        let groups = Dictionary(grouping: family.samples) { sample in sample.labels.filter { $0.key != "le" } }
        for (labels, samples) in groups {
            let buckets = samples.filter { $0.name.hasSuffix("_bucket") }
            let bounds = buckets.map { $0.labels["le"] ?? "" }
            let numbers = bounds.map { $0 == "+Inf" ? Double.infinity : Double($0) ?? .nan }
            guard bounds.last == "+Inf", zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }) else { throw TestFailure("bounds of \(labels)") }
            // Canonical: "1.0" and not "1", no leading dot, no trailing zeros.
            guard zip(bounds, numbers).dropLast().allSatisfy({ $0 == $1.description && $0.contains(".") }) else {
                throw TestFailure("le of \(labels)")
            }
            guard zip(buckets, buckets.dropFirst()).allSatisfy({ $0.value <= $1.value }) else { throw TestFailure("\(labels) is not cumulative") }
            let count = samples.filter { $0.name.hasSuffix("_count") }.map(\.value)
            guard count == [buckets.last?.value ?? -1], samples.count(where: { $0.name.hasSuffix("_sum") }) == 1 else {
                throw TestFailure("count or sum of \(labels)")
            }
        }
    }
}
