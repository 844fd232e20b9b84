import AuditTrail
import Catalog
import DataFormats
import Disclosure
import Identity
import Policies
import PolicyFiles
import Storage
import Vocabulary

/// Events as the gateway makes them when a sales rep reads contacts, each with an id, records and people of its own: as many as a
/// measurement wants, without what deciding costs.
struct EventTemplate: Sendable {
    private static let actors = ["ann", "bob", "cleo", "dan", "eve"]

    let tenant: TenantID
    let people: Int
    private let beforeID: [UInt8]
    private let beforeSubjects: [UInt8]
    private let rest: [UInt8]
    private let reading: Reading

    /// What a read of a contact is recorded with.
    private struct Reading: Sendable {
        let principal: Principal
        let decision: Decision
        let clear: Set<FieldName>
        let masked: Set<FieldName>
    }

    /// - Parameter people: how many each event is about; 1 for a GET, 50 for a list.
    init(_ folder: PolicyFolder, tenant: TenantID, people: Int = 1) throws {
        guard let entity = folder.catalog.entity(named: "contact") else { throw BenchError(what: "the policies have no contact") }
        self.tenant = tenant
        self.people = people
        let principal = Principal.described(tenant: tenant, user: "ann", roles: ["sales-rep"], teams: ["north"])
        let request = AccessRequest(principal: principal, purpose: folder.catalog.purposes["sales"])
        let view = FieldView(entity, folder.policies.decide(request, .read, on: entity.name).widest)
        let (clear, masked) = view.names(of: view.shown)
        reading = Reading(principal: principal, decision: view.decision, clear: clear, masked: masked)
        let event = Self.event(reading, records: [.make()])
        let text = String(decoding: event.entry(AuditMargin(salt: [], reason: nil, records: event.records)), as: UTF8.self)
        guard let id = text.firstRange(of: event.id.description), let subjects = text.firstRange(of: "\"tenant\"") else {
            throw BenchError(what: "an entry has no id")
        }
        beforeID = Array(text[..<id.lowerBound].utf8)
        beforeSubjects = Array(text[id.upperBound..<subjects.lowerBound].utf8)
        rest = Array(text[subjects.lowerBound...].utf8)
    }

    /// The event itself, for whoever records it.
    func event(_ record: RecordID) -> AuditEvent { Self.event(reading, records: [record]) }

    private static func event(_ reading: Reading, records: [RecordID]) -> AuditEvent {
        var event = AuditEvent(reading.principal, reading.decision, purpose: nil, request: .make(), outcome: .disclosed)
        event.records = records
        (event.clearFields, event.maskedFields) = (reading.clear, reading.masked)
        return event
    }

    /// An event as it rests.
    func row(_ number: Int) -> AuditRow {
        let id = UUIDv7.make()
        let subjects = (0..<people).map { _ in UUIDv7.make(at: Instant(microseconds: .random(in: 0..<1 << 60))) }
        return AuditRow(
            id: EventID(id), at: .now(), actor: Self.actors[number % Self.actors.count], action: "read", entity: "contact", decision: "allow",
            purpose: "sales", subjects: subjects, records: (0..<people).map { _ in .make() }, salt: [UInt8](repeating: 7, count: 16),
            entry: entry(id, subjects)
        )
    }

    /// The entry of an event: canonical JSON, as `AuditEvent` writes it.
    func entry(_ id: UUIDv7, _ subjects: [UUIDv7]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(beforeID.count + beforeSubjects.count + rest.count + 64 + subjects.count * 36)
        bytes += beforeID
        id.appendText(to: &bytes)
        bytes += beforeSubjects
        bytes += "\"subjects\":[".utf8
        for (index, subject) in subjects.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            bytes += Hex.encode(subject.bytes).utf8
            bytes.append(UInt8(ascii: "\""))
        }
        bytes += "],".utf8
        bytes += rest
        return bytes
    }
}

struct BenchError: Error, CustomStringConvertible {
    let what: String
    var description: String { what }
}
