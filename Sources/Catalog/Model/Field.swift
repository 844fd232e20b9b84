package import Vocabulary

/// One field of an entity with its whole privacy declaration. Made by compiling a catalog only.
package final class Field: Sendable {
    package let name: String
    /// The name as UTF-8, for associated data.
    package let nameBytes: [UInt8]
    /// Where the catalog declares it.
    package let position: SourcePosition
    package let type: FieldType
    package let fieldClass: FieldClass
    package let storage: FieldStorage
    package let search: Set<SearchKind>
    package let uniqueness: Uniqueness
    /// The mask that a policy means when it says `masked` without saying how.
    package let mask: Mask
    package let label: String
    package let isRequired: Bool
    /// Written by the gateway, never by a caller.
    package let isSystem: Bool
    package let isIndexed: Bool
    package let purposes: [String]
    /// Why a personal field may rest in the clear.
    package let exemption: String?
    package let maximumLength: Int
    package let choices: [String]
    package let defaultValue: FieldValue?
    /// For money: the field that holds its currency.
    package let currencyField: String?
    /// For a reference: the entity it points to.
    package let referenceTo: String?
    package let cascadesOnDelete: Bool
    /// How many bits a search token has.
    package let tokenBits: Int
    package let givenBy: Giver
    /// Answers under the CCPA say that it is held, and do not show it (11 CCR 7024(d)).
    package let isOnlySaidToBeHeld: Bool

    /// Who a value comes from, as portability asks (GDPR Art. 20(1)).
    package enum Giver: String, Sendable, CaseIterable { case subject, company }

    init(
        name: String,
        nameBytes: [UInt8],
        position: SourcePosition,
        type: FieldType,
        fieldClass: FieldClass,
        storage: FieldStorage,
        search: Set<SearchKind>,
        uniqueness: Uniqueness,
        mask: Mask,
        label: String,
        isRequired: Bool,
        isSystem: Bool,
        isIndexed: Bool,
        purposes: [String],
        exemption: String?,
        maximumLength: Int,
        choices: [String],
        defaultValue: FieldValue?,
        currencyField: String?,
        referenceTo: String?,
        cascadesOnDelete: Bool,
        tokenBits: Int,
        givenBy: Giver,
        isOnlySaidToBeHeld: Bool
    ) {
        self.name = name
        self.nameBytes = nameBytes
        self.position = position
        self.type = type
        self.fieldClass = fieldClass
        self.storage = storage
        self.search = search
        self.uniqueness = uniqueness
        self.mask = mask
        self.label = label
        self.isRequired = isRequired
        self.isSystem = isSystem
        self.isIndexed = isIndexed
        self.purposes = purposes
        self.exemption = exemption
        self.maximumLength = maximumLength
        self.choices = choices
        self.defaultValue = defaultValue
        self.currencyField = currencyField
        self.referenceTo = referenceTo
        self.cascadesOnDelete = cascadesOnDelete
        self.tokenBits = tokenBits
        self.givenBy = givenBy
        self.isOnlySaidToBeHeld = isOnlySaidToBeHeld
    }

    package var isSealed: Bool { storage == .sealed }
    /// Has search tokens of some kind.
    package var isSearchable: Bool { !search.isEmpty }
    package var isExactlySearchable: Bool { search.contains(.exact) }
    /// A caller can filter by it at all, whatever it is allowed to see.
    package var isFilterable: Bool { storage == .plain || isExactlySearchable }
    package var isSortable: Bool { storage == .plain && isIndexed }
}
