extension SampleGenerator {
    func account(_ index: Int) -> SampleRecord {
        if index == 0 { return FirstContact.account() }
        var (firm, dice) = firm(ofAccount: index)
        let locale = firm.locale
        let city = dice.pick(locale.places.cities)
        var record = SampleRecord(.account, index)
        record.set("name", firm.name)
        let isSparse = dice.chance(8)
        if !isSparse {
            record.set("industry", dice.pick(Prose.industries))
            record.set("website", "https://www." + firm.domain)
            if dice.chance(85) { record.set("phone", dice.phone(city.landline)) }
        }
        record.set("country", locale.country)
        if !isSparse {
            record.set("city", city.name)
            // Three draws multiplied: most firms are small, a few have thousands of people.
            let employees = 2 + dice.roll(in: 1...20) * dice.roll(in: 1...20) * dice.roll(in: 1...25)
            record.set("employees", employees)
            if dice.chance(75) {
                record.set("annual_revenue", locale.price(euros: employees * dice.roll(in: 8_000...19_000)))
                record.set("currency", locale.currency)
            }
            record.set("founded_year", asOf.parts.year - 1 - dice.roll(in: 1...10) * dice.roll(in: 0...12))
            if dice.chance(10) { record.set("parent_id", .account, dice.roll(index)) }
        }
        record.set(owner: firm.owner)
        if dice.chance(30) { record.set("notes", dice.note(in: locale)) }
        return record
    }
}
