import AuditFeeds
import DataFormats
import Testing

/// What of an entry stands where in its event.
struct OCSFEventTests {
    private func json(_ entry: SampleEntry) throws -> JSONValue { try JSONReader.read(OCSFEvent(entry.event()).json) }

    @Test
    func `an event says when, who, where in the log and in which request`() throws {
        let json = try json(SampleEntry())
        #expect(find("time", in: json)?.integerValue == 1_795_339_800_000)
        #expect(find("metadata.original_time", in: json) == "2026-11-22T09:30:00.000001Z")
        #expect(find("metadata.uid", in: json) == "1.41")
        #expect(find("metadata.correlation_uid", in: json) == "0123456789abcdef0123456789abcdef")
        #expect(find("metadata.tenant_uid", in: json) == "01937a4e-5b00-7000-8000-0000000000aa")
        #expect(find("metadata.version", in: json) == "1.5.0")
        #expect(find("actor.user.uid", in: json) == "dana")
        #expect(find("actor.app_uid", in: json) == "key-1")
        #expect(find("table.name", in: json) == "contact")
    }

    @Test
    func `every other member stands as it was written`() throws {
        let entry = SampleEntry()
        let json = try json(entry)
        let placed = ["at", "app", "request", "tenant", "user"]
        for member in entry.members.members where !placed.contains(member.name) {
            #expect(find("unmapped", in: json)?.objectValue?[member.name] == member.value)
        }
        #expect(find("unmapped", in: json)?.objectValue?.count == entry.members.count - placed.count)
    }

    @Test
    func `a caller is a user, else a key, else the host`() throws {
        #expect(find("actor.user.uid", in: try json(SampleEntry().with("user", nil))) == "key-1")
        let host = try json(SampleEntry().with("user", nil).with("app", nil))
        #expect(find("actor.user.uid", in: host) == "host")
        #expect(find("src_endpoint.name", in: host) == "host")
        #expect(find("src_endpoint.name", in: try json(SampleEntry().with("app", nil))) == "unknown")
    }

    @Test
    func `a key that is given roles is told with them`() throws {
        let entry = SampleEntry().with("action", "update").with("entity", "credential").with("target", "key-9").with("granted", ["auditor", "agent"])
        let json = try json(entry.with("outcome", "changed"))
        #expect(find("user.uid", in: json) == "key-9")
        #expect(find("privileges", in: json) == ["auditor", "agent"])
    }

    @Test(arguments: [
        SampleEntry().with("action", "levitate"), SampleEntry().with("action", nil), SampleEntry().with("entity", nil),
        SampleEntry().with("action", 7), SampleEntry().with("entity", [[]]), SampleEntry().with("v", 9).with("action", "begin"),
    ])
    func `an entry that is not understood is delivered whole, as an activity of no known kind`(_ entry: SampleEntry) throws {
        let json = try json(entry)
        #expect(find("type_uid", in: json)?.integerValue == 600399)
        #expect(find("unmapped.action", in: json) == entry["action"])
        #expect(find("unmapped.entity", in: json) == entry["entity"])
        #expect(find("api.operation", in: json)?.stringValue?.isEmpty == false)
    }

    @Test
    func `an entry without members has a time that nobody knows`() throws {
        let event = try OCSFEvent(FeedEvent(position: 0, epoch: 1, entry: Array("{}".utf8)))
        let json = try JSONReader.read(event.json)
        #expect(find("time", in: json) == 0)
        #expect(find("status_id", in: json) == 0)
        #expect(find("class_uid", in: json) == 6003)
    }

    @Test
    func `a time that cannot be read is taken from the id`() throws {
        let json = try json(SampleEntry().with("at", "yesterday"))
        #expect(find("time", in: json)?.integerValue == 0x0193_7a4e_5b00)
        #expect(find("metadata.original_time", in: json) == "yesterday")
    }

    @Test(arguments: ["", "[]", "null", "{", "{\"a\":1}{", "\u{FEFF}{}", "{\"a\":1,\"a\":2}"])
    func `what is no object is malformed`(_ text: String) {
        #expect(throws: FeedError(.malformed)) { try OCSFEvent(FeedEvent(position: 0, epoch: 1, entry: Array(text.utf8))) }
    }

    @Test
    func `an event is one line`() throws {
        let entry = SampleEntry().with("reason", "first\nsecond\r\n\u{2028}third").with("purpose", "\u{7}")
        let event = try OCSFEvent(entry.event())
        #expect(!event.json.contains(0x0A) && !event.json.contains(0x0D))
        #expect(find("unmapped.reason", in: try JSONReader.read(event.json)) == "first\nsecond\r\n\u{2028}third")
    }
}
