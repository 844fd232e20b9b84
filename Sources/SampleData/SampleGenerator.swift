/// Invents a CRM data set: people of many countries and scripts, their firms, deals and correspondence.
///
/// Every record is a function of the seed, the counts, `asOf`, its entity and its index alone; nothing is kept between
/// records. So they can be made in any order, in parts and in parallel, and a million people need no memory.
///
/// Nothing in it is taken from anybody: e-mail and web addresses are under the names that RFC 2606 reserves, and phone
/// numbers in the ranges kept for fiction where a country has such. Elsewhere they only look right: somebody may have such a
/// number, as somebody may bear one of the invented names, so no sample is to be dialled.
/// The output is for demonstrations and tests; it is repeatable and therefore never a source of secrets.
///
/// Contact 0 and account 0 are written by hand and the same in every data set, with every field filled.
package struct SampleGenerator: Sendable {
    package let seed: UInt64
    package let counts: SampleCounts
    /// The day on which the data set is set: open deals close after it (or are late), everything else lies before it.
    package let asOf: SampleDay

    package static let defaultDay = SampleDay(year: 2026, month: 1, day: 1)

    package init(seed: UInt64 = 1, counts: SampleCounts = SampleCounts(), asOf: SampleDay = SampleGenerator.defaultDay) {
        self.seed = seed
        self.counts = counts
        self.asOf = asOf
    }

    /// Traps when `index` is not below the count of `entity`.
    package func record(_ entity: SampleEntity, _ index: Int) -> SampleRecord {
        precondition(index >= 0 && index < counts[entity], "no sample of this index")
        return switch entity {
        case .account: account(index)
        case .contact: contact(index)
        case .lead: lead(index)
        case .deal: deal(index)
        case .activity: activity(index)
        case .task: task(index)
        }
    }

    func dice(_ entity: SampleEntity, _ index: Int) -> Dice {
        Dice(seed: seed, entity: entity, index: index)
    }
}

/// All records in order of dependency, so that a reader meets every record before the first reference to it.
extension SampleGenerator: Sequence {
    package struct Iterator: IteratorProtocol, Sendable {
        private let generator: SampleGenerator
        private var remaining = SampleEntity.allCases[...]
        private var index = 0

        init(_ generator: SampleGenerator) {
            self.generator = generator
        }

        package mutating func next() -> SampleRecord? {
            while let entity = remaining.first {
                if index < generator.counts[entity] {
                    defer { index += 1 }
                    return generator.record(entity, index)
                }
                remaining.removeFirst()
                index = 0
            }
            return nil
        }
    }

    package func makeIterator() -> Iterator { Iterator(self) }

    package var underestimatedCount: Int { counts.total }
}
