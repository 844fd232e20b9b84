/// Whom a deal is with: the first draws of its stream.
struct DealSketch {
    let contactIndex: Int?
    let accountIndex: Int?
    let locale: SampleLocale
    let firmName: String?
    let owner: Owner?
}

extension SampleGenerator {
    func sketch(ofDeal index: Int) -> (DealSketch, Dice) {
        var dice = dice(.deal, index)
        // One deal in twelve is with a firm alone; deal 0 is open and with contact 0.
        if counts.people > 0 && (index == 0 || counts.accounts == 0 || dice.roll(12) > 0) {
            let contactIndex = index == 0 ? 0 : dice.roll(counts.people)
            let contact = sketch(ofContact: contactIndex).0
            let sketch = DealSketch(
                contactIndex: contactIndex, accountIndex: contact.accountIndex,
                locale: contact.firm?.locale ?? contact.person.locale, firmName: contact.firm?.name, owner: contact.owner)
            return (sketch, dice)
        }
        guard counts.accounts > 0 else {
            let locale = SampleLocale.drawn(by: &dice)
            return (DealSketch(contactIndex: nil, accountIndex: nil, locale: locale, firmName: nil, owner: nil), dice)
        }
        let accountIndex = dice.roll(counts.accounts)
        let firm = firm(ofAccount: accountIndex).0
        let sketch = DealSketch(
            contactIndex: nil, accountIndex: accountIndex, locale: firm.locale, firmName: firm.name, owner: firm.owner)
        return (sketch, dice)
    }

    func deal(_ index: Int) -> SampleRecord {
        var (sketch, dice) = sketch(ofDeal: index)
        let product = dice.pick(Prose.products)
        var record = SampleRecord(.deal, index)
        record.set("name", sketch.firmName.map { product + " – " + $0 } ?? product)
        record.set("account_id", .account, sketch.accountIndex)
        record.set("contact_id", .contact, sketch.contactIndex)
        record.set("pipeline", dice.pick(Choices.pipelines))
        setCourse(product: product, of: sketch, in: &record, with: &dice)
        record.set(owner: sketch.owner)
        if dice.chance(35) { record.set("notes", dice.note(in: sketch.locale)) }
        return record
    }

    private func setCourse(
        product: String, of sketch: DealSketch, in record: inout SampleRecord, with dice: inout Dice
    ) {
        let fate = record.index == 0 ? 99 : dice.roll(100)
        let stage = fate < 30 ? "won" : fate < 52 ? "lost" : dice.pick(Choices.openStages)
        let isClosed = fate < 52
        record.set("stage", stage)
        record.set("product", product)
        if isClosed || dice.chance(90) {
            record.set("amount", sketch.locale.price(euros: dice.roll(in: 10...160) * dice.roll(in: 30...700)))
            record.set("currency", sketch.locale.currency)
        }
        // One closed deal in fifty is older than the ten years that the books are kept; one open deal in ten is late.
        let closesIn =
            isClosed
            ? (dice.roll(50) == 0 ? -dice.roll(in: 3_700...4_600) : -dice.roll(in: 1...1_000))
            : (dice.chance(10) ? -dice.roll(in: 1...40) : dice.roll(in: 1...240))
        let openedBefore = dice.roll(in: 20...200)
        record.set("opened_on", asOf.adding(days: Swift.min(closesIn - openedBefore, -dice.roll(in: 1...90))).text)
        if isClosed || dice.chance(85) { record.set("close_date", asOf.adding(days: closesIn).text) }
        if stage == "lost" { record.set("lost_reason", dice.pick(Prose.lostReasons)) }
    }
}
