extension SampleGenerator {
    func contact(_ index: Int) -> SampleRecord {
        if index == 0 { return FirstContact.contact(asOf: asOf, hasAccount: counts.accounts > 0) }
        var (sketch, dice) = sketch(ofContact: index)
        var record = SampleRecord(.contact, index)
        let isSparse = dice.chance(12)
        setName(sketch.person, isSparse: isSparse, in: &record, with: &dice)
        if dice.chance(isSparse ? 60 : 94) {
            let domain = dice.chance(75) ? sketch.firm?.domain : nil
            record.set(
                "email",
                sketch.person.email(
                    suffix: String(index), domain: domain ?? dice.pick(PersonSketch.mailboxDomains), dice: &dice))
        }
        let born = asOf.adding(days: -dice.roll(in: 8_000...27_000))
        setReach(sketch.person.locale, isSparse: isSparse, born: born, in: &record, with: &dice)
        setSpecial(sketch.person.locale, born: born, in: &record, with: &dice)
        record.set("account_id", .account, sketch.accountIndex)
        record.set("lifecycle", sketch.lifecycle)
        if dice.chance(90) { record.set("source", dice.pick(Choices.sources)) }
        record.set(owner: sketch.owner)
        record.set("last_activity_at", sketch.lastActivity.text(before: asOf))
        if dice.chance(40) { record.set("notes", dice.note(in: sketch.person.locale)) }
        return record
    }

    private func setName(
        _ person: PersonSketch, isSparse: Bool, in record: inout SampleRecord, with dice: inout Dice
    ) {
        let names = person.locale.names
        if !isSparse && dice.chance(55) {
            record.set("honorific", dice.pick(person.isWoman ? names.titlesOfWomen : names.titlesOfMen))
        }
        record.set("given_name", person.given.native)
        let middle = person.isWoman ? names.middleOfWomen : names.middleOfMen
        if !middle.isEmpty && dice.chance(names.middlePercent) {
            let name = dice.pick(middle)
            if name != person.given.native { record.set("middle_name", name) }
        }
        record.set("family_name", person.family.native)
    }

    /// Phones, work, birthday and address.
    private func setReach(
        _ locale: SampleLocale, isSparse: Bool, born: SampleDay, in record: inout SampleRecord, with dice: inout Dice
    ) {
        let city = dice.pick(locale.places.cities)
        if !isSparse {
            if dice.chance(60) { record.set("phone", dice.phone(city.landline)) }
            if dice.chance(65) { record.set("mobile", dice.phone(dice.pick(locale.numbers.mobiles))) }
            if dice.chance(85) { record.set("job_title", dice.pick(locale.firms.jobs)) }
            if dice.chance(50) { record.set("birth_date", born.text) }
            if dice.chance(75) {
                record.set("street", dice.fill(dice.pick(locale.places.streetLines), word: dice.pick(locale.places.streets)))
                record.set("city", city.name)
                if !city.region.isEmpty { record.set("region", city.region) }
                record.set("postal_code", dice.fill(city.postalCode))
            }
        }
        if dice.chance(97) { record.set("country", locale.country) }
    }

    /// The few fields that hardly anybody may see.
    private func setSpecial(
        _ locale: SampleLocale, born: SampleDay, in record: inout SampleRecord, with dice: inout Dice
    ) {
        if dice.chance(7) {
            record.set("national_id", dice.fill(dice.pick(locale.numbers.nationalIDs), born: born))
        }
        if dice.chance(4) { record.set("health_notes", dice.pick(Prose.healthNotes)) }
        if dice.chance(6) { record.set("bank_account", dice.fill(dice.pick(locale.numbers.bankAccounts))) }
    }
}
