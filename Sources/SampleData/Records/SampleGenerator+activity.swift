extension SampleGenerator {
    func activity(_ index: Int) -> SampleRecord {
        var dice = dice(.activity, index)
        let occasion = occasion(index: index, with: &dice)
        let kind = dice.pick(Choices.activityKinds)
        var record = SampleRecord(.activity, index)
        record.set("kind", kind)
        if ["call", "email", "message"].contains(kind) { record.set("direction", dice.pick(Choices.directions)) }
        if dice.chance(92) { record.set("topic", dice.phrase(Prose.topics, about: occasion.about)) }
        if dice.chance(60) { record.set("body", dice.note(in: occasion.locale)) }
        let earlier = PastMoment(daysAgo: (occasion.lastActivity?.daysAgo ?? 0) + dice.roll(in: 1...700), dice: &dice)
        let moment = dice.chance(40) ? occasion.lastActivity ?? earlier : earlier
        record.set("occurred_at", moment.text(before: asOf))
        if ["call", "meeting", "visit"].contains(kind) {
            record.set("minutes", kind == "call" ? dice.roll(in: 1...45) : dice.roll(in: 2...16) * 15)
        }
        record.set(occasion)
        return record
    }
}
