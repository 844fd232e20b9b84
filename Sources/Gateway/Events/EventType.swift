import Catalog
package import Policies
import SubjectRights
import Vocabulary

/// The words for what happened, as subscribers ask for them and are told them: `contact.updated`, `request.opened`.
package enum EventType {
    package enum OfRecords: String, CaseIterable, Sendable { case created, updated, deleted, restored }

    /// What happens in the answering of rights, and which resource somebody has to be allowed to read to be told of it.
    package static let ofRights: [String: SystemResource] = [
        "request.opened": .request, "request.changed": .request, "dsr.completed": .request, "consent.given": .subject,
        "consent.withdrawn": .subject, "consent.refused": .subject, "hold.placed": .hold, "hold.released": .hold,
    ]

    /// Sent when the owner of an endpoint asks for it, to see whether it arrives.
    package static let test = "webhook.test"

    /// All that can be asked for, patterns included.
    static func all(_ catalog: CompiledCatalog) -> [String] {
        let records = catalog.entities.flatMap { entity in OfRecords.allCases.map { "\(entity.name).\($0.rawValue)" } + ["\(entity.name).*"] }
        let rights = ofRights.keys.sorted()
        return ["*"] + records + rights + Set(rights.map { String($0.prefix { $0 != "." }) + ".*" }).sorted()
    }

    static func ofConsent(_ state: ConsentState) -> String? {
        switch state {
        case .given, .renewed: "consent.given"
        case .withdrawn: "consent.withdrawn"
        case .refused: "consent.refused"
        default: nil
        }
    }

    /// The words end with the request, whatever came of it.
    static func ofRequest(isClosed: Bool) -> String { isClosed ? "dsr.completed" : "request.changed" }
}
