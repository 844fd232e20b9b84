package import Catalog
import Expressions
import Identity
package import Policies
import Vocabulary

/// What a caller may do at all, whatever the record and for whichever of its purposes: what a description of the API for it speaks of.
///
/// It is worked out anew each time, from the policies in force. Fields and actions that no rule gives the caller are not in it,
/// nor are those that only a grant opens, unless the caller names one that is in force.
package struct Offer: Sendable, Equatable {
    package struct Records: Sendable, Equatable {
        package let entity: String
        /// How fields are shown at most, parallel to the entity's; `nil` when none of its records can be read.
        package fileprivate(set) var access: [FieldAccess]?
        /// Which fields some records, or some purposes, show less of than ``access`` says.
        package fileprivate(set) var varies: [Bool] = []
        /// Which fields can be sent with a new record, and with a change; `nil` when there are none of these.
        package fileprivate(set) var created: [Bool]?
        package fileprivate(set) var changed: [Bool]?
        package fileprivate(set) var canBeDeleted = false
        package fileprivate(set) var canBeRestored = false
        package fileprivate(set) var canBeDestroyed = false
        package fileprivate(set) var canBeImported = false
        package fileprivate(set) var canBeConverted = false
        package fileprivate(set) var canBeMerged = false

        package func offers(_ action: Action) -> Bool {
            switch action {
            case .read: access != nil
            case .create: created != nil
            case .update: changed != nil
            case .delete: canBeDeleted
            case .restore: canBeRestored
            case .destroy: canBeDestroyed
            case .import: canBeImported
            case .convert: canBeConverted
            case .merge: canBeMerged && canBeDeleted && changed != nil
            }
        }
    }

    package struct Right: Sendable, Hashable {
        package let action: Action
        package let resource: SystemResource

        package init(_ action: Action, _ resource: SystemResource) {
            self.action = action
            self.resource = resource
        }
    }

    package let records: [Records]
    package let rights: Set<Right>
    /// What the caller may come for, in alphabetical order.
    package let purposes: [String]

    /// What everybody may do.
    package static let none = Offer(records: [], rights: [], purposes: [])

    package func records(of entity: Entity) -> Records? { records.first { $0.entity == entity.name } }
}

extension RecordGateway {
    /// What the caller may do at all.
    ///
    /// - Throws: when the credential is not live any more.
    package func offer(to context: RequestContext) async throws(Refusal) -> Offer {
        try await confirmLiveness(context)
        let policies = context.policies
        let roles = context.principal.roles
        let purposes = catalog.purposes.values.filter { !policies.roles(roles, for: $0.name).isEmpty }.sorted { $0.name < $1.name }
        let requests = ([nil] + purposes.map { Optional($0) }).map { purpose in
            AccessRequest(
                principal: context.principal, purpose: purpose, reason: "described", time: context.time, address: context.access.address,
                hasPrivacySignal: false, grantedRule: context.access.grantedRule)
        }
        var records: [Offer.Records] = []
        for entity in catalog.entities {
            var offered = Offer.Records(entity: entity.name)
            for request in requests { add(policies, request, entity, to: &offered) }
            if Action.allCases.contains(where: { offered.offers($0) }) { records.append(offered) }
        }
        var rights: Set<Offer.Right> = []
        for resource in SystemResource.allCases {
            for action in Action.allCases {
                let isOffered = requests.contains { request in
                    let ruling = policies.decide(request, action, on: resource.rawValue)
                    // Whoever has to step up first, or to be given a grant, may come to it.
                    return ruling.isAllowed || !ruling.unmet.isEmpty
                }
                if isOffered { rights.insert(Offer.Right(action, resource)) }
            }
        }
        return Offer(records: records, rights: rights, purposes: purposes.map(\.name))
    }

    private func add(_ policies: CompiledPolicies, _ request: AccessRequest, _ entity: Entity, to offered: inout Offer.Records) {
        // The history of what one may not know is not to be known either.
        let origin = entity.historyOf.map { policies.decide(request, .read, on: $0.entity).isAllowed } ?? true
        let reading = policies.decide(request, .read, on: entity.name)
        if origin, reading.isAllowed {
            let access = reading.widest.access
            let known = offered.access ?? access
            let varies = offered.access == nil ? access.map { _ in false } : offered.varies
            offered.access = zip(known, access).map { FieldAccess.wider($0, $1) }
            offered.varies = access.indices.map { index in
                varies[index] || known[index] != access[index] || (access[index].isClear && !reading.clearRecords(index).isAlways)
            }
        }
        if entity.isWrittenByGatewayOnly { return }
        func writable(_ action: Action) -> [Bool]? {
            let ruling = policies.decide(request, action, on: entity.name)
            return ruling.isAllowed ? ruling.widest.writable : nil
        }
        func merged(_ known: [Bool]?, _ more: [Bool]?) -> [Bool]? {
            guard let known, let more else { return known ?? more }
            return zip(known, more).map { $0 || $1 }
        }
        offered.created = merged(offered.created, writable(.create))
        offered.changed = merged(offered.changed, writable(.update))
        if policies.decide(request, .delete, on: entity.name).isAllowed { offered.canBeDeleted = true }
        if policies.decide(request, .restore, on: entity.name).isAllowed { offered.canBeRestored = true }
        if policies.decide(request, .destroy, on: entity.name).isAllowed { offered.canBeDestroyed = true }
        if policies.decide(request, .import, on: entity.name).isAllowed { offered.canBeImported = true }
        if entity.conversion != nil, policies.decide(request, .convert, on: entity.name).isAllowed { offered.canBeConverted = true }
        if !entity.duplicates.isEmpty, policies.decide(request, .merge, on: entity.name).isAllowed { offered.canBeMerged = true }
    }
}
