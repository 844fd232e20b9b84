import DurableFiles

/// Segments that are not what was written.
extension DurableFolder {
    /// Reads what an earlier process left of a segment; `nil` when nothing is left.
    ///
    /// - Parameter isNewest: whether a crash may have interrupted a write to it.
    func recover(_ segment: SpoolSegment, isNewest: Bool, _ recovery: inout SpoolRecovery) throws(FileError) -> SpoolSegment? {
        let file = try OpenFile.forUpdating(path(of: segment.name))
        let bytes = try file.readAll()
        let content = SpoolSegment.read(bytes, number: segment.number)
        var segment = segment
        segment.byteCount = content.length
        segment.frameCount = content.frames.count
        switch content.end {
        case .whole:
            // Whoever wrote it last may have been killed before it was durable.
            if isNewest { try file.sync() }
        case .torn where isNewest:
            recovery.tornBytes += bytes.count - content.length
            try file.cut(to: content.length)
            try file.sync()
        case .torn, .damaged:
            // Before a segment had a successor, all of it was durable.
            recovery.damages.append(try setAside(segment, bytes))
        }
        if segment.frameCount == 0 {
            try remove(segment.name)
            return nil
        }
        return segment
    }

    /// Keeps a segment as it was found under another name, and what was readable of it, as `segment` says, under its own.
    ///
    /// A crash between the steps leaves the segment as it was, so that the next opening does the same again.
    func setAside(_ segment: SpoolSegment, _ bytes: [UInt8]) throws(FileError) -> SpoolDamage {
        var attempt = 0
        while try !link(segment.name, as: segment.damagedName(attempt: attempt)) { attempt += 1 }
        try sync()
        if segment.frameCount > 0 {
            try replace(segment.name, with: Array(bytes.prefix(segment.byteCount)))
        } else {
            try remove(segment.name)
            try sync()
        }
        return SpoolDamage(segment: segment.number, position: segment.byteCount, file: segment.damagedName(attempt: attempt))
    }
}
