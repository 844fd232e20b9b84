import DataFormats
import Foundation
import Sealing

/// What the files of a policies folder that a store is made from come to: purposes and entities.
enum CatalogDigest {
    static func of(_ folder: String) -> String {
        let entities = ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/catalog")) ?? [])
            .filter { $0.hasSuffix(".yaml") }.sorted().map { "catalog/\($0)" }
        var content: [UInt8] = []
        for name in ["purposes.yaml"] + entities {
            let bytes = FileManager.default.contents(atPath: folder + "/" + name).map(Array.init) ?? []
            content += Array("\(name) \(bytes.count)\n".utf8) + bytes
        }
        return Hex.encode(SHA256.hash(content))
    }
}
