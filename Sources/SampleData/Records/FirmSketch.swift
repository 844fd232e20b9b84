/// What other records need to know of a firm: the first draws of its stream.
struct FirmSketch {
    let locale: SampleLocale
    let name: String
    /// A name under `.example`, which RFC 2606 reserves.
    let domain: String
    let owner: Owner?

    init(locale: SampleLocale, name: String, domain: String, owner: Owner?) {
        self.locale = locale
        self.name = name
        self.domain = domain
        self.owner = owner
    }

    init(locale: SampleLocale, dice: inout Dice) {
        let stem = dice.pick(locale.firms.stems)
        let trade = dice.pick(locale.firms.trades)
        let form = dice.pick(locale.firms.legalForms)
        var line = TextLine(capacity: 96)
        for byte in locale.firms.order.utf8 {
            switch byte {
            case UInt8(ascii: "S"): line.append(stem.native)
            case UInt8(ascii: "T"): line.append(trade.native)
            case UInt8(ascii: "F"): line.append(form)
            default: line.append(byte: byte)
            }
        }
        self.locale = locale
        name = line.string
        domain = stem.ascii + "-" + trade.ascii + ".example"
        owner = Owner.drawn(by: &dice)
    }
}

extension SampleGenerator {
    /// The firm of account `index`, with the dice as they lie after drawing it.
    func firm(ofAccount index: Int) -> (FirmSketch, Dice) {
        var dice = dice(.account, index)
        if index == 0 { return (FirstContact.firm, dice) }
        let locale = SampleLocale.drawn(by: &dice)
        return (FirmSketch(locale: locale, dice: &dice), dice)
    }
}
