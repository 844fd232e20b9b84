import Policies
import Testing
import Vocabulary

@testable import Gateway
@testable import Sealing
@testable import Storage

/// The count of people with a clock of the test's own.
struct PeopleSeenTests {
    private let budget = Limits.PeopleBudget(stepUp: 3, most: 5)
    private let ann = PeopleSeen.Caller(tenant: TenantID(.make()), actor: "ann")
    private let start = Instant.now()

    private func people(_ numbers: ClosedRange<UInt8>) -> [Pseudonym] {
        numbers.map { Pseudonym(bytes: [UInt8](repeating: 0, count: 15) + [$0]) }
    }

    private func met(_ seen: [SeenPerson] = []) -> PeopleSeen {
        let people = PeopleSeen()
        people.learn(seen, of: ann, at: start)
        return people
    }

    @Test("whoever was not met before has to be looked up")
    func unknown() {
        #expect(PeopleSeen().count(people(1...1), in: .make(), for: ann, budget, isSteppedUp: false, at: start).verdict == .unknown)
    }

    @Test("the same people again are nobody new, and too many at once are none")
    func distinct() {
        let seen = met()
        for _ in 1...3 { #expect(seen.count(people(1...3), in: .make(), for: ann, budget, isSteppedUp: false, at: start).verdict == .within) }
        #expect(seen.count(people(3...4), in: .make(), for: ann, budget, isSteppedUp: false, at: start).verdict == .needsStepUp)
        let further = seen.count(people(4...5), in: .make(), for: ann, budget, isSteppedUp: true, at: start)
        #expect(further.verdict == .within)
        #expect(further.isCrossing)
        #expect(!seen.count(people(4...5), in: .make(), for: ann, budget, isSteppedUp: true, at: start).isCrossing)
        #expect(seen.count(people(1...6), in: .make(), for: ann, budget, isSteppedUp: true, at: start).verdict == .exhausted(3600))
        #expect(seen.count(people(1...5), in: .make(), for: ann, budget, isSteppedUp: true, at: start).verdict == .within)
    }

    @Test("a person counts for an hour from when they were last seen, and the wait is as long as it takes")
    func hour() {
        let seen = met()
        for (number, minute) in zip(UInt8(1)...5, [0, 10, 20, 30, 40]) {
            let at = start.advanced(by: .seconds(minute * 60))
            #expect(seen.count(people(number...number), in: .make(), for: ann, budget, isSteppedUp: true, at: at).verdict == .within)
        }
        let later = start.advanced(by: .seconds(50 * 60))
        #expect(seen.count(people(6...6), in: .make(), for: ann, budget, isSteppedUp: true, at: later).verdict == .exhausted(600))
        #expect(seen.count(people(6...7), in: .make(), for: ann, budget, isSteppedUp: true, at: later).verdict == .exhausted(1200))
        #expect(seen.count(people(6...6), in: .make(), for: ann, budget, isSteppedUp: true, at: later.advanced(by: .seconds(600))).verdict == .within)
    }

    @Test("what the trail knows counts from when it happened")
    func trail() {
        let known = people(1...5).map { SeenPerson(pseudonym: $0.bytes, at: start.advanced(by: .seconds(-1800))) }
        let seen = met(known)
        #expect(seen.count(people(6...6), in: .make(), for: ann, budget, isSteppedUp: true, at: start).verdict == .exhausted(1800))
        #expect(seen.count(people(1...5), in: .make(), for: ann, budget, isSteppedUp: true, at: start).verdict == .within)
        #expect(seen.callers(at: start) == [ann.tenant: [ann]])
        #expect(seen.callers(at: start.advanced(by: .seconds(3601))).isEmpty)
    }

    @Test("what others showed is added; what was counted here already is not read again")
    func others() {
        let seen = met()
        let (own, other) = (EventID.make(), EventID.make())
        #expect(seen.count(people(1...2), in: own, for: ann, budget, isSteppedUp: false, at: start).verdict == .within)
        #expect(seen.withoutOwn([own, other]) == [other])
        seen.add(people(3...3).map { SeenPerson(pseudonym: $0.bytes, at: start) }, of: ann)
        #expect(seen.count(people(4...4), in: .make(), for: ann, budget, isSteppedUp: false, at: start).verdict == .needsStepUp)
        // Nobody who is not known here is made known by halves.
        let bea = PeopleSeen.Caller(tenant: ann.tenant, actor: "bea")
        seen.add(people(3...3).map { SeenPerson(pseudonym: $0.bytes, at: start) }, of: bea)
        #expect(seen.count(people(4...4), in: .make(), for: bea, budget, isSteppedUp: false, at: start).verdict == .unknown)
    }
}
