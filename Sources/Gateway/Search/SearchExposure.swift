package import Catalog
import Foundation
import KeyRing
package import Storage
import Vocabulary

/// What the search tokens of one field and kind tell somebody who has the vault, and neither its keys nor the store: which records
/// share a value, and how often each value occurs. Never a value.
package struct SearchExposure: Sendable {
    package let entity: String
    package let field: String
    package let kind: SearchKind
    /// The declared length of a token.
    package let tokenBits: Int
    package let tokens: Int
    package let distinct: Int
    package let largest: Int
    /// Shannon entropy of the distribution in bits: 2 to the power of it is how many equally common values would look like this.
    package let entropy: Double
    private let needsWholeTokens: Bool

    package init(_ statistics: TokenStatistics, _ entity: Entity, _ field: Field, _ kind: SearchKind) {
        self.entity = entity.name
        self.field = field.name
        self.kind = kind
        tokenBits = field.tokenBits
        tokens = statistics.tokens
        distinct = statistics.distinct
        largest = statistics.largest
        entropy = statistics.entropy
        needsWholeTokens = field.uniqueness == .warned && kind == .exact
    }

    package var largestShare: Double { tokens == 0 ? 0 : Double(largest) / Double(tokens) }
    /// How hard the commonest value is to guess, in bits.
    package var minimumEntropy: Double { tokens == 0 ? 0 : log2(1 / largestShare) }

    /// How many other values a value shares its token with by coincidence: C = R / 2^L, for R different values and tokens of L bits.
    package var coincidences: Double { Double(distinct) / exp2(Double(tokenBits)) }

    /// Below this many tokens a distribution says nothing.
    private static let fewest = 64
    private static let shortestToken = 8

    /// Whether the values are so few that a typical one occurs more often than the square root of the number of tokens. There the
    /// frequencies that are known of names and towns tell the common values by their counts alone.
    package var isLow: Bool { tokens >= Self.fewest && entropy < log2(Double(tokens)) / 2 }

    /// The length with which 2 <= C < sqrt(R): every token is shared by different values, so that equality is no longer certain
    /// and counts blur, and a look-up still opens few records too many.
    ///
    /// `nil` where the values are too few to be blurred by any length, where tokens are that short already, and where duplicates
    /// are pointed out, for which whole tokens are looked up at every write.
    package var suggestedBits: Int? {
        guard !needsWholeTokens, distinct > 0 else { return nil }
        let bits = Int(log2(Double(distinct))) - 1
        return bits >= Self.shortestToken && bits < tokenBits ? bits : nil
    }
}

extension RecordGateway {
    /// What the tokens of a tenant tell, for each searchable field and kind that has any.
    ///
    /// - Parameter entity: one alone, or all.
    package func searchExposures(of entity: Entity?, _ context: RequestContext) async throws(Refusal) -> [SearchExposure] {
        guard let generation = try await tenantKeys(context).searchGenerations.first else { return [] }
        let entities = entity.map { [$0] } ?? catalog.entities
        let declared = entities.flatMap { entity in
            entity.searchableFields.flatMap { field in
                SearchKind.allCases.filter { field.search.contains($0) }.map { (entity: entity, field: field, kind: $0) }
            }
        }
        let statistics: [TokenStatistics]
        do throws(StorageError) {
            statistics = try await vault.tokenStatistics(
                of: declared.map { SearchIndex.name($0.entity, $0.field, $0.kind) }, generation: generation.number, tenant: context.tenant
            )
        } catch {
            throw Self.refusal(.vault(error))
        }
        return declared.compactMap { entity, field, kind in
            let name = SearchIndex.name(entity, field, kind)
            return statistics.first { $0.place == name }.map { SearchExposure($0, entity, field, kind) }
        }
    }
}
