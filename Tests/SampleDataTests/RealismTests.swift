import SampleData
import Testing

struct RealismTests {
    @Test func `e-mail addresses and external ids are unique among 20,000 people and their leads`() {
        let generator = SampleGenerator(seed: 9, counts: .scaled(toPeople: 20_000))
        var emails: Set<String> = []
        var ids: Set<String> = []
        var repeated: [String] = []
        for record in generator {
            if case .text(let email) = record["email"], !emails.insert(email).inserted { repeated.append(email) }
            guard case .text(let id) = record["external_id"] else {
                Issue.record("no external id")
                continue
            }
            if !ids.insert(id).inserted { repeated.append(id) }
        }
        #expect(repeated.isEmpty)
        #expect(ids.count == generator.counts.total)
        #expect(emails.count > 20_000)
    }

    @Test func `external ids have six digits and more where needed`() {
        #expect(SampleRecord.externalID(.contact, 123) == "sample-contact-000123")
        #expect(SampleRecord.externalID(.task, 12_345_678) == "sample-task-12345678")
    }

    @Test func `names of 2,000 people are written in at least eight scripts`() {
        let generator = SampleGenerator(seed: 1, counts: .scaled(toPeople: 2000))
        var counts: [String: Int] = [:]
        var countries: Set<String> = []
        for index in 0..<2000 {
            let record = generator.record(.contact, index)
            if case .text(let country) = record["country"] { countries.insert(country) }
            guard case .text(let given) = record["given_name"], case .text(let family) = record["family_name"] else { continue }
            let scripts = Set((given + family).unicodeScalars.compactMap(script(of:)))
            for script in scripts { counts[script, default: 0] += 1 }
        }
        let expected = ["Latin", "Cyrillic", "Greek", "Hebrew", "Arabic", "Devanagari", "Thai", "Kana", "Han", "Hangul"]
        for script in expected { #expect(counts[script, default: 0] >= 10, "\(script)") }
        #expect(countries.count >= 18)
    }

    @Test func `only a lost deal says why`() {
        let generator = SampleGenerator(seed: 4, counts: .scaled(toPeople: 3000))
        var stages: [String: Int] = [:]
        for index in 0..<generator.counts.deals {
            let deal = generator.record(.deal, index)
            guard case .text(let stage) = deal["stage"], case .text(let opened) = deal["opened_on"] else {
                Issue.record("deal \(index) lacks stage or opening")
                continue
            }
            stages[stage, default: 0] += 1
            #expect((deal["lost_reason"] != nil) == (stage == "lost"))
            if case .text(let close) = deal["close_date"] {
                #expect(opened < close)
                if stage == "won" || stage == "lost" { #expect(close < "2026-01-01") }
            }
        }
        #expect(stages.values.allSatisfy { $0 > 50 })
    }

    @Test func `activities and tasks are about a contact or a lead, never both`() {
        let generator = SampleGenerator(seed: 4, counts: .scaled(toPeople: 3000))
        for record in generator where record.entity == .activity || record.entity == .task {
            #expect(record["contact_id"] == nil || record["lead_id"] == nil)
        }
    }

    @Test func `deals and activities name the account of their contact`() {
        let generator = SampleGenerator(seed: 6, counts: .scaled(toPeople: 1000))
        for record in generator {
            guard record.entity != .contact, case .reference(.contact, let index) = record["contact_id"] else { continue }
            #expect(record["account_id"] == generator.record(.contact, index)["account_id"])
        }
    }

    @Test func `nothing happened after the last activity of its contact`() {
        let generator = SampleGenerator(seed: 6, counts: .scaled(toPeople: 1000))
        for index in 0..<generator.counts.activities {
            let record = generator.record(.activity, index)
            guard case .reference(.contact, let contact) = record["contact_id"], case .text(let when) = record["occurred_at"],
                case .text(let last) = generator.record(.contact, contact)["last_activity_at"]
            else { continue }
            #expect(when <= last)
        }
    }

    @Test func `some people lack phones, addresses or a firm, and a few have special data`() {
        let generator = SampleGenerator(seed: 8, counts: .scaled(toPeople: 5000))
        func share(_ name: String) -> Double {
            Double((0..<5000).count { generator.record(.contact, $0)[name] != nil }) / 5000
        }
        for name in ["email", "phone", "mobile", "street", "account_id", "honorific", "middle_name", "birth_date", "notes"] {
            #expect((0.1...0.95).contains(share(name)), "\(name)")
        }
        for name in ["national_id", "health_notes", "bank_account"] { #expect((0.01...0.1).contains(share(name)), "\(name)") }
    }

    private func script(of scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 0x41...0x5A, 0x61...0x7A, 0xC0...0x24F, 0x1E00...0x1EFF: "Latin"
        case 0x370...0x3FF: "Greek"
        case 0x400...0x4FF: "Cyrillic"
        case 0x590...0x5FF: "Hebrew"
        case 0x600...0x6FF: "Arabic"
        case 0x900...0x97F: "Devanagari"
        case 0xE00...0xE7F: "Thai"
        case 0x3040...0x30FF: "Kana"
        case 0x3400...0x9FFF: "Han"
        case 0xAC00...0xD7AF: "Hangul"
        default: nil
        }
    }
}
