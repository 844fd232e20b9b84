import SampleData
import Testing

struct RepeatabilityTests {
    private let counts = SampleCounts.scaled(toPeople: 300)

    @Test func `the same seed and counts give the same records`() {
        let first = Array(SampleGenerator(seed: 42, counts: counts))
        let second = Array(SampleGenerator(seed: 42, counts: counts))
        #expect(first == second)
        #expect(first.count == counts.total)
    }

    @Test func `another seed gives other records`() {
        let first = SampleGenerator(seed: 1, counts: counts)
        let second = SampleGenerator(seed: 2, counts: counts)
        let same = (1..<300).count { first.record(.contact, $0) == second.record(.contact, $0) }
        #expect(same == 0)
    }

    @Test func `a record is the same out of order as in order`() {
        let generator = SampleGenerator(seed: 5, counts: counts)
        for record in Array(generator).reversed() {
            #expect(generator.record(record.entity, record.index) == record)
        }
    }

    @Test func `these values are frozen`() {
        let generator = SampleGenerator(seed: 1)
        #expect(generator.record(.contact, 1)["email"] == .text("xlyu.1@fakhram-khonsong.example"))
        #expect(generator.record(.deal, 1)["name"] == .text("Meadow Support – Zilvermeeuw Bloemen V.O.F."))
    }

    @Test func `the order is that of dependency`() {
        let entities = SampleGenerator(counts: counts).map(\.entity)
        var seen: [SampleEntity] = []
        for entity in entities where seen.last != entity { seen.append(entity) }
        #expect(seen == SampleEntity.allCases)
    }

    @Test func `counts scale with the people`() {
        #expect(SampleCounts.scaled(toPeople: 1000) == SampleCounts())
        let one = SampleCounts(people: 1, accounts: 1, leads: 1, deals: 1, activities: 1, tasks: 0)
        #expect(SampleCounts.scaled(toPeople: 1) == one)
        #expect(SampleCounts.scaled(toPeople: 0).total == 0)
        #expect(SampleCounts.scaled(toPeople: 1_000_000).total == 4_200_000)
    }

    @Test(arguments: [
        SampleCounts(people: 0, accounts: 0, leads: 0, deals: 40, activities: 40, tasks: 40),
        SampleCounts(people: 0, accounts: 5, leads: 0, deals: 40, activities: 40, tasks: 40),
        SampleCounts(people: 0, accounts: 0, leads: 5, deals: 40, activities: 40, tasks: 40),
        SampleCounts(people: 5, accounts: 0, leads: 0, deals: 0, activities: 40, tasks: 40),
        SampleCounts(people: 1, accounts: 1, leads: 1, deals: 1, activities: 40, tasks: 40),
    ])
    func `references exist however lopsided the counts are`(counts: SampleCounts) {
        for record in SampleGenerator(seed: 3, counts: counts) {
            for field in record.fields {
                guard case .reference(let entity, let index) = field.value else { continue }
                #expect(index < counts[entity])
            }
        }
    }
}
