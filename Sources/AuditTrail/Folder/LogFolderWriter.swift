package import TransparencyLog

/// Writes one epoch of a log into a folder of plain files (C2SP tlog-tiles), which ``LogFolderVerifier`` and others can verify offline.
///
/// It knows no database: the caller gives tiles and entries. Whatever is whole already is not asked for again, so that an export goes
/// on where it was stopped, or where the last one ended. The checkpoint comes last; until then the folder tells of its earlier state.
/// All calls block.
package struct LogFolderWriter: Sendable {
    private let layout: LogFolderLayout
    private let checkpoint: SignedCheckpoint
    private let pruned: Int
    private var bundle: [UInt8] = []
    /// The position of the entry that ``add(_:)`` takes next.
    package private(set) var nextEntry: Int

    /// - Parameters:
    ///   - folder: of all epochs of the log; made if it is not there.
    ///   - checkpoint: what is exported: the log as it was at this size.
    ///   - pruned: entries before this position, a multiple of 256, are not there any more and are left out.
    package init(folder: String, checkpoint: SignedCheckpoint, pruned: Int = 0) throws(LogFolderError) {
        layout = LogFolderLayout(folder: folder, epoch: checkpoint.origin.epoch)
        self.checkpoint = checkpoint
        self.pruned = pruned
        guard pruned.isMultiple(of: TileID.width), (0...checkpoint.head.size).contains(pruned) else {
            throw LogFolderError(code: .incomplete, path: layout.root)
        }
        nextEntry = pruned
        while nextEntry + TileID.width <= checkpoint.head.size,
            FolderFile.exists(layout.tile(TilePath(entries: nextEntry / TileID.width)))
        {
            nextEntry += TileID.width
        }
    }

    /// The tiles that are still to be given to ``write(_:_:)``, level by level.
    package var missingTiles: some Sequence<TileID> {
        let layout = layout
        return TileID.all(size: checkpoint.head.size).lazy
            .filter { tile, width in !FolderFile.exists(layout.tile(TilePath(tile, width: width))) }.map(\.tile)
    }

    /// Writes a tile.
    ///
    /// - Parameter bytes: at least what the tile has at the checkpoint's size; further hashes are left out.
    /// - Throws: `incomplete` when there are fewer.
    package func write(_ tile: TileID, _ bytes: [UInt8]) throws(LogFolderError) {
        let width = tile.width(size: checkpoint.head.size)
        let path = layout.tile(TilePath(tile, width: max(1, width)))
        guard width > 0, bytes.count >= width * TreeHash.byteCount else { throw LogFolderError(code: .incomplete, path: path) }
        try FolderFile.write(Array(bytes.prefix(width * TreeHash.byteCount)), to: path)
    }

    /// Adds the entry of position ``nextEntry``.
    ///
    /// - Throws: `incomplete` when the log has no such entry at the checkpoint's size, or the entry is too long for one.
    package mutating func add(_ entry: [UInt8]) throws(LogFolderError) {
        guard nextEntry < checkpoint.head.size else { throw LogFolderError(code: .incomplete, path: layout.root) }
        do throws(LogError) { try EntryBundle.append(entry, to: &bundle) } catch {
            throw LogFolderError(code: .incomplete, path: layout.root)
        }
        nextEntry += 1
        if nextEntry.isMultiple(of: TileID.width) || nextEntry == checkpoint.head.size { try writeBundle() }
    }

    /// Puts the checkpoint in place and takes away the parts of tiles that are whole now. Everything is on the disk when this returns.
    ///
    /// - Throws: `incomplete` when entries or tiles are missing.
    package consuming func finish() throws(LogFolderError) {
        guard nextEntry == checkpoint.head.size, missingTiles.first(where: { _ in true }) == nil else {
            throw LogFolderError(code: .incomplete, path: layout.root)
        }
        if pruned > 0 { try FolderFile.write(Array("\(pruned)\n".utf8), to: layout.pruned) }
        try FolderFile.write(Array(checkpoint.note.utf8), to: layout.checkpoint, isLasting: true)
        removeOldParts()
    }

    /// Adds another checkpoint of this epoch, older or with signatures of witnesses under it.
    package func write(checkpoint: SignedCheckpoint) throws(LogFolderError) {
        try FolderFile.write(Array(checkpoint.note.utf8), to: layout.checkpoint(size: checkpoint.head.size))
    }

    /// Adds a time stamp (RFC 3161, DER) of the checkpoint of this size.
    package func write(timestamp: [UInt8], size: Int) throws(LogFolderError) {
        try FolderFile.write(timestamp, to: layout.timestamp(size: size))
    }

    private mutating func writeBundle() throws(LogFolderError) {
        let index = (nextEntry - 1) / TileID.width
        try FolderFile.write(bundle, to: layout.tile(TilePath(entries: index, width: nextEntry - index * TileID.width)))
        bundle.removeAll(keepingCapacity: true)
    }

    /// Parts of tiles of an earlier, smaller export, and what an export that was stopped left half-written.
    private func removeOldParts() {
        let size = checkpoint.head.size
        let root = layout.root
        FolderFile.walk(root) { path in
            if path.hasSuffix(".new") { FolderFile.remove("\(root)/\(path)") }
            guard case .tile(let part) = LogFolderLayout.file(at: path), part.width < TileID.width else { return }
            let tile =
                switch part.content {
                case .hashes(let tile): tile
                case .entries(let index): TileID(level: 0, index: index)
                }
            guard part.width < tile.width(size: size) else { return }
            FolderFile.remove("\(root)/\(path)")
        }
    }
}
