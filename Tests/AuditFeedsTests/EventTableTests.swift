import AuditFeeds
import DataFormats
import Testing

/// Events as a table, read back by the reader of imports.
struct EventTableTests {
    private func rows(_ entries: [SampleEntry]) throws -> [[String]] {
        let bytes = try EventTable.render(entries.map { JSONValue.object($0.members).encoded() })
        var rows: [[String]] = []
        var reader = CSVReader()
        reader.feed(bytes) { rows.append($0.fields) }
        reader.finish { rows.append($0.fields) }
        return rows
    }

    @Test
    func `an event is a row under fixed names`() throws {
        let text = String(decoding: try EventTable.render([SampleEntry().event().entry]), as: UTF8.self)
        #expect(
            text == """
                at,id,actor,roles,action,entity,decision,rule,purpose,basis,outcome,records,subjects,clear,masked,reason,request\r
                2026-11-22T09:30:00.000001Z,01937a4e-5b00-7000-8000-000000000001,dana,agent,read,contact,allow,support-reads-contacts,support,\
                contract,disclosed,,a1b2c3,email name,phone,,0123456789abcdef0123456789abcdef\r

                """)
    }

    @Test
    func `no cell is a formula`() throws {
        for start in ["=", "+", "-", "@", "\t", "\r"] {
            let text = start + "HYPERLINK(\"x\")"
            let rows = try rows([SampleEntry().with("reason", .string(text)).with("user", .string(text)).with("clear", [.string(text)])])
            for column in ["reason", "actor", "clear"] {
                let index = try #require(EventTable.columns.firstIndex(of: column))
                #expect(rows[1][index] == "'" + text)
            }
        }
    }

    @Test
    func `commas, quotes and line ends stay in their cells`() throws {
        let reason = "a, \"b\"\r\nc\n"
        let rows = try rows([SampleEntry().with("reason", .string(reason)), SampleEntry()])
        #expect(rows.count == 3)
        #expect(rows.allSatisfy { $0.count == EventTable.columns.count })
        #expect(rows[1][15] == reason)
    }

    @Test
    func `what is missing or of another kind is an empty cell, and a caller without a name is the host`() throws {
        let rows = try rows([SampleEntry().with("user", nil).with("app", nil).with("reason", .null).with("rule", [:]).with("roles", ["a", nil, "b"])])
        #expect(rows[1][2] == "host")
        #expect(rows[1][15] == "")
        #expect(rows[1][7] == "")
        #expect(rows[1][3] == "a b")
        #expect(try self.rows([SampleEntry().with("user", nil)])[1][2] == "key-1")
    }

    @Test
    func `no events are a table of names, and what is no event is malformed`() throws {
        #expect(try rows([]) == [EventTable.columns])
        #expect(throws: FeedError(.malformed)) { try EventTable.render([Array("[]".utf8)]) }
    }
}
