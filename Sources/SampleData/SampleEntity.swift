/// The entities of the catalog that samples exist for, in order of dependency: a record refers only to records of an
/// earlier entity, or to a lower index of its own. The raw value is the entity's name in the catalog.
///
/// `stage_change` has no samples, because the gateway writes it itself.
package enum SampleEntity: String, CaseIterable, Sendable {
    case account, contact, lead, deal, activity, task
}
