import ArgumentParser
import AuditFeeds
import DataFormats
import Foundation
import Gateway
import Storage

extension AuditCommand {
    struct Stream: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the log's entries as OCSF events, one a line, in their order.",
            discussion: """
                For collectors that read a pipe; others are pushed to by 'gatehouse serve' with GATEHOUSE_AUDIT_FEEDS_FILE. With a cursor file the next
                run goes on where this one ended: at least once, since the file is written after the lines.

                Examples:
                  gatehouse audit stream --cursor /var/lib/siem/gatehouse.cursor --follow | forwarder
                  gatehouse audit stream --from 1.1000 --raw
                """
        )

        @OptionGroup var place: PlaceOptions
        @Option(help: ArgumentHelp("Where to begin, as EPOCH.POSITION; 1.0 when nothing else is said.", valueName: "place")) var from: String?
        @Option(help: ArgumentHelp("A file that keeps how far it was read.", valueName: "file")) var cursor: String?
        @Flag(help: "Go on with what comes, until interrupted.") var follow = false
        @Flag(help: "Print the entries as they stand in the log.") var raw = false

        func run() async throws {
            if try place.remote != nil {
                throw CommandFailure(.invalid, "the log is streamed on the gateway's host", hint: "over HTTP its entries are below /v1/audit/log/")
            }
            let kept = cursor.flatMap { FileManager.default.contents(atPath: $0) }.map { String(decoding: $0, as: UTF8.self) }
            let start = try Self.place(from ?? kept?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "1.0")
            let (cursor, follows, isRaw) = (cursor, follow, raw)
            try await place.withGateway { gateway, context in
                var place = start
                try await gateway.beginStream(context)
                while true {
                    let (events, next) = try await gateway.streamed(from: place, limit: 1000, context)
                    for event in events { try Self.say(event, isRaw) }
                    place = next
                    if let cursor, !events.isEmpty { try Self.keep(place, in: cursor) }
                    if !events.isEmpty { continue }
                    if !follows { return }
                    guard (try? await Task.sleep(for: .seconds(1))) != nil else { return }
                }
            }
        }

        private static func say(_ event: DisclosedEvent, _ isRaw: Bool) throws {
            if isRaw { return Console.say(String(decoding: event.entry, as: UTF8.self)) }
            do throws(FeedError) {
                let mapped = try OCSFEvent(FeedEvent(position: event.place.position, epoch: event.place.epoch, entry: event.entry))
                Console.say(String(decoding: mapped.json, as: UTF8.self))
            } catch {
                throw CommandFailure(.failed, "entry \(event.place.epoch).\(event.place.position) cannot be read", hint: "gatehouse audit verify")
            }
        }

        private static func place(_ text: String) throws -> LogPlace {
            let parts = text.split(separator: ".")
            guard parts.count == 2, let epoch = Int(parts[0]), let position = Int(parts[1]), epoch >= 1, position >= 0 else {
                throw CommandFailure(.invalid, "'\(text)' is no place in the log", hint: "EPOCH.POSITION, such as 1.1000")
            }
            return LogPlace(epoch: epoch, position: position)
        }

        private static func keep(_ place: LogPlace, in path: String) throws {
            do { try Data("\(place.epoch).\(place.position)\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
                throw CommandFailure(.unfit, "\(path) cannot be written", hint: "what was printed last will be printed again")
            }
        }
    }
}
