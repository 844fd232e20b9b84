/// The contact and the account that the documents show, the same in every data set. Numbers are in the Ofcom ranges for
/// drama, the insurance number has the prefix QQ and the bank account check digits 00, none of which is ever given out.
enum FirstContact {
    static let firm = FirmSketch(
        locale: .british, name: "Thistledown Instruments Ltd", domain: "thistledown-instruments.example", owner: Owner.all[0])

    static let person = PersonSketch(
        locale: .british, isWoman: true, given: Word("Zoë"), family: Word("Larkspur"))

    static let lastActivity = PastMoment(daysAgo: 9, minuteOfDay: 10 * 60 + 30)

    static func sketch(hasAccount: Bool) -> ContactSketch {
        ContactSketch(
            person: person, accountIndex: hasAccount ? 0 : nil, firm: hasAccount ? firm : nil, owner: firm.owner,
            lastActivity: lastActivity, lifecycle: "customer")
    }

    static func contact(asOf: SampleDay, hasAccount: Bool) -> SampleRecord {
        var record = SampleRecord(.contact, 0)
        record.set("honorific", "Dr")
        record.set("given_name", person.given.native)
        record.set("middle_name", "Imogen")
        record.set("family_name", person.family.native)
        record.set("email", "zoe.larkspur@" + firm.domain)
        record.set("phone", "+44 117 496 0142")
        record.set("mobile", "+44 7700 900142")
        record.set("job_title", "Head of Procurement")
        record.set("birth_date", "1984-05-17")
        record.set("street", "14 Saddler's Row")
        record.set("city", "Bristol")
        record.set("region", "Bristol")
        record.set("postal_code", "BS1 4QQ")
        record.set("country", "GB")
        record.set("national_id", "QQ 12 34 56 C")
        record.set("health_notes", "Severe nut allergy; tell the caterer.")
        record.set("bank_account", "GB00 LARK 0000 0012 3456 78")
        record.set("account_id", .account, hasAccount ? 0 : nil)
        record.set("lifecycle", "customer")
        record.set("source", "event")
        record.set(owner: firm.owner)
        record.set("last_activity_at", lastActivity.text(before: asOf))
        record.set("notes", "Reads every contract to the last page. Prefers e-mail to calls, and calls to visits.")
        return record
    }

    static func account() -> SampleRecord {
        var record = SampleRecord(.account, 0)
        record.set("name", firm.name)
        record.set("industry", "Manufacturing")
        record.set("website", "https://www." + firm.domain)
        record.set("phone", "+44 117 496 0100")
        record.set("country", "GB")
        record.set("city", "Bristol")
        record.set("employees", 240)
        record.set("annual_revenue", "31500000.00")
        record.set("currency", "GBP")
        record.set("founded_year", 1926)
        record.set(owner: firm.owner)
        record.set("notes", "Family business in the fourth generation. Decisions take a month and then hold for a decade.")
        return record
    }
}
