/// Whom an activity or a task is about: a contact or a lead, never both, and seldom a firm alone.
struct Occasion {
    var contactIndex: Int?
    var leadIndex: Int?
    var accountIndex: Int?
    var dealIndex: Int?
    let locale: SampleLocale
    /// The given name, or the name of the firm where there is no person.
    let about: String
    let owner: Owner?
    /// The last activity with the person, after which nothing happened; nil where none is on record.
    var lastActivity: PastMoment?
}

extension SampleGenerator {
    /// The first three occasions of each entity are with contact 0.
    func occasion(index: Int, with dice: inout Dice) -> Occasion {
        let manner = index < 3 ? 99 : dice.roll(100)
        if manner < 20 && counts.leads > 0 { return occasion(withLead: dice.roll(counts.leads)) }
        if manner < 24 && counts.accounts > 0 { return occasion(withAccount: dice.roll(counts.accounts)) }
        if manner < 50 && counts.deals > 0 { return occasion(onDeal: dice.roll(counts.deals)) }
        if counts.people > 0 { return occasion(withContact: index < 3 ? 0 : dice.roll(counts.people)) }
        if counts.leads > 0 { return occasion(withLead: dice.roll(counts.leads)) }
        let locale = SampleLocale.drawn(by: &dice)
        return Occasion(locale: locale, about: "the team", owner: Owner.drawn(by: &dice))
    }

    private func occasion(withContact index: Int) -> Occasion {
        let contact = sketch(ofContact: index).0
        return Occasion(
            contactIndex: index, accountIndex: contact.accountIndex, locale: contact.person.locale,
            about: contact.person.given.native, owner: contact.owner, lastActivity: contact.lastActivity)
    }

    private func occasion(withLead index: Int) -> Occasion {
        let lead = sketch(ofLead: index).0
        return Occasion(
            leadIndex: index, locale: lead.person.locale, about: lead.person.given.native, owner: lead.owner)
    }

    private func occasion(withAccount index: Int) -> Occasion {
        let firm = firm(ofAccount: index).0
        return Occasion(accountIndex: index, locale: firm.locale, about: firm.name, owner: firm.owner)
    }

    private func occasion(onDeal index: Int) -> Occasion {
        let deal = sketch(ofDeal: index).0
        var occasion: Occasion
        if let contactIndex = deal.contactIndex {
            occasion = self.occasion(withContact: contactIndex)
        } else if let accountIndex = deal.accountIndex {
            occasion = self.occasion(withAccount: accountIndex)
        } else {
            occasion = Occasion(locale: deal.locale, about: "the team", owner: deal.owner)
        }
        occasion.dealIndex = index
        return occasion
    }
}

extension SampleRecord {
    mutating func set(_ occasion: Occasion) {
        set("contact_id", .contact, occasion.contactIndex)
        set("lead_id", .lead, occasion.leadIndex)
        set("account_id", .account, occasion.accountIndex)
        set("deal_id", .deal, occasion.dealIndex)
        set(owner: occasion.owner)
    }
}
