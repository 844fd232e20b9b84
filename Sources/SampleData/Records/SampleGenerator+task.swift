extension SampleGenerator {
    func task(_ index: Int) -> SampleRecord {
        var dice = dice(.task, index)
        let occasion = occasion(index: index, with: &dice)
        let status = dice.pick(Choices.taskStatuses)
        var record = SampleRecord(.task, index)
        record.set("title", dice.phrase(Prose.titles, about: occasion.about))
        if dice.chance(25) { record.set("notes", dice.note(in: occasion.locale)) }
        record.set("status", status)
        record.set("priority", dice.pick(Choices.priorities))
        if dice.chance(85) {
            // Open tasks lie ahead, apart from those that are overdue.
            let days = status == "open" ? dice.roll(in: -20...60) : -dice.roll(in: 1...400)
            record.set("due_on", asOf.adding(days: days).text)
        }
        record.set("is_private", .boolean(dice.chance(8)))
        record.set(occasion)
        return record
    }
}
