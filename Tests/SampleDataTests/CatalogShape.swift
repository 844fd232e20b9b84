import SampleData

/// What `policies/catalog` says of the fields that samples may have, repeated here so that these tests read no files.
enum FieldShape {
    case text(max: Int)
    case longtext, email, phone, url, country, currency, money, date, timestamp, integer, boolean, user, team
    case choice([String])
    case reference(SampleEntity)
}

enum CatalogShape {
    static let required: [SampleEntity: [String]] = [.account: ["name"], .activity: ["kind"], .deal: ["name"], .task: ["title"]]

    static func fields(_ entity: SampleEntity) -> [String: FieldShape] {
        var fields = ownFields(entity)
        fields["external_id"] = .text(max: 120)
        fields["owner_id"] = .user
        fields["team_id"] = .team
        return fields
    }

    private static let sources = ["web", "referral", "event", "import", "partner", "other"]

    private static func ownFields(_ entity: SampleEntity) -> [String: FieldShape] {
        switch entity {
        case .account:
            [
                "name": .text(max: 200), "industry": .text(max: 80), "website": .url, "phone": .phone, "country": .country,
                "city": .text(max: 120), "employees": .integer, "annual_revenue": .money, "currency": .currency,
                "founded_year": .integer, "parent_id": .reference(.account), "notes": .longtext,
            ]
        case .contact:
            [
                "honorific": .text(max: 40), "given_name": .text(max: 120), "middle_name": .text(max: 120),
                "family_name": .text(max: 120), "email": .email, "phone": .phone, "mobile": .phone,
                "job_title": .text(max: 160), "birth_date": .date, "street": .text(max: 200), "city": .text(max: 120),
                "region": .text(max: 120), "postal_code": .text(max: 20), "country": .country, "national_id": .text(max: 40),
                "health_notes": .longtext, "bank_account": .text(max: 40), "account_id": .reference(.account),
                "lifecycle": .choice(["prospect", "customer", "former"]), "source": .choice(sources),
                "last_activity_at": .timestamp, "notes": .longtext,
            ]
        case .lead:
            [
                "given_name": .text(max: 120), "family_name": .text(max: 120), "email": .email, "phone": .phone,
                "job_title": .text(max: 160), "company": .text(max: 200), "website": .url, "country": .country,
                "status": .choice(["new", "working", "qualified", "unqualified", "converted"]), "source": .choice(sources),
                "estimated_value": .money, "currency": .currency, "notes": .longtext,
            ]
        case .deal:
            [
                "name": .text(max: 200), "account_id": .reference(.account), "contact_id": .reference(.contact),
                "pipeline": .choice(["new-business", "renewal", "partner"]),
                "stage": .choice(["prospecting", "engaging", "proposal", "negotiation", "won", "lost"]),
                "product": .text(max: 120), "amount": .money, "currency": .currency, "opened_on": .date, "close_date": .date,
                "lost_reason": .text(max: 400), "notes": .longtext,
            ]
        case .activity:
            [
                "kind": .choice(["call", "email", "meeting", "note", "visit", "message"]),
                "direction": .choice(["inbound", "outbound"]), "topic": .text(max: 400), "body": .longtext,
                "occurred_at": .timestamp, "minutes": .integer, "contact_id": .reference(.contact),
                "lead_id": .reference(.lead), "account_id": .reference(.account), "deal_id": .reference(.deal),
            ]
        case .task:
            [
                "title": .text(max: 400), "notes": .longtext, "status": .choice(["open", "done", "cancelled"]),
                "priority": .choice(["low", "normal", "high"]), "due_on": .date, "is_private": .boolean,
                "contact_id": .reference(.contact), "lead_id": .reference(.lead), "account_id": .reference(.account),
                "deal_id": .reference(.deal),
            ]
        }
    }
}

extension FieldShape {
    /// Whether `value` has this shape; `counts` tells which references exist, `record` which ones come earlier.
    func admits(_ value: SampleValue, in record: SampleRecord, counts: SampleCounts) -> Bool {
        switch (self, value) {
        case (.text(let max), .text(let text)): !text.isEmpty && text.unicodeScalars.count <= max && !text.contains("\n")
        case (.longtext, .text(let text)): !text.isEmpty && text.utf8.count <= 20_000
        case (.email, .text(let text)): isEmail(text)
        case (.phone, .text(let text)): isPhone(text)
        case (.url, .text(let text)): text.hasPrefix("https://") && text.hasSuffix(".example")
        case (.country, .text(let text)): text.wholeMatch(of: /[A-Z]{2}/) != nil
        case (.currency, .text(let text)): text.wholeMatch(of: /[A-Z]{3}/) != nil
        case (.money, .text(let text)): text.wholeMatch(of: /[1-9][0-9]*(\.[0-9]{2})?/) != nil && record["currency"] != nil
        case (.date, .text(let text)): SampleDay(text) != nil
        case (.timestamp, .text(let text)):
            SampleDay(String(text.prefix(10))) != nil
                && text.dropFirst(10).wholeMatch(of: /T([01][0-9]|2[0-3]):[0-5][0-9]:00Z/) != nil
        case (.integer, .integer(let number)): number > 0
        case (.boolean, .boolean): true
        case (.user, .text(let text)): ["ann", "ben", "chidi", "dana", "emre", "fatima"].contains(text)
        case (.team, .text(let text)): ["north", "south", "west"].contains(text)
        case (.choice(let choices), .text(let text)): choices.contains(text)
        case (.reference(let entity), .reference(let other, let index)):
            other == entity && index >= 0 && index < counts[entity] && (record.entity != entity || index < record.index)
        default: false
        }
    }

    private func isEmail(_ text: String) -> Bool {
        guard let match = text.wholeMatch(of: /([a-z0-9._]{1,64})@([a-z0-9.-]{1,180})/) else { return false }
        return !match.1.contains("..") && !match.1.hasPrefix(".") && isReserved(String(match.2))
    }

    /// RFC 2606: `.example`, and the second-level names that IANA holds.
    private func isReserved(_ domain: String) -> Bool {
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy({ !$0.isEmpty && !$0.hasPrefix("-") && !$0.hasSuffix("-") }) else { return false }
        if labels.last == "example" { return true }
        return ["example.com", "example.org", "example.net"].contains(labels.suffix(2).joined(separator: "."))
    }

    /// `+`, and 8 to 15 digits (E.164) with single signs between them.
    private func isPhone(_ text: String) -> Bool {
        guard text.hasPrefix("+"), text.utf8.allSatisfy({ "+0123456789 ()-.".utf8.contains($0) }) else { return false }
        return (8...15).contains(text.utf8.count { (0x30...0x39).contains($0) })
    }
}
