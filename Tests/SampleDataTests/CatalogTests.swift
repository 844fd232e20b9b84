import SampleData
import Testing

struct CatalogTests {
    private let generator = SampleGenerator(seed: 11, counts: .scaled(toPeople: 4000))

    @Test(arguments: SampleEntity.allCases)
    func `every value has the shape that the catalog gives its field`(entity: SampleEntity) {
        let shapes = CatalogShape.fields(entity)
        for index in 0..<generator.counts[entity] {
            let record = generator.record(entity, index)
            var names: Set<String> = []
            for field in record.fields {
                guard let shape = shapes[field.name] else {
                    Issue.record("\(entity) has no field \(field.name)")
                    continue
                }
                if !shape.admits(field.value, in: record, counts: generator.counts) {
                    Issue.record("\(entity) \(index): \(field.name) is \(field.value)")
                }
                if !names.insert(field.name).inserted { Issue.record("\(entity) \(index): \(field.name) occurs twice") }
            }
            for name in CatalogShape.required[entity] ?? [] where record[name] == nil {
                Issue.record("\(entity) \(index) lacks \(name)")
            }
        }
    }

    @Test(arguments: SampleEntity.allCases)
    func `every field and every choice occurs somewhere`(entity: SampleEntity) {
        var seen: Set<String> = []
        for index in 0..<generator.counts[entity] {
            for field in generator.record(entity, index).fields {
                seen.insert(field.name)
                if case .text(let text) = field.value { seen.insert(field.name + "=" + text) }
            }
        }
        for (name, shape) in CatalogShape.fields(entity) {
            #expect(seen.contains(name), "\(entity).\(name)")
            guard case .choice(let choices) = shape else { continue }
            for choice in choices { #expect(seen.contains(name + "=" + choice)) }
        }
    }

    @Test func `the first contact has every field and an account`() {
        let contact = generator.record(.contact, 0)
        #expect(Set(contact.fields.map(\.name)) == Set(CatalogShape.fields(.contact).keys))
        #expect(contact["account_id"] == .reference(.account, 0))
        #expect(contact["given_name"] == .text("Zoë"))
    }

    @Test func `the first deal, activities and task are with the first contact`() {
        for record in [generator.record(.deal, 0), generator.record(.activity, 0), generator.record(.task, 0)] {
            #expect(record["contact_id"] == .reference(.contact, 0))
            #expect(record["account_id"] == .reference(.account, 0))
        }
    }
}
