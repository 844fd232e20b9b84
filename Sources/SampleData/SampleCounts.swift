/// How many records of each entity one data set holds.
package struct SampleCounts: Sendable, Equatable {
    package var people: Int
    package var accounts: Int
    package var leads: Int
    package var deals: Int
    package var activities: Int
    package var tasks: Int

    /// `people` are contacts; 1.5 activities and half a task for each of them unless given. No count may be negative.
    package init(
        people: Int = 1000,
        accounts: Int = 200,
        leads: Int = 400,
        deals: Int = 600,
        activities: Int? = nil,
        tasks: Int? = nil
    ) {
        self.people = people
        self.accounts = accounts
        self.leads = leads
        self.deals = deals
        self.activities = activities ?? people + people / 2
        self.tasks = tasks ?? people / 2
        precondition(SampleEntity.allCases.allSatisfy { self[$0] >= 0 }, "a count of records cannot be negative")
    }

    /// The default proportions for `n` contacts. From one contact on there is at least one account, lead and deal.
    package static func scaled(toPeople n: Int) -> SampleCounts {
        func part(_ numerator: Int) -> Int { n == 0 ? 0 : max(1, n / 10 * numerator + n % 10 * numerator / 10) }
        return SampleCounts(people: n, accounts: part(2), leads: part(4), deals: part(6))
    }

    package subscript(_ entity: SampleEntity) -> Int {
        switch entity {
        case .account: accounts
        case .contact: people
        case .lead: leads
        case .deal: deals
        case .activity: activities
        case .task: tasks
        }
    }

    package var total: Int { SampleEntity.allCases.reduce(0) { $0 + self[$1] } }
}
