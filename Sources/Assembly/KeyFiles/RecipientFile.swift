import Foundation
import Sealing

/// A file of age recipients: one `age1…` a line, comments behind `#`.
enum RecipientFile {
    /// Those of a file of the configuration, each once.
    ///
    /// - Parameters:
    ///   - what: what they are recipients of, such as `recovery`.
    ///   - isRequired: whether a file that is missing is an error; else it has none.
    static func read(_ path: String, of what: String, isRequired: Bool) throws(CommandFailure) -> [AgeRecipient] {
        guard let content = FileManager.default.contents(atPath: path) else {
            if isRequired { throw CommandFailure(.unfit, "there are no \(what) recipients at \(path)", hint: "one age1… a line") }
            return []
        }
        var different: [AgeRecipient] = []
        for recipient in try recipients(in: content, of: path, .unfit) where !different.contains(recipient) { different.append(recipient) }
        return different
    }

    /// - Parameter kind: what it is when a line is something else.
    static func recipients(in content: some Sequence<UInt8>, of name: String, _ kind: CommandFailure.Kind) throws(CommandFailure) -> [AgeRecipient] {
        var recipients: [AgeRecipient] = []
        let lines = String(decoding: Array(content), as: UTF8.self).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (number, line) in lines.enumerated() {
            let text = line.trimmingCharacters(in: .whitespaces)
            if text.isEmpty || text.hasPrefix("#") { continue }
            recipients.append(try recipient(text, "\(name):\(number + 1)", kind))
        }
        return recipients
    }

    /// - Parameter place: how messages name where it stands; the text itself may be a secret by mistake, and is not repeated.
    static func recipient(_ text: String, _ place: String, _ kind: CommandFailure.Kind) throws(CommandFailure) -> AgeRecipient {
        guard let recipient = try? AgeRecipient(text) else {
            throw CommandFailure(
                kind, "\(place) is not an age recipient",
                hint: text.uppercased().hasPrefix("AGE-SECRET-KEY-")
                    ? "this is an identity: keep it off line, and write down its public half (age-keygen -y)" : "one age1… a line"
            )
        }
        return recipient
    }
}
