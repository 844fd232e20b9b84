import Catalog
import DataFormats
import PostgresLink
import Sealing
import Storage
import SubjectRights
import TransparencyLog
import Vocabulary

/// Builds one package: reads the records once for each file, at one moment of the store, and puts the sealed bytes into parts as they come.
///
/// The parts are nobody's until a row of a package names them. A build that ends half-way leaves parts that nothing leads to; they are ciphertext
/// under a key that nobody has, and are taken away after an hour.
struct PackageBuild {
    /// What was built, and is now in parts.
    struct Built: Sendable {
        let byteCount: Int
        let counts: [(entity: String, count: Int)]
        let shownFields: Set<FieldName>
        let manifest: SignedDocument
        /// The records that are the person, as they were read.
        let people: [(entity: Entity, records: [RecordID])]
    }

    private static let partByteCount = 1 << 20

    private let gateway: RecordGateway
    private let frame: ExportFrame
    private let plan: ExportPlan
    private let sections: [ExportSection]
    private let seal: ExportSeal
    private let context: RequestContext

    init(
        _ gateway: RecordGateway, _ frame: ExportFrame, _ plan: ExportPlan, _ sections: [ExportSection], sealedTo seal: ExportSeal,
        _ context: RequestContext
    ) {
        self.gateway = gateway
        self.frame = frame
        self.plan = plan
        self.sections = sections
        self.seal = seal
        self.context = context
    }

    func run(_ keys: RecordKeys) async throws(Refusal) -> Built {
        let writer = PackageWriter(try await seal.writer(), at: frame.madeAt)
        let gateway = gateway
        return try await gateway.store.snapshot(Scope(context.principal), wrap: { gateway.refusal($0) }) {
            (transaction: Transaction) async throws(Refusal) in
            let reader = ExportReader(gateway, transaction, tenant: context.tenant, keys, frame.subjects)
            var found: [String: [RecordID]] = [:]
            for planned in plan.entities { found[planned.entity.name] = try await reader.ids(of: planned, origins: found) }
            var named: [String: [RecordID]] = [:]
            for planned in plan.mentions { named[planned.entity.name] = try await reader.ids(of: planned, origins: found) }
            let output = Output(writer: writer, reader: reader, found: found, named: named)
            return try await write(output)
        }
    }

    /// What the files are written from and to.
    private struct Output {
        let writer: PackageWriter
        let reader: ExportReader
        let found: [String: [RecordID]]
        let named: [String: [RecordID]]

        func ids(_ planned: ExportPlan.PlannedEntity) -> [RecordID] {
            (planned.isMention ? named[planned.entity.name] : found[planned.entity.name]) ?? []
        }
    }

    private func write(_ output: Output) async throws(Refusal) -> Built {
        let writer = output.writer
        let key: String
        do { key = try gateway.rights.signer.noteKey.description } catch { throw Self.unsigned }
        writer.begin(ExportReadme.fileName)
        writer.write(Array(ExportReadme.text(frame, key: key).utf8))
        if frame.scope != .portability { try await writePage(output) }
        try await writeDocument(output)
        writer.begin(ExportDocument.schemaFileName)
        writer.write(ExportDocument.schema(plan, sections))
        for planned in plan.entities where !output.ids(planned).isEmpty { try await writeTable(planned, output) }
        try await writeCards(output)
        writer.end()

        var counts = plan.entities.map { (entity: $0.entity.name, count: output.ids($0).count) }.filter { $0.count > 0 }
        let mentions = plan.mentions.reduce(0) { $0 + output.ids($1).count }
        if mentions > 0 { counts.append((entity: "mentions", count: mentions)) }
        let manifest = try manifest(writer.files, counts)
        writer.begin("manifest.json")
        writer.write(manifest.bytes)
        writer.finish()
        try await flush(writer, atLeast: 0)
        let shown = plan.entities.filter { !output.ids($0).isEmpty }.flatMap { planned in
            planned.fields.filter { $0.treatment == .shown }.map { FieldName($0.field) }
        }
        let people = plan.entities.filter { $0.entity.subject == .itself }.map { (entity: $0.entity, records: output.ids($0)) }
        return Built(byteCount: writer.takenByteCount, counts: counts, shownFields: Set(shown), manifest: manifest, people: people)
    }

    // MARK: Files

    private func writeDocument(_ output: Output) async throws(Refusal) {
        var document = ExportDocument(frame)
        output.writer.begin(ExportDocument.fileName)
        document.begin(sections)
        for planned in plan.entities { try await add(planned, &document, output) }
        document.beginMentions()
        for planned in plan.mentions where !output.ids(planned).isEmpty { try await add(planned, &document, output) }
        document.end()
        output.writer.write(document.takeBytes())
    }

    private func add(_ planned: ExportPlan.PlannedEntity, _ document: inout ExportDocument, _ output: Output) async throws(Refusal) {
        document.begin(planned)
        try await output.reader.pages(planned, output.ids(planned)) { (records) async throws(Refusal) in
            for record in records { document.add(record, planned) }
            output.writer.write(document.takeBytes())
            try await flush(output.writer)
        }
        document.endEntity()
    }

    private func writePage(_ output: Output) async throws(Refusal) {
        var page = ExportPage(frame)
        output.writer.begin(ExportPage.fileName)
        page.begin(sections)
        for planned in plan.entities + plan.mentions where !output.ids(planned).isEmpty {
            page.begin(planned)
            try await output.reader.pages(planned, output.ids(planned)) { (records) async throws(Refusal) in
                for record in records { page.add(record, planned) }
                output.writer.write(page.takeBytes())
                try await flush(output.writer)
            }
            page.endEntity()
        }
        page.end()
        output.writer.write(page.takeBytes())
    }

    private func writeTable(_ planned: ExportPlan.PlannedEntity, _ output: Output) async throws(Refusal) {
        output.writer.begin(ExportTable.fileName(planned))
        var header: [UInt8] = []
        ExportTable.appendHeader(planned, to: &header)
        output.writer.write(header)
        try await output.reader.pages(planned, output.ids(planned)) { (records) async throws(Refusal) in
            var rows: [UInt8] = []
            for record in records { ExportTable.append(record, planned, to: &rows) }
            output.writer.write(rows)
            try await flush(output.writer)
        }
    }

    private func writeCards(_ output: Output) async throws(Refusal) {
        output.writer.begin(ContactCard.fileName)
        for planned in plan.entities where planned.entity.subject == .itself {
            try await output.reader.pages(planned, output.ids(planned)) { (records) async throws(Refusal) in
                var cards: [UInt8] = []
                for record in records { ContactCard.append(record, planned, madeAt: frame.madeAt, to: &cards) }
                output.writer.write(cards)
            }
        }
    }

    private func manifest(_ files: [PackageWriter.File], _ counts: [(entity: String, count: Int)]) throws(Refusal) -> SignedDocument {
        var counted = JSONObject()
        for (entity, count) in counts { counted[entity] = .number(JSONNumber(count)) }
        let document: JSONObject = [
            "request": .string(frame.request.description), "package": .string(frame.package.description),
            "made_at": .string(frame.madeAt.description), "scope": .string(frame.scope.rawValue), "law": .string(frame.scope.law),
            "controller": .string(frame.processing.controller.name),
            "about": .array(frame.subjects.map { .string($0.description) }), "sealed_to": .string(seal.name), "records": .object(counted),
            "files": .array(
                files.map { file in
                    [
                        "name": .string(file.name), "bytes": .number(JSONNumber(file.byteCount)),
                        "sha256": .string(Hex.encode(file.digest)),
                    ]
                }),
        ]
        do { return try gateway.rights.signer.sign(document, as: .exportManifest) } catch { throw Self.unsigned }
    }

    private static var unsigned: Refusal {
        Refusal(.internalError, "the manifest cannot be signed", hint: "the operator finds the reason with 'gatehouse status'")
    }

    // MARK: Parts

    /// Puts ciphertext into the store, once there is a part of it. What is put there is no change of anybody's data, and has no event of its own.
    private func flush(_ writer: PackageWriter, atLeast count: Int = Self.partByteCount) async throws(Refusal) {
        let number = writer.partCount
        let bytes = writer.takeSealed(atLeast: count)
        guard !bytes.isEmpty else { return }
        let gateway = gateway
        let statement = StoreDatabase.addPart(bytes, number: number, of: frame.package, tenant: context.tenant)
        try await gateway.store.transaction(Scope(context.principal), wrap: { gateway.refusal($0) }) {
            (transaction: Transaction) throws(Refusal) in
            transaction.enqueue(statement)
        }
    }
}
