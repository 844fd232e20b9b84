/// One version of a notice, written `marketing/2`.
package struct NoticeReference: Sendable, Hashable, CustomStringConvertible {
    package let id: String
    package let version: Int

    package init(id: String, version: Int) {
        self.id = id
        self.version = version
    }

    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let version = Int(parts[1]), version >= 1, String(version) == parts[1] else { return nil }
        self.init(id: String(parts[0]), version: version)
    }

    package var description: String { "\(id)/\(version)" }
}
