import Vocabulary

/// Reads the declaration of one field.
struct FieldReader {
    let entityPurposes: [String]
    let subject: SubjectRule

    private static let known = [
        "type", "class", "store", "search", "unique", "mask", "label", "required", "system", "indexed", "purposes", "exemption",
        "max", "of", "to", "on_delete", "default", "currency", "token_bits", "given_by", "export",
    ]

    func read(
        _ name: String, _ node: SourceNode, checkPurposes: (SourceNode?) throws(Diagnostic) -> [String]
    ) throws(Diagnostic) -> Field {
        let source = try node.mapping("field \(name)")
        try source.refuseOthers(than: Self.known)
        let type = try source.required("type").choice("type", of: FieldType.self)
        let fieldClass = try source.required("class").choice("class", of: FieldClass.self)
        let storage = try source.required("store").choice("store", of: FieldStorage.self)
        let exemption = try source["exemption"]?.text("exemption")
        try checkPersonal(name, source, fieldClass, storage, exemption)

        let search = try search(source["search"], storage, type)
        let uniqueness = try uniqueness(source["unique"], storage, search)
        let mask = try mask(source["mask"], type, fieldClass)
        let choices = try source["of"]?.texts("of").map(\.text) ?? []
        if (type == .choice) != !choices.isEmpty { throw Diagnostic(source.position, "'of' goes with type choice, and choice needs it") }
        let target = try source["to"]?.text("to")
        if (type == .reference) != (target != nil) { throw Diagnostic(source.position, "'to' goes with type reference, and reference needs it") }
        if type == .reference, storage == .sealed { throw Diagnostic(source.position, "a reference cannot be sealed") }
        let isIndexed = try source["indexed"]?.boolean("indexed") ?? false
        if isIndexed, storage == .sealed {
            throw Diagnostic(source.position, "a sealed field cannot be indexed", hint: "use 'search: [exact]'")
        }
        let purposes = try checkPurposes(source["purposes"])
        let field = Field(
            name: name, nameBytes: Array(name.utf8), position: source.position, type: type, fieldClass: fieldClass, storage: storage, search: search,
            uniqueness: uniqueness, mask: mask, label: try source["label"]?.text("label") ?? name,
            isRequired: try source["required"]?.boolean("required") ?? false,
            isSystem: try source["system"]?.boolean("system") ?? false, isIndexed: isIndexed,
            purposes: purposes.isEmpty ? entityPurposes : purposes, exemption: exemption,
            maximumLength: try maximumLength(source["max"], type), choices: choices, defaultValue: nil,
            currencyField: try source["currency"]?.text("currency"), referenceTo: target,
            cascadesOnDelete: try cascades(source["on_delete"], type), tokenBits: try tokenBits(source["token_bits"]),
            givenBy: try source["given_by"]?.choice("given_by", of: Field.Giver.self)
                ?? (subject == .itself && fieldClass.isPersonal ? .subject : .company),
            isOnlySaidToBeHeld: try isOnlySaidToBeHeld(source["export"], fieldClass)
        )
        guard let defaultNode = source["default"] else { return field }
        do { return field.with(defaultValue: try field.read(text: try defaultNode.text("default"))) } catch let problem as ValueProblem {
            throw Diagnostic(defaultNode.position, "the default does not fit: \(problem.detail)")
        } catch let problem as Diagnostic {
            throw problem
        } catch {
            throw Diagnostic(defaultNode.position, "the default does not fit")
        }
    }

    /// Personal data is sealed and belongs to somebody, or a sentence says why not.
    private func checkPersonal(
        _ name: String, _ source: SourceMapping, _ fieldClass: FieldClass, _ storage: FieldStorage, _ exemption: String?
    ) throws(Diagnostic) {
        guard fieldClass.isPersonal, (exemption ?? "").isEmpty else { return }
        if storage == .plain {
            throw Diagnostic(
                source.position, "'\(name)' is \(fieldClass.rawValue) and would rest in the clear",
                hint: "write 'store: sealed', or 'exemption:' with the reason"
            )
        }
        if subject == .nobody {
            throw Diagnostic(
                source.position, "'\(name)' is \(fieldClass.rawValue), but the entity has no subject: export and erasure would not reach it",
                hint: "give the entity 'subject: self' or 'subject: { via: [...] }', or write 'exemption:' with the reason"
            )
        }
    }

    private func search(_ node: SourceNode?, _ storage: FieldStorage, _ type: FieldType) throws(Diagnostic) -> Set<SearchKind> {
        guard let node else { return [] }
        if storage == .plain { throw Diagnostic(node.position, "search is for sealed fields", hint: "a plain field can be filtered as it is") }
        var kinds: Set<SearchKind> = []
        for item in try node.texts("search") {
            guard let kind = SearchKind(rawValue: item.text) else {
                let known = SearchKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw Diagnostic(item.position, "search '\(item.text)' is not offered", hint: "one of \(known)")
            }
            if kind != .exact, type != .text {
                throw Diagnostic(
                    item.position, "search '\(kind.rawValue)' is for type text, and this is \(type.rawValue)", hint: "write 'search: [exact]'"
                )
            }
            if !kinds.insert(kind).inserted { throw Diagnostic(item.position, "search '\(kind.rawValue)' is written twice") }
        }
        // A prefix is shorter than its word: by prefixes alone nobody would be found by the whole of a word.
        if kinds.contains(.prefix), !kinds.contains(.word) {
            throw Diagnostic(node.position, "search 'prefix' goes with 'word'", hint: "write 'search: [word, prefix]'")
        }
        return kinds
    }

    private func uniqueness(_ node: SourceNode?, _ storage: FieldStorage, _ search: Set<SearchKind>) throws(Diagnostic) -> Uniqueness {
        guard let node else { return .none }
        switch node.content {
        case .scalar("warn", _):
            guard search.contains(.exact) else { throw Diagnostic(node.position, "'unique: warn' needs 'search: [exact]'") }
            return .warned
        case .scalar("true", false):
            guard storage == .plain else {
                throw Diagnostic(node.position, "a sealed field cannot be unique", hint: "write 'unique: warn'")
            }
            return .enforced
        case .scalar("false", false): return .none
        default: throw Diagnostic(node.position, "unique is true, false or warn")
        }
    }

    private func mask(_ node: SourceNode?, _ type: FieldType, _ fieldClass: FieldClass) throws(Diagnostic) -> Mask {
        guard let node else { return fieldClass.isNamedOnly ? .hidden : .redacted }
        let mask = try node.choice("mask", of: Mask.self)
        guard mask.fits(type) else { throw Diagnostic(node.position, "mask \(mask.rawValue) does not fit type \(type.rawValue)") }
        return mask
    }

    private func maximumLength(_ node: SourceNode?, _ type: FieldType) throws(Diagnostic) -> Int {
        let ceiling = type == .longtext ? 100_000 : 4000
        guard let node else { return type == .longtext ? ceiling : (type == .url ? 2048 : 400) }
        let value = try node.integer("max")
        guard (1...ceiling).contains(value) else { throw Diagnostic(node.position, "max is 1 to \(ceiling) bytes for type \(type.rawValue)") }
        return value
    }

    private func cascades(_ node: SourceNode?, _ type: FieldType) throws(Diagnostic) -> Bool {
        guard let node else { return false }
        guard type == .reference, try node.text("on_delete") == "cascade" else {
            throw Diagnostic(node.position, "on_delete is cascade, and goes with type reference")
        }
        return true
    }

    /// What could be a number of an account or of a government is not shown in answers under the CCPA, unless somebody has said that it is none.
    private func isOnlySaidToBeHeld(_ node: SourceNode?, _ fieldClass: FieldClass) throws(Diagnostic) -> Bool {
        guard let node else { return fieldClass.isNamedOnly }
        switch try node.text("export") {
        case "value": return false
        case "held": return true
        default:
            throw Diagnostic(node.position, "export is value or held", hint: "held: answers under the CCPA say that it is there, and not what it is")
        }
    }

    private func tokenBits(_ node: SourceNode?) throws(Diagnostic) -> Int {
        guard let node else { return 128 }
        let bits = try node.integer("token_bits")
        guard (8...256).contains(bits) else { throw Diagnostic(node.position, "token_bits is 8 to 256") }
        return bits
    }
}

extension Field {
    fileprivate func with(defaultValue: FieldValue) -> Field {
        Field(
            name: name, nameBytes: nameBytes, position: position, type: type, fieldClass: fieldClass, storage: storage, search: search,
            uniqueness: uniqueness,
            mask: mask, label: label, isRequired: isRequired, isSystem: isSystem, isIndexed: isIndexed, purposes: purposes,
            exemption: exemption, maximumLength: maximumLength, choices: choices, defaultValue: defaultValue, currencyField: currencyField,
            referenceTo: referenceTo, cascadesOnDelete: cascadesOnDelete, tokenBits: tokenBits, givenBy: givenBy,
            isOnlySaidToBeHeld: isOnlySaidToBeHeld
        )
    }
}
