import Catalog
import DataFormats
import Foundation
import Gateway
import NIOHTTP1
import PolicyFiles
import Testing
import TestPostgres
import Vocabulary

@testable import HTTPInterface

/// Descriptions of operations against the routes.
struct OperationTests {
    private let catalog: CompiledCatalog
    private let routes: [Route]

    init() throws {
        catalog = try PolicyFolder.loadCatalog(Repository.policies)
        let markers = Markers(catalog, seed: 1)
        routes = RouteProbes(catalog: catalog, records: MarkedRecords(), markers: markers, spareKey: "aaaaaaaaaaaa").all
    }

    /// An entity that has such a path: not every one becomes something, or has a history.
    private static func plural(_ path: String) -> String {
        path.hasSuffix("/convert") ? "leads" : path.hasSuffix("/history") ? "deals" : "contacts"
    }

    /// A path that a template stands for.
    private func filled(_ path: String) -> [String] {
        path.split(separator: "/").flatMap { segment -> [String] in
            switch segment {
            case "{plural}": [Self.plural(path)]
            case "{purpose}": ["marketing"]
            case "{epoch}", "{number}": ["1"]
            case "{path}": ["0", "000"]
            case _ where segment.hasPrefix("{"): [UUIDv7.make().description]
            default: [String(segment)]
            }
        }
    }

    @Test("API9: every route has a description, and every description a route that has its name")
    func routesAndDescriptionsAreTheSame() throws {
        let described = Set(Operation.all.map(\.name))
        #expect(described.count == Operation.all.count)
        #expect(Set(routes.map(\.operation.name)) == described)
        for operation in Operation.all {
            let match = Route.match(operation.method, filled(operation.path), catalog)
            guard case .route(let route) = match else {
                Issue.record("no route answers to \(operation.name)")
                continue
            }
            #expect(route.operation === operation, "\(operation.name)")
            #expect(route.name == (operation.isOfRecords ? operation.name(of: Self.plural(operation.path)) : operation.name))
        }
    }

    @Test("a path offers the methods that are described, and no other")
    func methods() {
        for (path, operations) in Dictionary(grouping: Operation.all, by: \.path) {
            guard case .otherMethods(let methods) = Route.match(.TRACE, filled(path), catalog) else {
                Issue.record("\(path) leads nowhere")
                continue
            }
            #expect(Set(methods.map(\.rawValue)) == Set(operations.map(\.method.rawValue)), "\(path)")
        }
    }

    @Test("no description is left out of the lists")
    func lists() throws {
        // Each is written down as `static let name = Operation(`, or made by a function that is called for each case.
        let folder = Repository.root + "/Sources/HTTPInterface/Description"
        var written: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasPrefix("Operation+") {
            let text = Program.text("\(folder)/\(file)")
            for match in text.matches(of: /static let \w+ = (?:Operation|step|report)\(\s*\.\w+, (?:"[^"]*", )?"(\w+)"/) {
                written.insert(String(match.1))
            }
        }
        #expect(written == Set(Operation.all.map(\.id)))
        #expect(Operation.all.map(\.id).count == written.count)
    }

    @Test("operations that need a credential say so, and tell what they answer")
    func answers() {
        for operation in Operation.all {
            #expect(operation.answers.contains { (200..<300).contains($0.status) }, "\(operation.name)")
            #expect(operation.access.needsCredential == operation.refusals.contains(.credentialMissing), "\(operation.name)")
            #expect(!operation.summary.hasSuffix("."), "\(operation.name)")
            for header in operation.answers.flatMap(\.headers) { #expect(OpenAPIDocument.knownHeaders.contains(header), "\(operation.name)") }
        }
    }
}
