import Vocabulary

/// Reads `limits.yaml`.
enum LimitsReader {
    static func read(_ document: SourceNode, roles: Set<String>) throws(Diagnostic) -> Limits {
        let top = try document.mapping("the limits document")
        try top.refuseOthers(than: ["rates", "addresses", "people", "honey"])
        var rates: [String: Limits.Rate] = [:]
        for member in try top["rates"]?.mapping("rates").members ?? [] {
            let name = try role(member.key, roles)
            rates[name] = try rate(member.value, name)
        }
        let addresses = try top["addresses"]?.mapping("addresses")
        try addresses?.refuseOthers(than: ["requests", "wrong_credentials", "wrong_for_key"])
        var people: [String: Limits.PeopleBudget] = [:]
        for member in try top["people"]?.mapping("people").members ?? [] {
            let name = try role(member.key, roles)
            let mapping = try member.value.mapping("people of \(name)")
            try mapping.refuseOthers(than: ["step_up", "most"])
            let most = try count(mapping.required("most"), "most")
            let stepUp = try mapping["step_up"].map { (node) throws(Diagnostic) in try count(node, "step_up") } ?? most
            guard stepUp <= most else {
                throw Diagnostic(member.value.position, "step_up is not more than most", hint: "leave step_up out to stop at once")
            }
            people[name] = Limits.PeopleBudget(stepUp: stepUp, most: most)
        }
        var stopsAtHoney = false
        if let node = top["honey"] {
            switch try node.text("honey") {
            case "alarm": break
            case "stop": stopsAtHoney = true
            default: throw Diagnostic(node.position, "honey is alarm or stop")
            }
        }
        return Limits(
            rates: rates, address: try addressRate("requests", "address", addresses),
            wrongFromAddress: try addressRate("wrong_credentials", "wrong-credentials", addresses),
            wrongForKey: try addressRate("wrong_for_key", "wrong-credentials", addresses), people: people, stopsAtHoney: stopsAtHoney)
    }

    private static func role(_ node: SourceNode, _ roles: Set<String>) throws(Diagnostic) -> String {
        let name = try node.text("a role's name")
        guard name == Limits.defaultName || roles.contains(name) else {
            throw Diagnostic(
                node.position, "role '\(name)' is not declared in roles.yaml",
                hint: Spelling.hint(for: name, among: [Limits.defaultName] + roles.sorted()))
        }
        return name
    }

    private static func addressRate(_ member: String, _ name: String, _ mapping: SourceMapping?) throws(Diagnostic) -> Limits.Rate? {
        guard let node = mapping?[member] else { return nil }
        return try rate(node, name)
    }

    private static func rate(_ node: SourceNode, _ name: String) throws(Diagnostic) -> Limits.Rate {
        let mapping = try node.mapping("the rate \(name)")
        try mapping.refuseOthers(than: ["units", "seconds"])
        let seconds = try mapping.required("seconds")
        let length = try seconds.integer("seconds")
        guard (1...86_400).contains(length) else { throw Diagnostic(seconds.position, "seconds is 1 to 86400") }
        return Limits.Rate(name, units: try count(mapping.required("units"), "units"), seconds: length)
    }

    private static func count(_ node: SourceNode, _ what: String) throws(Diagnostic) -> Int {
        let count = try node.integer(what)
        guard (1...1_000_000_000).contains(count) else { throw Diagnostic(node.position, "\(what) is 1 to 1000000000") }
        return count
    }
}
