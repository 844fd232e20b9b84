/// What a record turns into once it has served its end: a lead an account, a contact and a deal. Made by compiling a catalog only.
///
/// The record stays, points to what it became, and can be converted once. A record that is a person becomes records of the same person: what
/// is made as a person has the same id, and with it the same data subject and key.
package struct Conversion: Sendable {
    package enum Making: String, Sendable, CaseIterable {
        /// Nobody converts without it.
        case always
        /// Unless the caller declines it.
        case unasked = "unless-declined"
        /// When the caller asks for it.
        case asked = "when-asked"
    }

    package struct Target: Sendable {
        package let entity: String
        package let making: Making
        /// The field of the converted record that points to the other.
        package let link: String
        /// The field of a record that was made which points back.
        package let origin: String
        /// Which fields of a record that is made get their value from which of the converted one.
        package let fields: [(to: String, from: String)]
    }

    /// The field that says when it was; a record that has it was converted.
    package let time: String
    /// What the converted record says of itself from then on.
    package let settings: [(field: String, value: FieldValue)]
    /// In the order in which they are made: references among them point to those above.
    package let targets: [Target]
}

/// Fields that say, where they all agree, that two records may be about the same. Made by compiling a catalog only.
package struct DuplicateRule: Sendable {
    package let fields: [String]
    /// How sure it makes one, of a hundred.
    package let score: Int
}
