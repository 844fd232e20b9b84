import Testing
import Vocabulary

@testable import SubjectRights

/// The course of a request, told as transcripts, and random courses against a model that is written another way.
struct RequestMachineTests {
    private static let calendar = WorkCalendar(timeZone: "Europe/Berlin")
    private static func at(_ text: String) -> Instant { Instant(text + "T11:00:00Z") ?? Instant(microseconds: 0) }

    private static func machine(_ kind: RequestKind, received: String = "2026-01-31", asksForProof: Bool = true, extends: Bool = true)
        -> RequestMachine
    {
        let day = CalendarDate(received) ?? CalendarDate(daysSince1970: 0)
        let rule = { (months: Int) in
            DeadlineRule(.months(months), citation: "Art. 12(3)", movesToWorkingDay: true).deadline(from: day, in: calendar)
        }
        let deadlines = RequestDeadlines(received: day, confirm: nil, answer: rule(1), extended: extends ? rule(3) : nil, warningLead: 0)
        return RequestMachine(kind: kind, opener: "ann", deadlines: deadlines, asksForProof: asksForProof)
    }

    @Test func `an erasure goes by proof, a second person and a third hand`() throws {
        var request = Self.machine(.erasure)
        #expect(try request.take(.checkBegun, at: Self.at("2026-02-01"), in: Self.calendar) == [.askForProof])
        #expect(try request.take(.checkFailed, at: Self.at("2026-02-02"), in: Self.calendar) == [])
        #expect(try request.take(.verified(by: .code), at: Self.at("2026-02-03"), in: Self.calendar) == [.askForApproval, .forgetProof])
        #expect(request.paused == .seconds(2 * 86_400))
        #expect(throws: RequestProblem.ownApproval) { try request.take(.approved(by: "ann"), at: Self.at("2026-02-03"), in: Self.calendar) }
        #expect(throws: RequestProblem.wrongState(.awaitingApproval)) {
            try request.take(.begun(by: "ann"), at: Self.at("2026-02-03"), in: Self.calendar)
        }
        #expect(try request.take(.approved(by: "bob"), at: Self.at("2026-02-03"), in: Self.calendar) == [.carryOut])
        #expect(throws: RequestProblem.ownExecution) { try request.take(.begun(by: "bob"), at: Self.at("2026-02-03"), in: Self.calendar) }
        #expect(throws: RequestProblem.wrongState(.inProgress)) { try request.take(.fulfilled, at: Self.at("2026-02-03"), in: Self.calendar) }
        _ = try request.take(.begun(by: "ann"), at: Self.at("2026-02-03"), in: Self.calendar)
        #expect(throws: RequestProblem.begunAlready) { try request.take(.withdrawn, at: Self.at("2026-02-03"), in: Self.calendar) }
        #expect(throws: RequestProblem.begunAlready) {
            try request.take(.refused(reason: "unfounded"), at: Self.at("2026-02-03"), in: Self.calendar)
        }
        #expect(try request.take(.fulfilled, at: Self.at("2026-02-04"), in: Self.calendar) == [.tell(.completion), .forgetProof])
        #expect(throws: RequestProblem.wrongState(.fulfilled)) { try request.take(.confirmed, at: Self.at("2026-02-05"), in: Self.calendar) }
    }

    @Test func `the last proof that fails ends the request, and says so`() throws {
        var request = Self.machine(.access)
        _ = try request.take(.checkBegun, at: Self.at("2026-02-01"), in: Self.calendar)
        for _ in 1..<RequestMachine.maximumAttempts { #expect(try request.take(.checkFailed, at: Self.at("2026-02-01"), in: Self.calendar) == []) }
        #expect(try request.take(.checkFailed, at: Self.at("2026-02-01"), in: Self.calendar) == [.tell(.refusal), .forgetProof])
        #expect(request.state == .refused)
        #expect(request.reason == RefusalReason.unverified)
        #expect(throws: RequestProblem.wrongState(.refused)) { try request.take(.verified(by: .code), at: Self.at("2026-02-01"), in: Self.calendar) }
    }

    @Test func `more time is taken once, with notice, within the first period`() throws {
        var request = Self.machine(.access)
        #expect("\(request.due.date)" == "2026-03-02")
        // The last day is the one that the weekend moved it to.
        var late = request
        #expect(throws: RequestProblem.firstPeriodOver) { try late.take(.extended(reason: "many"), at: Self.at("2026-03-03"), in: Self.calendar) }
        #expect(try request.take(.extended(reason: "complex"), at: Self.at("2026-03-02"), in: Self.calendar) == [.tell(.delay)])
        #expect("\(request.due.date)" == "2026-04-30")
        #expect(throws: RequestProblem.extendedAlready) {
            try request.take(.extended(reason: "complex"), at: Self.at("2026-03-02"), in: Self.calendar)
        }
        var optOut = Self.machine(.optOut, asksForProof: false, extends: false)
        #expect(throws: RequestProblem.notExtendable) { try optOut.take(.extended(reason: "many"), at: Self.at("2026-02-01"), in: Self.calendar) }
    }

    @Test func `without proof a request lapses once its time is over, and not before`() throws {
        var request = Self.machine(.access)
        #expect(throws: RequestProblem.notDue) { try request.take(.lapsed, at: Self.at("2026-03-02"), in: Self.calendar) }
        #expect(try request.take(.lapsed, at: Self.at("2026-03-03"), in: Self.calendar) == [.tell(.refusal), .forgetProof])
        #expect(request.state == .expired)
    }

    @Test func `an opt-out asks for no proof`() throws {
        var request = Self.machine(.optOut, asksForProof: false)
        #expect(throws: RequestProblem.wrongState(.received)) { try request.take(.checkBegun, at: Self.at("2026-02-01"), in: Self.calendar) }
        #expect(throws: RequestProblem.wrongState(.received)) {
            try request.take(.verified(by: .login), at: Self.at("2026-02-01"), in: Self.calendar)
        }
        #expect(try request.take(.verified(by: nil), at: Self.at("2026-02-01"), in: Self.calendar) == [.carryOut, .forgetProof])
    }

    @Test func `a reminder is of confirmation first, then of the answer`() throws {
        let day = try #require(CalendarDate("2026-01-31"))
        let deadline = { (text: String) in CalendarDate(text).map { Deadline(counted: $0, date: $0) } }
        let deadlines = RequestDeadlines(
            received: day, confirm: deadline("2026-02-13"), answer: try #require(deadline("2026-03-17")), extended: nil, warningLead: 1)
        var request = RequestMachine(kind: .access, opener: "ann", deadlines: deadlines, asksForProof: true)
        #expect(request.reminder(on: try #require(CalendarDate("2026-02-14"))) == Reminder(duty: .confirm, urgency: .overdue))
        _ = try request.take(.confirmed, at: Self.at("2026-02-14"), in: Self.calendar)
        #expect(request.reminder(on: try #require(CalendarDate("2026-02-14"))) == Reminder(duty: .answer, urgency: .calm))
        #expect(request.reminder(on: try #require(CalendarDate("2026-03-16"))) == Reminder(duty: .answer, urgency: .lastDay))
        _ = try request.take(.withdrawn, at: Self.at("2026-02-14"), in: Self.calendar)
        #expect(request.reminder(on: day) == nil)
    }

    // MARK: Random courses

    /// What a request may do, written down as a list of what has happened to it instead of as states.
    private struct Model {
        let isDestructive: Bool
        let asksForProof: Bool
        let lastDay: CalendarDate
        let lastDayExtended: CalendarDate?
        var happened: [String] = []
        var approver: String?
        var end: String?

        func has(_ name: String) -> Bool { happened.contains(name) }

        /// Whether the event happens.
        mutating func take(_ event: RequestEvent, on day: CalendarDate) -> Bool {
            if end != nil { return false }
            let isProven = has("verified")
            let isReady = isProven && (!isDestructive || has("approved"))
            switch event {
            case .checkBegun: if isProven || !asksForProof { return false }
            case .checkFailed:
                if isProven || !has("check-begun") { return false }
                if happened.count(where: { $0 == "check-failed" }) == 4 { end = "refused" }
            case .verified(let proof): if isProven || (proof == nil) == asksForProof { return false }
            case .approved(let person):
                if !isProven || !isDestructive || has("approved") || person == "ann" { return false }
                approver = person
            case .begun(let person): if !isReady || person == approver { return false }
            case .fulfilled, .partlyFulfilled:
                if !has("begun") { return false }
                end = event.name
            case .refused, .withdrawn:
                if isDestructive, has("begun") { return false }
                end = event.name
            case .extended: if has("extended") || lastDayExtended == nil || day > lastDay { return false }
            case .confirmed: break
            case .lapsed:
                if isProven || day <= (has("extended") ? lastDayExtended ?? lastDay : lastDay) { return false }
                end = "expired"
            }
            happened.append(event.name)
            return true
        }
    }

    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }

    @Test(arguments: [1, 2, 3, 4]) func `thousands of random courses go as the model says`(part: UInt64) throws {
        let people = ["ann", "bob", "cleo"]
        var ends: [RequestState: Int] = [:]
        for seed in (part * 10_000)..<(part * 10_000 + 2500) {
            var dice = Generator(state: seed)
            let kind = RequestKind.allCases.randomElement(using: &dice) ?? .access
            let asks = Bool.random(using: &dice)
            let extends = Bool.random(using: &dice)
            var machine = Self.machine(kind, asksForProof: asks, extends: extends)
            var model = Model(
                isDestructive: kind == .erasure, asksForProof: asks, lastDay: machine.deadlines.answer.date,
                lastDayExtended: machine.deadlines.extended?.date)
            // A clock that may stand, jump and now and then go back.
            var now = Self.at("2026-01-31")
            for step in 0..<Int.random(in: 1...40, using: &dice) {
                now = now.advanced(by: .seconds(Int64.random(in: -3600...(86_400 * 5), using: &dice)))
                let person = people.randomElement(using: &dice) ?? "ann"
                let all: [RequestEvent] = [
                    .checkBegun, .checkBegun, .checkFailed, .verified(by: .code), .verified(by: nil), .approved(by: person), .approved(by: person),
                    .begun(by: person), .begun(by: person), .fulfilled, .partlyFulfilled(reason: "legal-claims"), .extended(reason: "many"),
                    .confirmed, .lapsed,
                ]
                let rare: [RequestEvent] = [.refused(reason: "unfounded"), .withdrawn]
                let event = Int.random(in: 0..<20, using: &dice) == 0 ? rare.randomElement(using: &dice) : all.randomElement(using: &dice)
                let chosen = event ?? .confirmed
                let before = machine
                let expected = model.take(chosen, on: Self.calendar.day(of: now))
                var happened = true
                do throws(RequestProblem) { _ = try machine.take(chosen, at: now, in: Self.calendar) } catch { happened = false }
                #expect(happened == expected, "seed \(seed), step \(step), \(chosen) in \(before.state)")
                if !happened { #expect(machine == before, "seed \(seed), step \(step): a refused event changed something") }
                #expect(machine.state.isOpen == (model.end == nil), "seed \(seed), step \(step)")
                if let end = model.end { #expect(machine.state.rawValue == end, "seed \(seed), step \(step)") }
                // What holds in every state.
                #expect((machine.closedAt == nil) == machine.state.isOpen)
                #expect(machine.approver != machine.opener)
                #expect(machine.runner == nil || machine.runner != machine.approver)
                #expect(machine.paused >= .zero)
                #expect(machine.due == before.due || chosen.name == "extended")
                if machine.state == .inProgress, kind == .erasure { #expect(machine.approver != nil) }
            }
            ends[machine.state, default: 0] += 1
        }
        // The courses reach every state.
        #expect(Set(ends.keys) == Set(RequestState.allCases), "\(ends)")
    }
}
