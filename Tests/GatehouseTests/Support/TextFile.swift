import Foundation

/// Files that tests write.
enum TextFile {
    static func write(_ text: String, to path: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }
}
