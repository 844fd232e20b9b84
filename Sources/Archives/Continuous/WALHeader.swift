/// What the first page of a segment tells of the cluster it belongs to (`XLogLongPageHeaderData` of PostgreSQL).
package struct WALHeader: Sendable, Equatable {
    static let byteCount = 40

    /// The cluster's system identifier.
    package let system: String
    package let timeline: UInt32
    package let position: WALPosition
    package let size: WALSegmentSize

    /// Reads what is written in the byte order of this host, which is that of the server that wrote it.
    ///
    /// - Returns: `nil` for anything that does not begin a segment of PostgreSQL 13 or newer.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.byteCount else { return nil }
        func load<Value: FixedWidthInteger>(_ offset: Int, _: Value.Type) -> Value {
            bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Value.self) }
        }
        // The first version of the page format whose number begins so is that of PostgreSQL 10; the second bit tells of the long form.
        guard load(0, UInt16.self) >> 8 == 0xD1, load(2, UInt16.self) & 0x0002 != 0,
            let size = WALSegmentSize(byteCount: Int(load(32, UInt32.self))), load(36, UInt32.self).nonzeroBitCount == 1
        else { return nil }
        timeline = load(4, UInt32.self)
        position = WALPosition(byte: load(8, UInt64.self))
        system = String(load(24, UInt64.self))
        self.size = size
    }

    /// Whether a segment of this name begins so. The page may be of the timeline before: a new one copies the segment it begins in.
    package func begins(_ segment: WALSegment) -> Bool { segment.start(size) == position && timeline <= segment.timeline && timeline > 0 }
}
