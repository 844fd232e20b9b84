import DataFormats
import Glibc
package import Logging
import Vocabulary

/// Log lines as one JSON object each, on standard error.
package struct JSONLog: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let label: String

    package init(label: String, level: Logger.Level) {
        self.label = label
        self.logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.name("at")
        json.string(Instant.now().description)
        json.name("level")
        json.string(event.level.rawValue)
        json.name("source")
        json.string(label)
        json.name("message")
        json.string(event.message.description)
        for (name, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
            json.name(name)
            json.string(value.description)
        }
        json.endObject()
        json.bytes.append(UInt8(ascii: "\n"))
        // One write for one line, so that lines of concurrent writers do not mix.
        _ = json.bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
