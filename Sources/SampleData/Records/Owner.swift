/// A user who looks after records, with the team the user is in.
struct Owner: Sendable {
    let user: String
    let team: String

    static let all = [
        Owner(user: "ann", team: "north"), Owner(user: "ben", team: "south"), Owner(user: "chidi", team: "west"),
        Owner(user: "dana", team: "north"), Owner(user: "emre", team: "south"), Owner(user: "fatima", team: "west"),
    ]

    /// Nil for the few records that nobody looks after.
    static func drawn(by dice: inout Dice) -> Owner? {
        dice.chance(97) ? dice.pick(all) : nil
    }
}
