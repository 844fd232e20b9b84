/// Where a tile or a bundle of entries stands below a log's prefix: `tile/0/x001/x234/067`, `tile/entries/067.p/12`.
///
/// Numbers stand in groups of three digits, all but the last with an `x` before it. A part of a tile says how many it has.
package struct TilePath: Sendable, Hashable, CustomStringConvertible {
    package enum Content: Sendable, Hashable {
        case hashes(TileID)
        /// The bundle of this index: entries of the level-0 tile of the same index.
        case entries(Int)
    }

    package let content: Content
    /// 1 to 256.
    package let width: Int

    package init(_ tile: TileID, width: Int = TileID.width) {
        content = .hashes(tile)
        self.width = width
    }

    package init(entries index: Int, width: Int = TileID.width) {
        content = .entries(index)
        self.width = width
    }

    /// Reads a path and nothing around it; `nil` for every text that ``description`` does not write.
    package init?(_ text: String) {
        var parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)[...]
        guard parts.popFirst() == Array("tile".utf8), let kind = parts.popFirst(), var last = parts.popLast() else { return nil }
        var width = TileID.width
        if let file = parts.last, file.suffix(2) == Array(".p".utf8)[...] {
            guard let partial = DecimalSize.read(last), (1..<TileID.width).contains(partial) else { return nil }
            width = partial
            last = file.dropLast(2)
            parts.removeLast()
        }
        var digits: [UInt8] = []
        for group in parts {
            guard group.count == 4, group[0] == UInt8(ascii: "x") else { return nil }
            digits += group.dropFirst()
        }
        guard last.count == 3, let index = Self.index(digits + last) else { return nil }
        if kind == Array("entries".utf8) {
            self.init(entries: index, width: width)
        } else {
            guard let level = DecimalSize.read(kind), level <= TileID.greatestLevel else { return nil }
            self.init(TileID(level: level, index: index), width: width)
        }
    }

    package var description: String {
        let partial = width < TileID.width ? ".p/\(width)" : ""
        return switch content {
        case .hashes(let tile): "tile/\(tile.level)/\(Self.groups(tile.index))\(partial)"
        case .entries(let index): "tile/entries/\(Self.groups(index))\(partial)"
        }
    }

    /// A number in groups of three digits; a first group of zeros is another way to write the same, and refused.
    private static func index(_ digits: [UInt8]) -> Int? {
        if digits.count > 3, digits.prefix(3).allSatisfy({ $0 == UInt8(ascii: "0") }) { return nil }
        let significant = digits.drop { $0 == UInt8(ascii: "0") }
        return significant.isEmpty ? 0 : DecimalSize.read(significant)
    }

    private static func groups(_ index: Int) -> String {
        func padded(_ number: Int) -> String { String(repeating: "0", count: 3 - String(number).count) + String(number) }
        var text = padded(index % 1000)
        var rest = index / 1000
        while rest > 0 {
            text = "x\(padded(rest % 1000))/\(text)"
            rest /= 1000
        }
        return text
    }
}
