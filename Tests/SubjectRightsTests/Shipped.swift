import Foundation
import PolicyFiles

/// The policies that come with the product.
enum Shipped {
    static func policies() throws -> PolicyFolder {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return try PolicyFolder.load(root.appendingPathComponent("policies").path)
    }
}
