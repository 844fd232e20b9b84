import Catalog
import DataFormats
import Gateway
import NIOHTTP1
import Policies
import Vocabulary

/// The API as one caller may use it: operations with their shapes filled in, from the catalog and from what is offered to the caller.
///
/// What the caller can never see or do is not in it: no such entity, no such field, no such operation. The OpenAPI document and the
/// reference page are made from this one model.
struct APIDescription {
    let operations: [Offered]
    /// `components/schemas`, those only that something refers to.
    let schemas: [(name: String, shape: Shape)]
    let purposes: [String]

    /// One operation, as it is offered.
    struct Offered {
        let operation: Operation
        let id: String
        let path: String
        let summary: String
        /// The section of the reference page: the entity's label for operations on records.
        let section: String
        let pathParameters: [Operation.Parameter]
        let parameters: [Operation.Parameter]
        let body: Operation.Body?
        let answers: [Operation.Answer]
    }

    init(_ catalog: CompiledCatalog, _ offer: Offer) {
        purposes = offer.purposes
        var operations: [Offered] = []
        var records: [(name: String, shape: Shape)] = []
        for offered in offer.records {
            guard let entity = catalog.entity(named: offered.entity) else { continue }
            let shapes = RecordShapes(entity: entity, offer: offered)
            records += shapes.components
            operations += Operation.records.filter { $0.isOffered(on: entity, hasHistory: catalog.hasHistory(entity)) }
                .compactMap { shapes.operation($0) }
        }
        for operation in Operation.all where !operation.isOfRecords && Self.isOffered(operation, offer) {
            operations.append(Self.offered(operation, catalog))
        }
        let isPublic = offer == .none
        self.operations = operations
        let known = isPublic ? [] : records
        schemas =
            known
            + Shape.components.sorted { $0.key < $1.key }
            .filter { name, _ in Self.isUsed(name, operations) || known.contains { $0.shape.refers(to: name) } }.map { ($0.key, $0.value) }
    }

    private static func isOffered(_ operation: Operation, _ offer: Offer) -> Bool {
        switch operation.access {
        case .open, .agent: true
        case .credential: offer != .none
        case .system(let action, let resource): offer.rights.contains(Offer.Right(action, resource))
        case .record: false
        }
    }

    private static func offered(_ operation: Operation, _ catalog: CompiledCatalog) -> Offered {
        // Consent is given to some purposes, and others can be objected to.
        let purposes = catalog.purposes.values.filter { operation.area == .consents ? $0.basis == .consent : $0.canBeObjectedTo }.map(\.name).sorted()
        return Offered(
            operation: operation, id: operation.id, path: operation.path, summary: operation.summary, section: operation.area.rawValue,
            pathParameters: operation.pathParameters.map { name in
                operation.parameters.first { $0.place == .path && $0.name == name }
                    ?? (name == "purpose" ? .path(name, .choice(purposes), "a declared purpose") : .path(name, .id, "the id"))
            },
            parameters: operation.parameters.filter { $0.place != .path }, body: operation.body, answers: operation.answers)
    }

    /// Problems are everywhere; anything else is there where an operation speaks of it.
    private static func isUsed(_ name: String, _ operations: [Offered]) -> Bool {
        if name == "Problem" || name == "MemberProblem" { return true }
        return operations.contains { operation in
            operation.answers.contains { $0.shape?.refers(to: name) ?? false } || operation.parameters.contains { $0.shape.refers(to: name) }
                || operation.body?.shape.refers(to: name) ?? false
        }
    }
}

extension RecordShapes {
    /// An operation on records of this entity; `nil` when it is not offered.
    func operation(_ operation: Operation) -> APIDescription.Offered? {
        guard case .record(let action) = operation.access, offer.offers(action) else { return nil }
        let one = [
            "createRecord", "create", "get", "update", "delete", "put", "restore", "destroy", "convert", "findDuplicatesOf", "getHistoryOf",
        ].contains(operation.id)
        var parameters = operation.parameters.filter { $0.place != .path }
        var body = operation.body
        var answers = operation.answers
        switch operation.id {
        case "list":
            parameters = parameters.compactMap { listParameter($0) } + filters
            answers = [.json("records, or groups when `group_by` is given", .either(page, groups), headers: ["Link"])]
        case "get":
            parameters = parameters.compactMap { listParameter($0) }
            answers = answers.map { $0.showing(.named(typeName)) }
        case "create":
            body = .json(.named(draftName), example: example)
            answers = answers.map { $0.showing(.named(typeName)) }
        case "put":
            body = .json(.named(offer.created == nil ? changeName : draftName))
            answers = answers.map { $0.showing(.named(typeName)) }
        case "restore": answers = answers.map { $0.showing(.named(typeName)) }
        case "update":
            body = Operation.Body(type: "application/merge-patch+json", shape: .named(changeName), isRequired: true)
            answers = answers.map { $0.showing(.named(typeName)) }
        default: break
        }
        return APIDescription.Offered(
            operation: operation, id: operation.id + (one ? typeName : pluralName), path: operation.path(of: entity.plural),
            summary: operation.summary, section: "\(Operation.Area.records.rawValue): \(entity.label)",
            pathParameters: operation.pathParameters.map { name in
                operation.parameters.first { $0.place == .path && $0.name == name } ?? .path(name, .id, "the id of a record of \(entity.name)")
            }, parameters: parameters,
            body: body,
            answers: answers)
    }

    private var page: Shape {
        .object(["data": .list(.named(typeName)), "next": .text.orNull, "count?": .count, "_included?": .map(.list(.anything))])
    }
    private var groups: Shape {
        .object([
            "groups": .list(.object(["key": .map(.anything), "count": .count, "sum?": .map(.text.orNull)])),
            "smallest_group?": .count,
        ])
    }

    /// Members that a new record has to have.
    private var example: JSONValue? {
        guard let created = offer.created else { return nil }
        var example = JSONObject()
        for (field, isWritable) in zip(entity.fields, created) where isWritable && field.isRequired && field.defaultValue == nil {
            switch field.type {
            case .text, .longtext: example[field.name] = "Example"
            case .choice: example[field.name] = field.choices.first.map { .string($0) }
            case .email: example[field.name] = "ada@example.org"
            case .timestamp: example[field.name] = "2026-11-22T09:30:00Z"
            case .date: example[field.name] = "2026-11-22"
            case .integer: example[field.name] = 1
            case .boolean: example[field.name] = true
            case .money: example[field.name] = "1200.50"
            case .currency: example[field.name] = "EUR"
            case .country: example[field.name] = "DE"
            case .phone: example[field.name] = "+49 30 901820"
            case .url: example[field.name] = "https://www.example.org"
            case .user, .team: example[field.name] = "ada"
            // No record is known whose id could stand here.
            case .reference: return nil
            }
        }
        return .object(example)
    }

    // MARK: Parameters

    private func fields(_ access: [FieldAccess], _ isWanted: (Field) -> Bool = { _ in true }) -> [Field] {
        zip(entity.fields, access).filter { $1.isClear && isWanted($0) }.map(\.0)
    }

    private func listParameter(_ parameter: Operation.Parameter) -> Operation.Parameter? {
        let access = offer.access ?? []
        func takes(_ names: [String], upTo most: Int) -> Operation.Parameter? {
            if names.isEmpty { return nil }
            let any = "(" + names.joined(separator: "|") + ")"
            return .query(parameter.name, .text(pattern: "^\(any)(,\(any)){0,\(most - 1)}$"), parameter.says)
        }
        switch parameter.name {
        case "fields":
            return takes(["id"] + zip(entity.fields, access).filter { $1 != .hidden }.map(\.0.name), upTo: 100)
        case "sort":
            let names = ["id"] + fields(access, \.isSortable).map(\.name)
            return .query("sort", .choice(names + names.map { "-" + $0 }), parameter.says)
        case "group_by": return takes(fields(access) { $0.storage == .plain }.map(\.name), upTo: 4)
        case "sum": return takes(fields(access) { $0.storage == .plain && ($0.type == .money || $0.type == .integer) }.map(\.name), upTo: 4)
        case "include": return takes(fields(access) { $0.referenceTo != nil }.map(\.name), upTo: 8)
        case "deleted": return offer.offers(.restore) ? parameter : nil
        case "q": return fields(access, \.isSearchable).isEmpty ? nil : parameter
        default: return parameter
        }
    }

    /// A parameter for each field that a list can be narrowed by.
    private var filters: [Operation.Parameter] {
        fields(offer.access ?? [], \.isFilterable).map { field in
            .query(
                field.name, Self.value(field),
                "records only whose `\(field.name)` is this" + (field.isSealed ? ", in whatever way it is written" : ""))
        }
    }
}

extension Operation.Answer {
    /// The same with a shape that is known now.
    fileprivate func showing(_ shape: Shape) -> Operation.Answer {
        self.shape == nil ? self : Operation.Answer(status: status, says: says, type: type, shape: shape, headers: headers)
    }
}

extension Shape {
    /// Whether the shape, or one in it, is this one of `components/schemas`.
    func refers(to name: String) -> Bool { Self.refers(.object(json), "#/components/schemas/\(name)") }

    private static func refers(_ value: JSONValue, _ reference: String) -> Bool {
        switch value {
        case .string(let text): text == reference
        case .array(let items): items.contains { refers($0, reference) }
        case .object(let object): object.members.contains { refers($0.value, reference) }
        default: false
        }
    }
}
