/// One invented value, in the form in which the gateway takes it.
///
/// Dates (`2026-03-01`), timestamps (`2026-03-01T09:30:00Z`) and money (`12500.00`; no decimals in a currency that has
/// none) are text.
package enum SampleValue: Sendable, Equatable {
    case text(String)
    case integer(Int64)
    case boolean(Bool)
    /// A record that comes earlier in the order of dependency, by its index.
    case reference(SampleEntity, Int)
}
