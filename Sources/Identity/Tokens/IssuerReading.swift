import Sealing
package import Vocabulary

/// Reads the document that says whose tokens are believed. Where roles are mapped and attributes named, the policies say which there are.
///
/// What is not known here is an error: a misspelt member would leave a check out.
package struct IssuerReading {
    private let roles: Set<String>
    private let attributes: Set<String>

    package init(roles: Set<String>, attributes: Set<String>) {
        self.roles = roles.subtracting([Principal.dataSubjectRole, Principal.agentRole])
        self.attributes = attributes
    }

    private static let members = [
        "name", "issuer", "audience", "algorithms", "type", "tenant", "tenant_claim", "user_claim", "roles", "teams_claim", "attributes", "scopes",
        "step_up", "keys", "ca",
    ]

    package func issuers(_ document: SourceNode) throws(Diagnostic) -> [Issuer] {
        let top = try document.mapping("the issuers document")
        try top.refuseOthers(than: ["issuers"])
        let list = try top.required("issuers")
        guard case .sequence(let items) = list.content else { throw Diagnostic(list.position, "issuers has to be a list") }
        var issuers: [Issuer] = []
        for item in items {
            let issuer = try self.issuer(item.mapping("an issuer"))
            if issuers.contains(where: { $0.name == issuer.name || $0.identifier.utf8.elementsEqual(issuer.identifier.utf8) }) {
                throw Diagnostic(item.position, "this issuer, or its name, is in the list already", hint: "one entry an issuer")
            }
            issuers.append(issuer)
        }
        return issuers
    }

    private func issuer(_ mapping: SourceMapping) throws(Diagnostic) -> Issuer {
        try mapping.refuseOthers(than: Self.members)
        let nameNode = try mapping.required("name")
        let name = try nameNode.text("name")
        guard (1...40).contains(name.utf8.count), name.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D })
        else { throw Diagnostic(nameNode.position, "a name has 1 to 40 of a-z, 0-9 and -") }
        let mapped = try mapping["roles"]?.mapping("roles")
        try mapped?.refuseOthers(than: ["claim", "map"])
        return Issuer(
            name: name, identifier: try url(mapping.required("issuer"), "issuer"), audience: try word(mapping.required("audience"), "audience"),
            algorithms: try algorithms(mapping.required("algorithms")), isTypeStrict: try isTypeStrict(mapping), tenant: try tenant(mapping),
            userClaim: try mapping["user_claim"].map { node throws(Diagnostic) in try path(node, "user_claim") } ?? .init(["sub"]),
            rolesClaim: try mapped.map { mapping throws(Diagnostic) in try path(mapping.required("claim"), "claim") },
            roleMap: try mapped.map { mapping throws(Diagnostic) in try roleMap(mapping.required("map")) } ?? [:],
            teamsClaim: try mapping["teams_claim"].map { node throws(Diagnostic) in try path(node, "teams_claim") },
            attributeClaims: try attributeClaims(mapping["attributes"]), limitsByScope: try limitsByScope(mapping),
            stepUp: try mapping["step_up"].map { node throws(Diagnostic) in try stepUp(node) },
            keysURL: try mapping["keys"].map { node throws(Diagnostic) in try url(node, "keys") },
            authoritiesFile: try mapping["ca"].map { node throws(Diagnostic) in try file(node) }
        )
    }

    private func algorithms(_ node: SourceNode) throws(Diagnostic) -> Set<SignatureAlgorithm> {
        var algorithms: Set<SignatureAlgorithm> = []
        for item in try node.texts("algorithms") {
            guard let algorithm = SignatureAlgorithm(rawValue: item.text) else {
                throw Diagnostic(
                    item.position, "'\(item.text)' is not offered",
                    hint: "one of " + SignatureAlgorithm.allCases.map(\.rawValue).joined(separator: ", ") + ": none of them is symmetric")
            }
            algorithms.insert(algorithm)
        }
        if algorithms.isEmpty { throw Diagnostic(node.position, "without an algorithm no token is taken", hint: "write [ES256, RS256]") }
        return algorithms
    }

    private func isTypeStrict(_ mapping: SourceMapping) throws(Diagnostic) -> Bool {
        enum Kind: String, CaseIterable { case strict, any }
        return try mapping["type"].map { node throws(Diagnostic) in try node.choice("type", of: Kind.self) } ?? .strict == .strict
    }

    private func limitsByScope(_ mapping: SourceMapping) throws(Diagnostic) -> Bool {
        enum Use: String, CaseIterable { case limit, ignore }
        return try mapping["scopes"].map { node throws(Diagnostic) in try node.choice("scopes", of: Use.self) } ?? .ignore == .limit
    }

    /// From the issuer or from the token, and never from a request.
    private func tenant(_ mapping: SourceMapping) throws(Diagnostic) -> Issuer.Tenant {
        switch (mapping["tenant"], mapping["tenant_claim"]) {
        case (.some(let node), nil): return .named(try word(node, "tenant"))
        case (nil, .some(let node)): return .claim(try path(node, "tenant_claim"))
        default: throw Diagnostic(mapping.position, "an issuer needs either 'tenant' or 'tenant_claim'", hint: "tenant: default")
        }
    }

    private func roleMap(_ node: SourceNode) throws(Diagnostic) -> [String: [String]] {
        var map: [String: [String]] = [:]
        for member in try node.mapping("map").members {
            let theirs = try member.key.text("what the issuer calls a role")
            var ours: [(text: String, position: SourcePosition)]
            if case .scalar(let text, _) = member.value.content {
                ours = [(text, member.value.position)]
            } else {
                ours = try member.value.texts("roles")
            }
            for role in ours where !roles.contains(role.text) {
                throw Diagnostic(
                    role.position, "there is no role '\(role.text)' to be given", hint: Spelling.hint(for: role.text, among: roles.sorted()))
            }
            map[theirs] = ours.map(\.text)
        }
        return map
    }

    private func attributeClaims(_ node: SourceNode?) throws(Diagnostic) -> [String: Issuer.ClaimPath] {
        var claims: [String: Issuer.ClaimPath] = [:]
        for member in try node?.mapping("attributes").members ?? [] {
            let name = try member.key.text("an attribute's name")
            guard attributes.contains(name) else {
                throw Diagnostic(
                    member.key.position, "roles.yaml declares no attribute '\(name)'", hint: Spelling.hint(for: name, among: attributes.sorted()))
            }
            claims[name] = try path(member.value, name)
        }
        return claims
    }

    private func stepUp(_ node: SourceNode) throws(Diagnostic) -> Issuer.StepUp {
        let mapping = try node.mapping("step_up")
        try mapping.refuseOthers(than: ["acr", "amr", "max_age"])
        let contexts = try mapping["acr"].map { node throws(Diagnostic) in try words(node, "acr") } ?? []
        let methods = try mapping["amr"].map { node throws(Diagnostic) in try words(node, "amr") } ?? []
        if contexts.isEmpty, methods.isEmpty { throw Diagnostic(node.position, "step_up needs 'acr', 'amr' or both") }
        let seconds = try mapping["max_age"].map { node throws(Diagnostic) in try node.integer("max_age") } ?? 900
        guard (60...3600).contains(seconds) else {
            throw Diagnostic(mapping["max_age"]?.position ?? node.position, "max_age is 60 to 3600 seconds")
        }
        return Issuer.StepUp(contexts: contexts, methods: methods, seconds: Int64(seconds))
    }

    /// Names between dots, or a list of names where one has a dot in it.
    private func path(_ node: SourceNode, _ what: String) throws(Diagnostic) -> Issuer.ClaimPath {
        let names: [String]
        if case .scalar(let text, _) = node.content {
            names = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        } else {
            names = try node.texts(what).map(\.text)
        }
        guard (1...8).contains(names.count), !names.contains("") else {
            throw Diagnostic(node.position, "\(what) is a claim, or members with dots between them", hint: "realm_access.roles")
        }
        return Issuer.ClaimPath(names)
    }

    /// Goes into a header as it is.
    private func words(_ node: SourceNode, _ what: String) throws(Diagnostic) -> [String] {
        var words: [String] = []
        for item in try node.texts(what) {
            guard !item.text.isEmpty, item.text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) else {
                throw Diagnostic(item.position, "each of \(what) is a word without spaces and quotes")
            }
            words.append(item.text)
        }
        return words
    }

    private func word(_ node: SourceNode, _ what: String) throws(Diagnostic) -> String {
        let text = try node.text(what)
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Diagnostic(node.position, "\(what) is a word of 1 to 255 characters")
        }
        return text
    }

    private func file(_ node: SourceNode) throws(Diagnostic) -> String {
        let path = try node.text("ca")
        guard path.hasPrefix("/") else { throw Diagnostic(node.position, "ca is the absolute path of a PEM file") }
        return path
    }

    private func url(_ node: SourceNode, _ what: String) throws(Diagnostic) -> String {
        let text = try word(node, what)
        guard IssuerAddress(text) != nil else {
            throw Diagnostic(
                node.position, "\(what) is not an address that tokens can be believed by", hint: "https://…, or http:// to this host alone")
        }
        return text
    }
}
