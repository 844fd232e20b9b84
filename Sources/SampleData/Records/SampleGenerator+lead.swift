extension SampleGenerator {
    func lead(_ index: Int) -> SampleRecord {
        var (sketch, dice) = sketch(ofLead: index)
        let person = sketch.person
        let locale = person.locale
        let firm = FirmSketch(locale: locale, dice: &dice)
        let isSparse = dice.chance(20)
        var record = SampleRecord(.lead, index)
        if !isSparse || dice.chance(50) { record.set("given_name", person.given.native) }
        record.set("family_name", person.family.native)
        if dice.chance(isSparse ? 70 : 92) {
            let domain = dice.chance(60) ? firm.domain : dice.pick(PersonSketch.mailboxDomains)
            record.set("email", person.email(suffix: "l" + String(index), domain: domain, dice: &dice))
        }
        if !isSparse {
            if dice.chance(60) {
                let isMobile = dice.chance(60)
                let pattern = isMobile ? dice.pick(locale.numbers.mobiles) : dice.pick(locale.places.cities).landline
                record.set("phone", dice.phone(pattern))
            }
            if dice.chance(65) { record.set("job_title", dice.pick(locale.firms.jobs)) }
            if dice.chance(85) { record.set("company", firm.name) }
            if dice.chance(50) { record.set("website", "https://" + firm.domain) }
        }
        if dice.chance(95) { record.set("country", locale.country) }
        record.set("status", dice.pick(Choices.leadStatuses))
        record.set("source", dice.pick(Choices.sources))
        if !isSparse && dice.chance(50) {
            record.set("estimated_value", locale.price(euros: dice.roll(in: 10...120) * dice.roll(in: 20...400)))
            record.set("currency", locale.currency)
        }
        record.set(owner: sketch.owner)
        if dice.chance(35) { record.set("notes", dice.note(in: locale)) }
        return record
    }
}
