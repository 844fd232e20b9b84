import AuditFeeds
import Testing
import Vocabulary

/// The text that names the collectors.
struct FeedSettingsTests {
    @Test
    func `lines name sinks, comments and blank lines do not`() throws {
        let certificate = try TestCertificate.make()
        let token = try secretFile("t")
        let settings = try FeedSettings(
            """
            # collectors
            http  siem-1\thttps://siem.example.com/in?a=b token-file=\(token) ca=\(certificate.path)  # the big one

            \tsyslog logs tls://logs.example.com:6514 ca=\(certificate.path)\r
            syslog near tcp://[::1]:514
            http here http://127.0.0.1:9/
            """, file: "feeds")
        #expect(settings.names == ["siem-1", "logs", "near", "here"])
        #expect(try settings.open().map(\.name) == ["siem-1", "logs", "near", "here"])
        #expect(try FeedSettings("", file: "feeds").names.isEmpty)
    }

    @Test
    func `lines may end with CR LF`() throws {
        #expect(try FeedSettings("http a https://a.example\r\n\r\nhttp b https://b.example\r\n", file: "f").names == ["a", "b"])
    }

    @Test(arguments: [
        ("htpp a https://a.example", 1, "'htpp' is no kind of feed"),
        ("http a", 1, "a feed needs a name and an address"),
        ("http A https://a.example", 6, "this is no name of a feed"),
        ("http \(String(repeating: "a", count: 41)) https://a.example", 6, "this is no name of a feed"),
        ("http a ftp://a.example", 8, "this is not the address of a collector"),
        ("http a https://u:p@a.example", 8, "this is not the address of a collector"),
        ("http a https://a.example/#f", 8, "this is not the address of a collector"),
        ("http a http://a.example", 8, "plain HTTP to another host is not offered"),
        ("http a http://127.0.0.1.example", 8, "plain HTTP to another host is not offered"),
        ("http a http://127.0.0.256", 8, "plain HTTP to another host is not offered"),
        ("syslog a tcp://10.0.0.1:514", 10, "plain TCP to another host is not offered"),
        ("syslog a tls://a.example", 10, "this is not the address of a syslog server"),
        ("syslog a tls://a.example:0", 10, "this is not the address of a syslog server"),
        ("syslog a tls://a.example:65536", 10, "this is not the address of a syslog server"),
        ("syslog a tls://a.example:1/path", 10, "this is not the address of a syslog server"),
        ("syslog a tls://a.example:1 token-file=/t", 28, "'token-file' is no option of this feed"),
        ("http a https://a.example tokenfile=/t", 26, "'tokenfile' is no option of this feed"),
        ("http a https://a.example loudly", 26, "'loudly' is no option of this feed"),
        ("http a https://a.example ca", 26, "'ca' is no option of this feed"),
        ("http a https://a.example ca=x.pem", 26, "'ca' needs the absolute path of a file"),
        ("http a https://a.example ca=", 26, "'ca' needs the absolute path of a file"),
        ("http a https://a.example ca=/x ca=/y", 32, "'ca' stands there twice"),
        ("http a http://127.0.0.1 ca=/x", 25, "'ca' says whom to trust over TLS"),
        ("syslog a tcp://127.0.0.1:1 ca=/x", 28, "'ca' says whom to trust over TLS"),
    ])
    func `a wrong line is told with its place`(_ line: String, _ column: Int, _ message: String) throws {
        let error = try #require(throws: Diagnostics.self) { try FeedSettings("# first\n" + line, file: "feeds") }
        #expect(error.all.count == 1)
        #expect(error.all[0].position == SourcePosition(file: "feeds", line: 2, column: column))
        #expect(error.all[0].message.hasPrefix(message), "\(error.all[0].message)")
        #expect(error.all[0].hint != nil)
    }

    @Test
    func `everything that is wrong is told at once`() throws {
        let text = "http a https://a.example\nhttp a https://b.example\nsmoke b signals\nhttp c"
        let error = try #require(throws: Diagnostics.self) { try FeedSettings(text, file: "feeds") }
        #expect(error.all.map(\.position.line) == [2, 3, 4])
        #expect(error.all[0].message == "the name 'a' stands in line 1 already")
    }

    @Test
    func `files that cannot be used are told when the sinks are made`() throws {
        let open = try secretFile("t", mode: 0o644)
        let empty = try secretFile("")
        let text = """
            http a https://a.example token-file=\(open)
            http b https://b.example token-file=/nowhere/token
            http c https://c.example token-file=\(empty)
            http d https://d.example ca=\(open)
            syslog e tls://e.example:1 ca=/nowhere/ca.pem
            """
        let error = try #require(throws: Diagnostics.self) { try FeedSettings(text, file: "feeds").open() }
        #expect(error.all.map(\.position.line) == [1, 2, 3, 4, 5])
        #expect(error.all[0].message.hasPrefix("the token file can be read by everybody"))
        #expect(error.all[1].message == "the token file cannot be opened")
    }
}
