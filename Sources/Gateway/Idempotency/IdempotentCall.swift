import Disclosure
import Identity
import KeyRing
import Policies
import Sealing
import Storage
import Synchronization
import Vocabulary

/// A call that its caller may send again under the same key, and that has one effect and one answer however often it comes
/// (draft-ietf-httpapi-idempotency-key-header-07).
///
/// The request's context carries it. The function through which all changes go writes the answer into the transaction of the change: whatever the
/// moment at which the process dies, there is either both or neither.
package final class IdempotentCall: Sendable {
    /// How long an answer is kept.
    package static let lifetime: Duration = .seconds(86_400)

    private let key: String
    private let method: String
    private let path: String
    /// What was sent: the query, a zero byte and the body.
    private let content: [UInt8]

    private struct State {
        var render: (@Sendable (any Sendable) -> KeptAnswer?)?
        var ending: (@Sendable (any Sendable) -> any Sendable)?
        var seal: AnswerSeal?
        var shown: (record: RecordID, sight: String)?
        var holder: DataKey?
        var isKept = false
    }
    private let state = Mutex(State())

    package init(key: String, method: String, path: String, content: [UInt8]) {
        self.key = key
        self.method = method
        self.path = path
        self.content = content
    }

    // MARK: From the edge

    /// Says how the outcome of the change is answered. An outcome of another type, or one that is answered by `nil`, is a step on the way, and is
    /// not kept: sent again, the call goes on from there.
    package func isAnswered<Value: Sendable>(by render: @escaping @Sendable (Value) -> KeptAnswer?) {
        state.withLock { $0.render = { ($0 as? Value).flatMap(render) } }
    }

    /// The same where the answer has nothing of the outcome in it.
    package func isAnswered(with answer: KeptAnswer) { state.withLock { $0.render = { _ in answer } } }

    // MARK: In the gateway

    /// The next change ends the call, and this is made of its outcome.
    func ends(_ ending: @escaping @Sendable (any Sendable) -> any Sendable) { state.withLock { $0.ending = ending } }

    /// The record that the answer shows, how it is seen, and the key of whom it is about.
    func shows(_ record: RecordID, _ view: FieldView, key: DataKey?) {
        state.withLock { state in
            state.shown = (record, view.decision.fingerprint)
            state.holder = key
        }
    }

    /// Nothing of the answer is to rest anywhere.
    func keepsNothing() { state.withLock { $0.render = nil } }

    /// Under which name the answer is kept; the same for every sending.
    func seal(_ keys: TenantKeys, _ context: RequestContext) -> AnswerSeal {
        state.withLock { state in
            if let seal = state.seal { return seal }
            let principal = context.principal
            let caller = principal.user.map { ["user", $0] } ?? ["app", principal.app ?? ""]
            let key = keys.derive("gatehouse/v1/idempotency")
            let seal = AnswerSeal(
                scope: Self.digest(caller + [method, path, self.key], key), fingerprint: Blake2b.hash(SHA256.hash(content), key: key),
                tenant: context.tenant, tenantKey: keys.dataKey
            )
            state.seal = seal
            return seal
        }
    }

    var isKept: Bool { state.withLock(\.isKept) }
    func wasKept() { state.withLock { $0.isKept = true } }

    /// The row that answers an outcome; `nil` when that is a step on the way.
    func row(_ outcome: any Sendable, _ event: (id: EventID, action: String, resource: String), _ now: Instant) -> AnswerRow? {
        state.withLock { state in
            guard let seal = state.seal, let answer = state.render?(state.ending?(outcome) ?? outcome) else { return nil }
            let holder = state.holder ?? seal.tenantKey
            let subject: SubjectID? = if case .subject(let subject) = holder.holder { subject } else { nil }
            return AnswerRow(
                scope: seal.scope, fingerprint: seal.fingerprint, until: now.advanced(by: Self.lifetime), action: event.action,
                resource: event.resource, event: event.id, record: state.shown?.record, sight: state.shown?.sight, subject: subject,
                sealed: seal.seal(answer, holder, event.id)
            )
        }
    }

    /// Each part with its length, so that no two lists have one digest.
    private static func digest(_ parts: [String], _ key: SymmetricKey) -> [UInt8] {
        var bytes: [UInt8] = []
        for part in parts {
            withUnsafeBytes(of: UInt32(part.utf8.count).bigEndian) { bytes += $0 }
            bytes += part.utf8
        }
        return Blake2b.hash(bytes, key: key)
    }
}

/// Seals answers for the call that they answer.
struct AnswerSeal: Sendable {
    let scope: [UInt8]
    let fingerprint: [UInt8]
    let tenant: TenantID
    let tenantKey: DataKey

    /// Bound to the scope: an answer that is moved to another call does not open there.
    private var field: [UInt8] { Array("answer".utf8) + scope }

    func seal(_ answer: KeptAnswer, _ key: DataKey, _ event: EventID) -> [UInt8] {
        var place = CellPlace(tenant: tenant, entity: "kept_answer", record: RecordID(event.uuid))
        var plaintext = answer.encoded
        defer { wipe(&plaintext) }
        return plaintext.withUnsafeBytes { key.seal($0, field: field, at: &place) }
    }

    func open(_ row: AnswerRow, _ key: DataKey) -> KeptAnswer? {
        var place = CellPlace(tenant: tenant, entity: "kept_answer", record: RecordID(row.event.uuid))
        let scratch = Scratch()
        return row.sealed.withUnsafeBytes { sealed in
            key.open(sealed, field: field, at: &place, into: scratch).flatMap { KeptAnswer(encoded: Array($0)) }
        }
    }
}
