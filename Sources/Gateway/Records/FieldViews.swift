import Catalog
import Disclosure
import Policies
import Synchronization

/// The views of decisions, each made once.
final class FieldViews: Sendable {
    private let kept = Mutex<[ObjectIdentifier: FieldView]>([:])

    /// A view holds its decision, so that no other one can take the identity that it is kept under.
    func view(_ entity: Entity, _ decision: Decision) -> FieldView {
        kept.withLock { kept in
            if let view = kept[ObjectIdentifier(decision)] { return view }
            if kept.count > 10_000 { kept.removeAll() }
            let view = FieldView(entity, decision)
            kept[ObjectIdentifier(decision)] = view
            return view
        }
    }
}
