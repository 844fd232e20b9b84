import NIOCore
package import Vocabulary

/// The collectors that a text file names, one a line.
///
/// ```
/// # name, address, options
/// http   siem    https://siem.example.com/ingest  token-file=/etc/gatehouse/siem.token  ca=/etc/gatehouse/siem.pem
/// syslog archive tls://logs.example.com:6514  ca=/etc/gatehouse/logs.pem
/// ```
///
/// | option | of | meaning |
/// |---|---|---|
/// | `token-file` | `http` | the absolute path of a file with a bearer token; read again for each delivery |
/// | `ca` | both, over TLS | the absolute path of a PEM file with the only authorities to trust; without it, those that the system trusts |
///
/// A name is 1 to 40 of `a-z`, `0-9` and `-`, and there once. `#` begins a comment at the beginning of a word. What is not known here is an
/// error: a misspelt option would leave a feed without its token.
package struct FeedSettings: Sendable {
    enum Destination: Sendable, Equatable {
        case http(url: String, token: TokenFile?)
        case syslog(SyslogAddress)
    }

    struct Feed: Sendable, Equatable {
        let name: String
        let destination: Destination
        let authorities: String?
        let position: SourcePosition
    }

    let feeds: [Feed]

    /// In the order of the file.
    package var names: [String] { feeds.map(\.name) }

    /// - Parameter file: what to call the text in messages.
    /// - Throws: everything that is wrong in it, with lines and columns.
    package init(_ text: String, file: String) throws(Diagnostics) {
        var reading = FeedSettingsReading(file: file)
        // By scalars: as a character, CR LF is neither of the two.
        for (index, line) in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            reading.read(line, number: index + 1)
        }
        guard reading.problems.isEmpty else { throw Diagnostics(reading.problems) }
        feeds = reading.feeds
    }

    /// Makes the sinks. Nobody is connected to yet, but the files that the settings name are read.
    ///
    /// - Parameter patience: how long a collector may take to answer a request, or to take a batch.
    /// - Throws: which of these files cannot be used.
    package func open(patience: Duration = .seconds(20)) throws(Diagnostics) -> [any FeedSink] {
        var sinks: [any FeedSink] = []
        var problems: [Diagnostic] = []
        for feed in feeds {
            do throws(Diagnostic) { sinks.append(try Self.open(feed, TimeAmount(patience))) } catch { problems.append(error) }
        }
        guard problems.isEmpty else { throw Diagnostics(problems) }
        return sinks
    }

    private static func open(_ feed: Feed, _ patience: TimeAmount) throws(Diagnostic) -> any FeedSink {
        let trust = feed.authorities.map { CollectorTrust(authoritiesFile: $0) } ?? .system
        guard let trust else {
            throw Diagnostic(
                feed.position, "no certificate of an authority can be read from the file of 'ca'", hint: "it holds certificates in PEM, and no key")
        }
        switch feed.destination {
        case .http(let url, let token):
            do throws(TokenFile.Problem) { _ = try token?.read() } catch {
                throw Diagnostic(feed.position, error.rawValue, hint: "may the gateway's user read it, and nobody else? run chmod 600 on it")
            }
            return HTTPSink(name: feed.name, url: url, token: token, trust: trust, patience: patience)
        case .syslog(let address):
            do throws(FeedError) { return try SyslogSink(name: feed.name, address: address, trust: trust, patience: patience) } catch {
                throw Diagnostic(feed.position, "the certificates in the file of 'ca' cannot be used", hint: "are they those of authorities?")
            }
        }
    }
}
