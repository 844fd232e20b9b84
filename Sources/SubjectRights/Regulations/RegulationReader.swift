package import Vocabulary

/// Reads `policies/regulations/*.yaml`; the grammar is described in `policies/README.md`.
package enum RegulationReader {
    package static func read(_ document: SourceNode) throws(Diagnostics) -> Regulation {
        var problems: [Diagnostic] = []
        do throws(Diagnostic) {
            let top = try document.mapping("a regulation")
            try top.refuseOthers(than: ["regulation", "label", "versions"])
            let name = try top.required("regulation").text("regulation")
            let versions = try top.required("versions")
            guard case .sequence(let items) = versions.content, !items.isEmpty else {
                throw Diagnostic(versions.position, "versions has to be a list of at least one", hint: "- from: 2018-05-25")
            }
            var read: [Regulation.Version] = []
            for item in items {
                do throws(Diagnostic) { read.append(try version(item)) } catch { problems.append(error) }
            }
            if problems.isEmpty, Set(read.map(\.from)).count != read.count {
                problems.append(Diagnostic(versions.position, "two versions hold from the same day"))
            }
            let regulation = Regulation(
                name: name, label: try top.required("label").text("label"), versions: read.sorted { $0.from < $1.from }
            )
            if problems.isEmpty { return regulation }
        } catch {
            problems.append(error)
        }
        throw Diagnostics(problems)
    }

    private static func version(_ node: SourceNode) throws(Diagnostic) -> Regulation.Version {
        let mapping = try node.mapping("a version")
        try mapping.refuseOthers(than: ["from", "keep", "requests", "refusals"])
        let day = try mapping.required("from")
        guard let from = CalendarDate(try day.text("from")) else { throw Diagnostic(day.position, "from is a day such as 2018-05-25") }
        let keep = try mapping.required("keep").mapping("keep")
        try keep.refuseOthers(than: ["months", "citation"])
        var terms: [RequestKind: RequestTerms] = [:]
        let requests = try mapping.required("requests").mapping("requests")
        for member in requests.members {
            let kind = try member.key.choice("the kind of request", of: RequestKind.self)
            terms[kind] = try self.terms(member.value)
        }
        let refusals = try mapping.required("refusals")
        var reasons: [RefusalReason] = []
        for member in try refusals.mapping("refusals").members { reasons.append(try reason(member, terms)) }
        for kind in terms.keys.sorted(by: { $0.rawValue < $1.rawValue }) where terms[kind]?.proofs.isEmpty == false {
            guard reasons.contains(where: { $0.name == RefusalReason.unverified && $0.kinds.contains(kind) }) else {
                throw Diagnostic(refusals.position, "there is no refusal '\(RefusalReason.unverified)' of \(kind.rawValue)")
            }
        }
        if terms[.erasure] != nil, !reasons.contains(where: { $0.name == RefusalReason.legalClaims && $0.kinds.contains(.erasure) }) {
            throw Diagnostic(
                refusals.position, "there is no refusal '\(RefusalReason.legalClaims)' of erasure", hint: "it is what a legal hold stands for")
        }
        return Regulation.Version(
            from: from, monthsKept: try positive(keep.required("months"), "months"), keepCitation: try keep.required("citation").text("citation"),
            terms: terms, refusals: reasons
        )
    }

    private static func terms(_ node: SourceNode) throws(Diagnostic) -> RequestTerms {
        let mapping = try node.mapping("a kind of request")
        try mapping.refuseOthers(than: ["article", "confirm", "answer", "extension", "fee", "proofs"])
        return RequestTerms(
            article: try mapping.required("article").text("article"), confirm: try deadline(mapping["confirm"]),
            answer: try rule(mapping.required("answer")), extended: try deadline(mapping["extension"]), fee: try mapping["fee"]?.text("fee"),
            proofs: try proofs(mapping["proofs"])
        )
    }

    private static func deadline(_ node: SourceNode?) throws(Diagnostic) -> DeadlineRule? {
        guard let node else { return nil }
        return try rule(node)
    }

    private static func rule(_ node: SourceNode) throws(Diagnostic) -> DeadlineRule {
        let mapping = try node.mapping("a deadline")
        try mapping.refuseOthers(than: ["months", "days", "business_days", "citation", "roll", "counts_day_of_receipt"])
        let periods = ["months", "days", "business_days"].compactMap { name in mapping[name].map { (name, $0) } }
        guard let (unit, count) = periods.first, periods.count == 1 else {
            throw Diagnostic(node.position, "a deadline has one of months, days, business_days")
        }
        let number = try positive(count, unit)
        let period: DeadlineRule.Period = unit == "months" ? .months(number) : unit == "days" ? .days(number) : .businessDays(number)
        return DeadlineRule(
            period, citation: try mapping.required("citation").text("citation"),
            movesToWorkingDay: try mapping["roll"]?.boolean("roll") ?? false,
            countsDayOfReceipt: try mapping["counts_day_of_receipt"]?.boolean("counts_day_of_receipt") ?? false
        )
    }

    private static func proofs(_ node: SourceNode?) throws(Diagnostic) -> [IdentityProof] {
        guard let node else { return [] }
        guard case .sequence(let items) = node.content else { throw Diagnostic(node.position, "proofs has to be a list") }
        var proofs: [IdentityProof] = []
        for item in items {
            if case .scalar(let text, _) = item.content {
                switch text {
                case "login": proofs.append(.login)
                case "code": proofs.append(.code)
                case "agent": proofs.append(.agent)
                default:
                    throw Diagnostic(
                        item.position, "a proof is login, code, agent, or { points: 2 }",
                        hint: Spelling.hint(for: text, among: ["login", "code", "agent"]))
                }
                continue
            }
            let mapping = try item.mapping("a proof")
            try mapping.refuseOthers(than: ["points", "declaration"])
            proofs.append(
                .points(
                    try positive(mapping.required("points"), "points"), declaration: try mapping["declaration"]?.boolean("declaration") ?? false)
            )
        }
        return proofs
    }

    private static func reason(
        _ member: (key: SourceNode, value: SourceNode), _ terms: [RequestKind: RequestTerms]
    ) throws(Diagnostic) -> RefusalReason {
        let name = try member.key.text("the name of a refusal")
        let mapping = try member.value.mapping("refusal \(name)")
        try mapping.refuseOthers(than: ["says", "citation", "of"])
        var kinds = Set(terms.keys)
        if let of = mapping["of"] {
            kinds = []
            for item in try of.texts("of") {
                guard let kind = RequestKind(rawValue: item.text), terms[kind] != nil else {
                    let known = terms.keys.map(\.rawValue).sorted()
                    throw Diagnostic(item.position, "there is no such request here", hint: Spelling.hint(for: item.text, among: known))
                }
                kinds.insert(kind)
            }
        }
        return RefusalReason(
            name: name, says: try mapping.required("says").text("says"), citation: try mapping.required("citation").text("citation"), kinds: kinds
        )
    }

    private static func positive(_ node: SourceNode, _ what: String) throws(Diagnostic) -> Int {
        let number = try node.integer(what)
        guard (1...1000).contains(number) else { throw Diagnostic(node.position, "\(what) is 1 to 1000") }
        return number
    }
}
