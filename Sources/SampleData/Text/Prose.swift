/// The English stock texts of notes, topics and titles. `$` stands for a given name or a product.
enum Prose {
    static let products = """
        Harbour Basic, Harbour Plus, Lantern Pro, Lantern Teams, Orchard Suite, Tidepool Storage, Kestrel Gateway,
        Meadow Support, Quarry Analytics, Ferry Integration, Lighthouse Training, Compass Audit
        """.entries

    static let industries = """
        Agriculture, Construction, Education, Energy, Food and drink, Health care, Hospitality, Information technology,
        Logistics, Manufacturing, Media, Pharmaceuticals, Public sector, Retail, Telecommunications, Textiles
        """.entries

    static let lostReasons = """
        Price: a cheaper offer came two days earlier.
        No budget this year.
        The project was stopped by the new board.
        A feature that they need is missing.
        No decision after four reminders.
        They stay with the present supplier.
        Delivery would have come too late.
        Data has to stay in the country; we could not promise that.
        """.entryLines

    static let notes = """
        Met at the spring fair and asked for a second demonstration.
        Decides together with the finance department.
        Wants the offer as a PDF, not as a link.
        Was unhappy with the invoice format; solved after one call.
        Knows the product from an earlier employer.
        Asked twice where the data is stored.
        Reads every contract to the last page.
        Interested in training for about a dozen colleagues.
        Budget is fixed in the third quarter.
        Mentioned that a merger is being prepared; treat as confidential.
        Please do not call on the private number again.
        Birthday wishes were well received last year.
        Moved to the new office; the old address is out of date.
        Likes to compare three variants before choosing the middle one.
        Speaks for the whole region, but signs only up to a limit.
        The assistant handles the calendar; be kind to the assistant.
        Sent a long list of questions, all of them good.
        Wrote «maybe» in the subject and "never" in the text – ask again in spring.
        Second site opens soon, with the same needs on a smaller scale.
        Had trouble signing in; the cause was an old browser.
        Prefers short sentences. So do we.
        Pilot group: four people, six weeks, one report at the end.
        """.entryLines

    static let healthNotes = """
        Uses a wheelchair; needs a step-free meeting room.
        Severe nut allergy; tell the caterer.
        Hearing aid on the left side; sit to the right and avoid loud places.
        Type 1 diabetes; plan breaks every two hours.
        Wenig Sehkraft: Unterlagen bitte in großer Schrift.
        Migraines; prefers meetings without bright screens.
        On parental leave until autumn, pregnant with twins.
        Allergie sévère aux crustacés.
        Recovering from a hip operation; no travel before summer.
        Asked for a quiet room because of an anxiety disorder.
        """.entryLines

    static let topics = """
        $ asked for a new offer
        Follow-up with $
        First talk with $
        Renewal: what $ wants
        Complaint of $ about the last delivery
        Demonstration for $ and two colleagues
        Invoice question from $
        Contract review with $
        $ is on holiday, deputy named
        Short check-in with $
        """.entryLines

    static let titles = """
        Send the offer to $
        Call $ back
        Prepare the contract for $
        Ask $ for the signed data processing agreement
        Book a room for the visit of $
        Correct the address of $
        Remind $ of the open invoice
        Collect references for $
        Update the forecast before talking to $
        Thank $ for the referral
        """.entryLines
}

extension Dice {
    mutating func phrase(_ stock: [String], about word: String) -> String {
        let sentence = pick(stock)
        guard sentence.utf8.contains(UInt8(ascii: "$")) else { return sentence }
        var line = TextLine(capacity: sentence.utf8.count + word.utf8.count)
        for byte in sentence.utf8 {
            if byte == UInt8(ascii: "$") { line.append(word) } else { line.append(byte: byte) }
        }
        return line.string
    }

    /// One to three sentences, often one of them in the language of the country; in one note of thirty some dozens of
    /// sentences in paragraphs.
    mutating func note(in locale: SampleLocale) -> String {
        let isLong = roll(30) == 0
        let sentences = isLong ? roll(in: 20...60) : roll(in: 1...3)
        let first = roll(Prose.notes.count)
        let remarkAt = chance(60) ? roll(3) : -1
        var line = TextLine(capacity: sentences * 64)
        for number in 0..<sentences {
            if number > 0 { line.append(number % 8 == 0 ? "\n\n" : " ") }
            // A walk through the stock, so that neighbours differ.
            line.append(
                number % 8 == remarkAt ? pick(locale.remarks) : Prose.notes[(first + number * 7) % Prose.notes.count])
        }
        return line.string
    }
}
