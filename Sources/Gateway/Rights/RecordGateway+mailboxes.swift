import Catalog
import Mail
import PostgresLink
import Storage
import Vocabulary

extension RecordGateway {
    /// The e-mail address on a person's own record, opened under the person's key for a message to them; shown to nobody else.
    ///
    /// - Throws: `mailbox-unknown` when there is none; `not-found` when nobody of this id has a key.
    func mailAddress(of id: SubjectID, _ context: RequestContext) async throws(Refusal) -> Personal<String> {
        let keys = try await keys(ofPeople: [id], context)
        let places = catalog.entities.filter { $0.subject == .itself }.compactMap { entity in
            entity.fields.firstIndex { $0.type == .email }.map { (entity: entity, field: $0) }
        }
        let shapes = places.map { place in RecordShape(place.entity) { $0 == place.field } }
        let statements = zip(places, shapes).map { table($0.entity).select(RecordID(id.uuid), $1, tenant: context.tenant) }
        let answers = try await read(context, statements)
        for (place, (rows, shape)) in zip(places, zip(answers, shapes)) {
            guard let record = table(place.entity).records(rows, shape).first else { continue }
            var opening = Opening(record, place.entity, tenant: context.tenant, key: keys.key(for: record))
            if case .value(.text(let address)?) = opening.content(place.field) { return Personal(address) }
        }
        throw Refusal(.mailboxUnknown, "the person's record has no e-mail address", hint: "record one, or ask the person another way")
    }

    /// Hands a message to the mailer. What was recorded before stands when that fails.
    func send(_ message: MailMessage) async throws(Refusal) {
        do { try await rights.mailer.send(message) } catch {
            switch error.code {
            case .unavailable, .unwritable:
                throw Refusal(.mailUnavailable, "the message could not be sent (\(error.code.rawValue))", hint: "try again in a while")
            case .refused:
                throw Refusal(.mailboxUnknown, "the mail server does not take the message (mail-refused)", hint: "check the address on the record")
            }
        }
    }
}
