/// How much callers may ask for: what `limits.yaml` says.
///
/// It is part of the policies, and is put in force with them.
package struct Limits: Sendable, Equatable {
    /// So many units in so many seconds. Whoever has asked for nothing in that time may take all of them at once.
    package struct Rate: Sendable, Equatable {
        /// What the `RateLimit-Policy` header calls it.
        package let name: String
        package let units: Int
        package let seconds: Int

        package init(_ name: String, units: Int, seconds: Int) {
            self.name = name
            self.units = units
            self.seconds = seconds
        }
    }

    /// How many different people somebody may see within an hour.
    package struct PeopleBudget: Sendable, Equatable {
        /// Beyond this many a stepped-up key is needed.
        package let stepUp: Int
        /// Beyond this many nobody else is shown.
        package let most: Int

        package init(stepUp: Int, most: Int) {
            self.stepUp = stepUp
            self.most = most
        }
    }

    static let defaultName = "default"

    private(set) var rates: [String: Rate] = [:]
    /// Callers without a credential, by their address.
    package private(set) var address = Rate("address", units: 6000, seconds: 60)
    /// Wrong credentials from an address.
    package private(set) var wrongFromAddress = Rate("wrong-credentials", units: 300, seconds: 60)
    /// Wrong secrets for the id of a key.
    package private(set) var wrongForKey = Rate("wrong-credentials", units: 100, seconds: 60)
    private(set) var people: [String: PeopleBudget] = [:]
    /// Whoever touches a honey record loses the key they came with; else there is an alarm, and that is all.
    package private(set) var stopsAtHoney = false

    /// What holds where `limits.yaml` says nothing.
    package static let standard = Limits()
    private static let usual = Rate(defaultName, units: 600_000, seconds: 60)

    private init() {}

    init(
        rates: [String: Rate], address: Rate?, wrongFromAddress: Rate?, wrongForKey: Rate?, people: [String: PeopleBudget],
        stopsAtHoney: Bool = false
    ) {
        self.rates = rates
        self.people = people
        self.stopsAtHoney = stopsAtHoney
        if let address { self.address = address }
        if let wrongFromAddress { self.wrongFromAddress = wrongFromAddress }
        if let wrongForKey { self.wrongForKey = wrongForKey }
    }

    /// Of several roles the one with the widest rate counts, as any of them would open what it opens.
    package func rate(of roles: [String]) -> Rate {
        let usual = rates[Self.defaultName] ?? Self.usual
        guard let first = roles.first else { return usual }
        var widest = rates[first] ?? usual
        for role in roles.dropFirst() {
            let rate = rates[role] ?? usual
            // Compared across the two times, without a division.
            if rate.units * widest.seconds > widest.units * rate.seconds { widest = rate }
        }
        return widest
    }

    /// `nil`: as many as there are.
    package func people(of roles: [String]) -> PeopleBudget? {
        var widest: PeopleBudget?
        for role in roles {
            guard let budget = people[role] ?? people[Self.defaultName] else { return nil }
            if budget.most > widest?.most ?? 0 { widest = budget }
        }
        return roles.isEmpty ? people[Self.defaultName] : widest
    }
}
