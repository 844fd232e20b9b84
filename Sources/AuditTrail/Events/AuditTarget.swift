package import Storage
package import Vocabulary

/// What was acted on that is no record. Each case takes what cannot be a value of anybody.
package enum AuditTarget: Sendable {
    /// An API key, by the id that the gateway gave it.
    case credential(String)
    case grant(UUIDv7)
    case consent(Purpose, ConsentRow.State)
    case objection(Purpose, stands: Bool)
    case restriction(isSet: Bool)
    case dataKey(isPlanned: Bool)
    case rotation(KeyJobKind)
    case recovery
    /// One event of the trail, whose proof or content was asked for.
    case event(EventID)
    /// A question to the trail as a whole.
    case report(StaticString)
    /// A part of a tenant's log.
    case log(epoch: Int)

    var text: String {
        switch self {
        case .credential(let id): id
        case .grant(let id): id.description
        case .consent(let purpose, let state): "consent:\(purpose.name):\(state.rawValue)"
        case .objection(let purpose, let stands): "objection:\(purpose.name):\(stands ? "stands" : "withdrawn")"
        case .restriction(let isSet): isSet ? "restriction:set" : "restriction:lifted"
        case .dataKey(let isPlanned): isPlanned ? "key:destruction-planned" : "key:destroyed"
        case .rotation(let kind): "rotation:\(kind.rawValue)"
        case .recovery: "recovery:renewed"
        case .event(let id): "event:\(id)"
        case .report(let kind): "report:\(kind)"
        case .log(let epoch): "log:\(epoch)"
        }
    }
}
