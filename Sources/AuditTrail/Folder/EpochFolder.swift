import TransparencyLog

/// One epoch's folder: what its files are, what its checkpoint says, and how it begins.
struct EpochFolder {
    let layout: LogFolderLayout
    let origin: LogOrigin
    private(set) var size = 0
    /// Of the checkpoints beside the newest one, as far as they verify.
    private(set) var heads: [ClaimedHead] = []
    private var root: TreeHash?
    private var pruned = 0
    private var summary: LogFolderReport.Epoch

    init(layout: LogFolderLayout, origin: LogOrigin) {
        self.layout = layout
        self.origin = origin
        summary = LogFolderReport.Epoch(epoch: layout.epoch)
    }

    /// Reads everything but tiles and entries, and names the files that do not belong there.
    mutating func open(_ session: FolderSession) {
        openCheckpoint(session)
        openPruned(session)
        var others: [(path: String, file: LogFolderLayout.File)] = []
        FolderFile.walk(layout.root) { path in
            switch LogFolderLayout.file(at: path) {
            case nil:
                let sentence = "the file \(path) does not belong into the folder of epoch \(layout.epoch)"
                session.report.add(.fileUnexpected, epoch: layout.epoch, file: path, sentence)
            case .checkpoint, .pruned: break
            case .tile(let tile): look(at: tile, path, session)
            case let file?: others.append((path, file))
            }
        }
        for (path, file) in others {
            switch file {
            case .checkpointOf(let size): openCheckpoint(at: path, size: size, session)
            case .timestampOf(let size): openTimestamp(at: path, size: size, session)
            case .checkpoint, .pruned, .tile: break
            }
        }
    }

    func verify(_ heads: [ClaimedHead], _ session: FolderSession) {
        let verification = EpochVerification(layout, origin: origin, size: size, root: root, pruned: pruned, heads: heads, session: session)
        var summary = summary
        (summary.entries, summary.pruned, summary.comparedCheckpoints) = verification.run()
        session.report.epochs.append(summary)
    }

    /// What the first entry says this epoch goes on from; `nil` in the first epoch, and after a finding.
    mutating func beginning(_ session: FolderSession) -> EpochBeginning? {
        guard layout.epoch > 1, size > 0 else { return nil }
        let width = TileID(level: 0, index: 0).width(size: size)
        let path = layout.tile(TilePath(entries: 0, width: width))
        let content = FolderFile.read(path, limit: LogFolderLayout.greatestBundleByteCount)
        if content == .missing, pruned > 0 {
            summary.isBeginningPruned = true
            return nil
        }
        func broken(_ sentence: String) { session.report.add(.epochBroken, epoch: layout.epoch, at: 0..<1, sentence) }
        guard case .bytes(let bundle) = content, let place = bundle.withUnsafeBytes({ EntryBundle.places(in: $0).entries.first }),
            let beginning = EpochBeginning(Array(bundle[place]))
        else {
            broken("the first entry of epoch \(layout.epoch) does not say what the epoch goes on from")
            return nil
        }
        summary.kept = beginning.kept
        summary.lost = beginning.lost
        for head in [beginning.kept, beginning.lost] {
            guard head.origin.name == origin.name, head.origin.tenant == origin.tenant, head.origin.epoch < layout.epoch else {
                broken("the first entry of epoch \(layout.epoch) tells of another log")
                return nil
            }
        }
        return beginning
    }

    // MARK: Checkpoints

    private mutating func openCheckpoint(_ session: FolderSession) {
        let name = "\(layout.epoch)/checkpoint"
        var note: [UInt8] = []
        if case .bytes(let bytes) = FolderFile.read(layout.checkpoint, limit: LogFolderLayout.greatestNoteByteCount) { note = bytes }
        if let checkpoint = session.verified(note, .checkpointUnverified, epoch: layout.epoch, file: name) {
            if checkpoint.origin == origin {
                take(Checkpoint(origin: checkpoint.origin, head: checkpoint.head))
                return
            }
            let sentence = "the checkpoint \(name) is of epoch \(checkpoint.origin.epoch)"
            session.report.add(.checkpointUnverified, epoch: layout.epoch, file: name, sentence)
        }
        // What it claims is still compared, but nobody has to believe its size: what is there has an end.
        var end = 0
        var count = 0
        FolderFile.walk(layout.root) { path in
            guard case .tile(let tile) = LogFolderLayout.file(at: path), case .entries(let index) = tile.content, index < 1 << 40 else { return }
            end = max(end, index * TileID.width + tile.width)
            count += 1
        }
        // A file far away does not make a long log of a short one; it is found with the files.
        if end > (count * 2 + 16) * TileID.width { end = count * TileID.width }
        size = end
        guard let text = try? SignedNote(note).text, let claimed = try? Checkpoint(text), claimed.origin == origin else { return }
        if claimed.head.size <= end { take(claimed) }
    }

    private mutating func take(_ checkpoint: Checkpoint) {
        size = checkpoint.head.size
        root = checkpoint.head.root
        summary.origin = checkpoint.origin
        summary.head = checkpoint.head
    }

    private mutating func openCheckpoint(at path: String, size: Int, _ session: FolderSession) {
        let name = "\(layout.epoch)/\(path)"
        var note: [UInt8] = []
        if case .bytes(let bytes) = FolderFile.read("\(layout.root)/\(path)", limit: LogFolderLayout.greatestNoteByteCount) { note = bytes }
        guard let checkpoint = session.verified(note, .checkpointUnverified, epoch: layout.epoch, file: name) else { return }
        guard checkpoint.origin == origin, checkpoint.head.size == size else {
            let sentence = "the checkpoint \(name) is of epoch \(checkpoint.origin.epoch) and has \(checkpoint.head.size) entries"
            session.report.add(.checkpointUnverified, epoch: layout.epoch, file: name, sentence)
            return
        }
        heads.append(ClaimedHead(head: checkpoint.head, source: .checkpoint(name)))
    }

    /// A time stamp is of the checkpoint file of its size.
    private mutating func openTimestamp(at path: String, size: Int, _ session: FolderSession) {
        func refuse(_ why: String) {
            let sentence = "the time stamp \(path) of epoch \(layout.epoch) \(why)"
            session.report.add(.timestampUnverified, epoch: layout.epoch, file: path, sentence)
        }
        let limit = LogFolderLayout.greatestNoteByteCount
        var notes: [[UInt8]] = []
        if case .bytes(let note) = FolderFile.read(layout.checkpoint(size: size), limit: limit) { notes.append(note) }
        if size == self.size, case .bytes(let note) = FolderFile.read(layout.checkpoint, limit: limit) { notes.append(note) }
        guard case .bytes(let response) = FolderFile.read("\(layout.root)/\(path)", limit: LogFolderLayout.greatestTimestampByteCount) else {
            return refuse("cannot be read")
        }
        if notes.isEmpty { return refuse("is of a checkpoint that is not there") }
        guard let isValid = session.isTimestampValid else {
            summary.uncheckedTimestamps += 1
            return
        }
        if !notes.contains(where: { isValid(response, $0) }) { refuse("does not verify") }
    }

    // MARK: Files

    private mutating func openPruned(_ session: FolderSession) {
        func refuse(_ why: String) {
            session.report.add(.prunedWrong, epoch: layout.epoch, file: "pruned", "the file pruned of epoch \(layout.epoch) \(why)")
        }
        switch FolderFile.read(layout.pruned, limit: 64) {
        case .missing: return
        case .unreadable: refuse("cannot be read")
        case .bytes(let bytes):
            guard bytes.last == 0x0A, let position = LogFolderLayout.size(String(decoding: bytes.dropLast(), as: UTF8.self)), position > 0,
                position.isMultiple(of: TileID.width), position <= size
            else { return refuse("names no position of the log where a bundle ends") }
            // Nothing signs this file: it must not say more than it has to.
            if FolderFile.exists(layout.tile(TilePath(entries: position / TileID.width - 1))) {
                return refuse("tells of entries before \(position), of which the last are there")
            }
            pruned = position
        }
    }

    /// A tile or bundle that the log does not have at its size.
    private func look(at part: TilePath, _ path: String, _ session: FolderSession) {
        switch part.content {
        case .hashes(let tile):
            if part.width == tile.width(size: size) { return }
        case .entries(let index):
            let width = TileID(level: 0, index: index).width(size: size)
            if part.width == width { return }
            if part.width > width, index < 1 << 40 {
                let start = index * TileID.width
                session.report.add(
                    .entryAdded, epoch: layout.epoch, at: start + width..<start + part.width, file: path,
                    "the file \(path) of epoch \(layout.epoch) has entries behind the \(size) that were signed"
                )
                return
            }
        }
        let sentence = "the file \(path) is no tile that epoch \(layout.epoch) has at its size of \(size)"
        session.report.add(.fileUnexpected, epoch: layout.epoch, file: path, sentence)
    }
}
