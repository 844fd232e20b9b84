/// Entries as they are exported (C2SP tlog-tiles): for each a length of two bytes, most significant first, and its bytes.
package enum EntryBundle {
    package static let greatestEntryByteCount = 65_535

    /// - Throws: `entryTooLong`.
    package static func append(_ entry: [UInt8], to bundle: inout [UInt8]) throws(LogError) {
        guard entry.count <= greatestEntryByteCount else { throw .entryTooLong }
        bundle.append(UInt8(entry.count >> 8))
        bundle.append(UInt8(entry.count & 0xFF))
        bundle += entry
    }

    /// Where the entries lie in a bundle.
    ///
    /// - Returns: their places as far as the bundle is one, and whether it is to its end: the last entry may be cut.
    package static func places(in bundle: UnsafeRawBufferPointer) -> (entries: [Range<Int>], isWhole: Bool) {
        var entries: [Range<Int>] = []
        entries.reserveCapacity(TileID.width)
        var start = 0
        while start < bundle.count {
            guard start + 2 <= bundle.count else { return (entries, false) }
            let end = start + 2 + (Int(bundle[start]) << 8 | Int(bundle[start + 1]))
            guard end <= bundle.count else { return (entries, false) }
            entries.append(start + 2..<end)
            start = end
        }
        return (entries, true)
    }
}
