import DataFormats
import Sealing
import SubjectRights
import Testing
import Vocabulary

/// Messages of agents, as the Data Rights Protocol 1.0 has them signed.
@Suite struct AgentMessageTests {
    /// Signed by another implementation of Ed25519, with the seed 00 01 … 1f.
    static let sent =
        "t4niBjgh7NFsXnhVetVe/FSJRv4tKsFomFw9ZU8tgWXxBGEbSawbK2JLgEVCcXX0BSvZ4oqGuoOB1kCdNeuvCXsiYWdlbnQtaWQiOiJBR0VOVF8xIiwiYnVzaW5lc3Mt"
        + "aWQiOiJFWEFNUExFIiwiaXNzdWVkLWF0IjoiMjAyNi0xMS0yMlQwOTowMDowMC4wMDArMDA6MDAiLCJleHBpcmVzLWF0IjoiMjAyNi0xMS0yMlQwOToxNTowMC4wMDAr"
        + "MDA6MDAiLCJkcnAudmVyc2lvbiI6IjEuMCIsImV4ZXJjaXNlIjoiZGVsZXRpb24iLCJyZWdpbWUiOiJjY3BhIiwiZW1haWwiOiJhbm5AZXhhbXBsZS5jb20iLCJlbWFp"
        + "bF92ZXJpZmllZCI6dHJ1ZSwicGhvbmVfbnVtYmVyIjoiKzQ5MTUxMTIzNDU2NzgifQ=="
    static let published = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="

    func opened(
        _ text: String = Self.sent, from agent: String = "AGENT_1", business: String = "EXAMPLE", at time: String = "2026-11-22T09:05:00Z"
    ) throws -> AgentMessage {
        let key = try #require(Base64.decode(Array(Self.published.utf8)).flatMap { VerifyingKey(bytes: $0) })
        return try AgentMessage(Array(text.utf8), from: agent, key: key, business: business, at: try #require(Instant(time)))
    }

    @Test func `a message is read with what was claimed and verified`() throws {
        let exercise = try RightsExercise(opened())
        #expect(exercise.action == .deletion)
        #expect(exercise.regime == .ccpa)
        #expect(exercise.claims.email?.value == "ann@example.com")
        #expect(exercise.claims.phone == nil, "a number that nobody verified is no claim")
        #expect(exercise.agentRequestID == nil)
        #expect(try opened(" \n\(Self.sent)\r\n").members["exercise"]?.stringValue == "deletion")
    }

    @Test func `what is wrong is found in the order of the protocol`() throws {
        #expect(throws: AgentMessageError.malformed) { try opened("not base64!") }
        #expect(throws: AgentMessageError.malformed) { try opened("") }
        var bytes = try #require(Base64.decode(Array(Self.sent.utf8)))
        for position in [0, 63, 64, bytes.count - 1] {
            bytes[position] ^= 1
            let changed = Base64.encode(bytes)
            #expect(throws: AgentMessageError.forged) { try opened(changed, from: "AGENT_2", at: "2030-01-01T00:00:00Z") }
            bytes[position] ^= 1
        }
        #expect(throws: AgentMessageError.misdirected) { try opened(from: "AGENT_2", at: "2030-01-01T00:00:00Z") }
        #expect(throws: AgentMessageError.misdirected) { try opened(business: "OTHER", at: "2030-01-01T00:00:00Z") }
    }

    @Test(arguments: ["2026-11-22T08:59:59Z", "2026-11-22T09:00:00Z", "2026-11-22T09:15:00Z", "2026-11-22T10:15:01+01:00"])
    func `a message counts between its times only`(time: String) {
        #expect(throws: AgentMessageError.untimely) { try opened(at: time) }
    }

    @Test(arguments: [
        ("drp.version", "0.9"), ("agent-id", nil), ("issued-at", "yesterday"), ("expires-at", nil),
    ]) func `a message without what every message has is incomplete`(name: String, value: String?) throws {
        let key = SigningKey.make()
        var members: JSONObject = [
            "agent-id": "A", "business-id": "B", "issued-at": "2026-11-22T09:00:00.000+00:00", "expires-at": "2026-11-22T09:15:00.000+00:00",
            "drp.version": "1.0",
        ]
        let now = try #require(Instant("2026-11-22T09:05:00Z"))
        func message() -> [UInt8] {
            let json = JSONValue.object(members).encoded()
            return Array(Base64.encode(key.sign(json) + json).utf8)
        }
        _ = try AgentMessage(message(), from: "A", key: key.verifyingKey, business: "B", at: now)
        members[name] = value.map { .string($0) } ?? .null
        let wrong = message()
        let verifying = key.verifyingKey
        #expect(throws: AgentMessageError.incomplete) { try AgentMessage(wrong, from: "A", key: verifying, business: "B", at: now) }
    }
}

/// How requests are told of to agents.
@Suite struct ExerciseStatusTests {
    @Test func `a status has the members that agents know, and times that they can read`() throws {
        let id = try #require(UUIDv7("019aab00-0000-7000-8000-000000000001"))
        var status = ExerciseStatus(
            request: id, state: .inProgress(needsVerificationAt: nil), receivedAt: try #require(Instant("2026-11-22T09:05:00.123456Z")))
        status.expectedBy = Instant("2027-01-06T00:00:00Z")
        status.agentRequestID = "r-1"
        #expect(
            String(decoding: JSONValue.object(status.members).encoded(), as: UTF8.self)
                == #"{"request_id":"019aab00-0000-7000-8000-000000000001","agent_request_id":"r-1","status":"in_progress","reason":null,"#
                + #""received_at":"2026-11-22T09:05:00.123+00:00","expected_by":"2027-01-06T00:00:00.000+00:00"}"#)
    }

    @Test func `a denial has a reason, and too many requests are not the end`() {
        let id = UUIDv7.make()
        let denied = ExerciseStatus(request: id, state: .denied(.noMatch), receivedAt: .now())
        #expect(denied.members["status"]?.stringValue == "denied")
        #expect(denied.members["reason"]?.stringValue == "no_match")
        #expect(denied.isFinal)
        #expect(!ExerciseStatus(request: id, state: .denied(.tooManyRequests), receivedAt: .now()).isFinal)
        #expect(!ExerciseStatus(request: id, state: .open, receivedAt: .now()).isFinal)
    }

    @Test func `a question for the person has its address`() {
        let status = ExerciseStatus(request: .make(), state: .inProgress(needsVerificationAt: "https://x.example/v"), receivedAt: .now())
        #expect(status.members["reason"]?.stringValue == "need_user_verification")
        #expect(status.members["user_verification_url"]?.stringValue == "https://x.example/v")
    }
}

/// The directory of the network.
@Suite struct AgentDirectoryTests {
    @Test func `agents are read with their keys`() throws {
        let file = #"[{"id":"CR_AGENT_2","name":"Agent","verify_key":"\#(AgentMessageTests.published)","web_url":"https://a.example","contacts":{}}]"#
        let agents = try AgentDirectory.read(Array(file.utf8))
        #expect(agents.map(\.id) == ["CR_AGENT_2"])
        #expect(agents[0].webURL == "https://a.example")
    }

    @Test(arguments: [
        (#"{}"#, 0), (#"[1]"#, 1), (#"[{"id":"lower","name":"x","verify_key":""}]"#, 1),
        (#"[{"id":"A","name":"x","verify_key":"AAAA"}]"#, 1), (#"[{"id":"A","verify_key":"A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="}]"#, 1),
    ]) func `a wrong entry is named`(file: String, entry: Int) {
        #expect { try AgentDirectory.read(Array(file.utf8)) } throws: { ($0 as? DirectoryProblem)?.entry == entry }
    }

    @Test func `our entry offers what there is`() {
        let entry = AgentDirectory.businessEntry(
            id: "EXAMPLE", name: "Example", base: "https://g.example/drp", privacyPolicy: nil, web: nil, contact: "privacy@example.com")
        #expect(
            entry["supported_actions"]?.arrayValue?.compactMap(\.stringValue)
                == ["sale:opt-out", "deletion", "access", "access:categories", "access:specific"])
    }
}
