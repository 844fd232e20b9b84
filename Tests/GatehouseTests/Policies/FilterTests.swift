import DataFormats
import Foundation
import Testing

/// `filter=` takes conditions over what the caller may see in the clear.
@Suite(.timeLimit(.minutes(15)))
struct FilterTests {
    private func day(_ days: Int) -> JSONValue {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withFullDate]
        return .string(formatter.string(from: Date(timeIntervalSinceNow: Double(days) * 86_400)))
    }

    @Test func `conditions over amounts, choices and times find what they say`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let rep = try await site.caller("sales-rep", user: unique("rep"))
        let product = unique("product")
        func deal(_ amount: JSONValue, _ stage: String, _ close: Int) async throws -> String {
            try await administrator.make(
                "deals",
                [
                    "name": "x", "product": .string(product), "amount": amount, "currency": "EUR", "stage": .string(stage), "close_date": day(close),
                ])
        }
        let soon = try await deal("1000.01", "won", 10)
        let later = try await deal("5000", "won", 60)
        let small = try await deal("1000", "negotiation", 10)
        let lost = try await deal("9000", "lost", 10)
        let none = try await administrator.make("deals", ["name": "x", "product": .string(product), "stage": "won"])
        func find(_ filter: String) async throws -> Set<String> {
            let answer = try await rep.filtered("deals", "product == '\(product)' && (\(filter))", "&count=true")
            let found = Set(answer.data.compactMap { $0["id"]?.stringValue })
            #expect(answer["count"] == .number(JSONNumber(Int64(found.count))), "\(filter): \(answer.text)")
            return found
        }
        #expect(try await find("amount > 1000 && stage in ['won','negotiation'] && close_date < now + duration('720h')") == [soon])
        #expect(try await find("record.amount > 1000 && record.stage in ['won', 'negotiation']") == [soon, later])
        #expect(try await find("amount <= 1000") == [small])
        // Of no amount nobody knows that it is not larger.
        #expect(try await find("!(amount > 1000)") == [small])
        #expect(try await find("amount == null") == [none])
        #expect(try await find("amount == null || amount > 1000") == [soon, later, lost, none])
        #expect(try await find("stage == 'lost' ? amount > 1 : close_date > now + duration('720h')") == [later, lost])
        #expect(
            try await find("name.startsWith('x') && size(name) == 1 && principal.roles.exists(r, r == 'sales-rep')") == [
                soon, later, small, lost, none,
            ])
        #expect(try await find("id in ['\(soon)', '\(lost)']") == [soon, lost])
        // Joined with the other parameters.
        let both = try await rep.filtered("deals", "amount > 1000", "&product=\(product)&sort=-amount&limit=2")
        #expect(both.data.compactMap { $0["id"]?.stringValue } == [lost, later])
        let rest = try await rep.filtered("deals", "amount > 1000", "&product=\(product)&sort=-amount&limit=2&cursor=\(both.next ?? "")")
        #expect(rest.data.compactMap { $0["id"]?.stringValue } == [soon])
        let other = try await rep.filtered("deals", "amount > 1001", "&product=\(product)&sort=-amount&limit=2&cursor=\(both.next ?? "")")
        #expect(other.code == "cursor-invalid")
        let link = try #require(both.headers["link"]?.split(separator: ">").first?.dropFirst())
        #expect(try await rep.get(String(link)).data.compactMap { $0["id"]?.stringValue } == [soon])
    }

    @Test func `sealed fields are decided by their opened values, wherever in the condition they stand`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        let source = unique("External")
        func contact(_ number: Int, _ body: JSONObject) async throws -> String {
            var body = body
            body["external_id"] = .string("\(source)-\(number)")
            return try await administrator.make("contacts", .object(body))
        }
        let ada = try await contact(1, ["family_name": .string("\(source)Byron"), "email": .string("ada@\(source).org"), "lifecycle": "customer"])
        let bob = try await contact(2, ["family_name": .string("\(source)Smith"), "phone": "+49 30 5550101", "lifecycle": "prospect"])
        let eve = try await contact(3, ["family_name": .string("\(source)Byron"), "lifecycle": "former"])
        func find(_ filter: String) async throws -> Set<String> {
            let answer = try await administrator.filtered("contacts", "external_id.startsWith('\(source)') && (\(filter))", "&count=true")
            let found = Set(answer.data.compactMap { $0["id"]?.stringValue })
            #expect(answer["count"] == .number(JSONNumber(Int64(found.count))), "\(filter): \(answer.text)")
            return found
        }
        #expect(try await find("family_name == '\(source)Byron'") == [ada, eve])
        #expect(try await find("family_name == '\(source)BYRON'") == [ada, eve])
        #expect(try await find("!(family_name == '\(source)Byron')") == [bob])
        #expect(try await find("family_name in ['\(source)Smith', 'nobody']") == [bob])
        #expect(try await find("!(family_name in ['\(source)Smith', 'nobody'])") == [ada, eve])
        #expect(try await find("family_name == '\(source)Smith' || lifecycle == 'former'") == [bob, eve])
        #expect(try await find("family_name == '\(source)Byron' && lifecycle != 'former'") == [ada])
        #expect(try await find("family_name == '\(source)Byron' ? lifecycle == 'former' : true") == [bob, eve])
        #expect(try await find("email == null") == [bob, eve])
        #expect(try await find("email in [null, 'ada@\(source).org']") == [ada, bob, eve])
        #expect(try await find("phone == '+49305550101'") == [bob])
        #expect(try await find("email == 'no address'") == [])
        #expect(try await administrator.filtered("contacts", "family_name != 'x'").code == "filter-invalid")
        #expect(try await administrator.filtered("contacts", "family_name.startsWith('x')").code == "filter-invalid")
        #expect(try await administrator.filtered("contacts", "job_title == 'x'").code == "filter-invalid")
    }

    @Test(arguments: [
        ("", 1, 1), ("amount >", 1, 9), ("amount > 'x'", 1, 8), ("stage == 'wonn'", 1, 10), ("stage == ", 1, 10), ("amount", 1, 1),
        ("stage in 'won'", 1, 10), ("nothing == 1", 1, 1), ("record.nothing == 1", 1, 8), ("stage == 'won' &&\n amonut > 1", 2, 2),
        ("request.nothing == 1", 1, 9), ("principal.password == 'x'", 1, 11), ("restricted", 1, 1), ("record.objected", 1, 8),
        ("tenant_id == 'x'", 1, 1), ("subject_id == 'x'", 1, 1), ("version == 1", 1, 1), ("amount + 1 > 2", 1, 8),
    ])
    func `what is wrong with a filter is told with its place`(filter: String, line: Int, column: Int) async throws {
        let answer = try await Site.shared().administrator.filtered("deals", filter)
        #expect(answer.status == 400, "\(filter)")
        #expect(answer.code == "filter-invalid", "\(filter)")
        #expect(answer["detail"]?.stringValue?.hasPrefix("the filter at \(line):\(column): ") == true, "\(filter): \(answer.text)")
    }

    @Test func `filters have an end`() async throws {
        let caller = try await Site.shared().administrator
        let long = "name == '" + String(repeating: "x", count: 4096) + "'"
        #expect(try await caller.filtered("deals", long).code == "filter-invalid")
        #expect(try await caller.filtered("deals", "name == '" + String(repeating: "x", count: 4000) + "'").status == 200)
        let deep = String(repeating: "!", count: 2000) + "(name == 'x')"
        #expect(try await caller.filtered("deals", deep).code == "filter-invalid")
        let nested = String(repeating: "(", count: 1000) + "name == 'x'" + String(repeating: ")", count: 1000)
        #expect(try await caller.filtered("deals", nested).code == "filter-invalid")
        // What would take too long to work out is an error, and finds nothing.
        let numbers = "[" + (0..<60).map { "\($0)" }.joined(separator: ",") + "]"
        let slow = "\(numbers).all(a, \(numbers).all(b, \(numbers).all(c, \(numbers).all(d, a + b + c + d >= 0))))"
        #expect(try await caller.filtered("deals", slow).data.isEmpty)
        #expect(try await caller.get("/v1/deals?filter=true&filter=true").code == "parameter-invalid")
        let id = try await caller.make("deals", ["name": "x"])
        #expect(try await caller.get("/v1/deals/\(id)?filter=true").code == "parameter-invalid")
    }
}
