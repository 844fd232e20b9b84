import TransparencyLog

/// Verifies one epoch: entries against tiles, tiles against each other and the signed root, the tree against every head that was signed.
///
/// One bundle is in memory at a time. Where the tiles lead to the root, they tell what is wrong with entries. Where they do not, two
/// trees are carried on, one of the tiles and one of the entries; the one that has the signed root at the end is right.
struct EpochVerification: ~Copyable {
    let layout: LogFolderLayout
    let session: FolderSession
    let size: Int
    /// What the checkpoint says; `nil` when there is none.
    let root: TreeHash?
    private var tiles: StoredTiles
    private var bundles: EntryBundles
    /// Sorted by size; compared as the tree passes them.
    private var heads: ArraySlice<ClaimedHead>
    private var tree = TreeFrontier()
    /// The tree of the entries, from the first bundle on where they and the tiles differ and nothing tells which are right.
    private var entryTree: TreeFrontier?
    private var undecided: [(index: Int, differences: [BundleComparison.Difference])] = []
    /// Hashes are missing, so that the tree cannot be carried on.
    private var isBroken = false
    private var comparedCount = 0

    init(_ layout: LogFolderLayout, origin: LogOrigin, size: Int, root: TreeHash?, pruned: Int, heads: [ClaimedHead], session: FolderSession) {
        self.layout = layout
        self.session = session
        self.size = size
        self.root = root
        self.heads = heads.sorted { $0.head.size < $1.head.size }[...]
        tiles = StoredTiles(layout, size: size, root: root, session: session)
        bundles = EntryBundles(layout, tenant: origin.tenant, size: size, pruned: pruned, session: session)
    }

    /// - Returns: how many entries were read, how many had been taken out, how many heads were compared.
    consuming func run() -> (entries: Int, pruned: Int, compared: Int) {
        compareHeads(upTo: 0)
        for index in 0..<(size + TileID.width - 1) / TileID.width {
            verify(index)
            session.advance(by: TileID(level: 0, index: index).width(size: size))
        }
        for head in heads { head.reportCut(&session.report, epoch: layout.epoch, size: size) }
        finish()
        return (bundles.entryCount, bundles.prunedCount, comparedCount)
    }

    private mutating func verify(_ index: Int) {
        let id = TileID(level: 0, index: index)
        let width = id.width(size: size)
        let found = bundles.hashes(index)
        let stored = tiles.tile(id)
        let isKnown = stored.isTrusted || stored.expected != nil
        switch (found, stored.bytes) {
        case (let found?, let bytes?) where found == bytes:
            if isKnown, !stored.isTrusted {
                let positions = index * TileID.width..<index * TileID.width + width
                session.report.add(.entryChanged, epoch: layout.epoch, entries: positions) {
                    "\($0), or one beside it, is another than the log has, and its hash was changed with it"
                }
                carryOn(root: stored.expected)
            } else {
                carryOn(bytes, root: stored.expected)
            }
        case (let found, let bytes?) where stored.isTrusted:
            if let found { report(BundleComparison.differences(found: found, logged: bytes), index) }
            carryOn(bytes, root: stored.expected)
        case (let found?, let bytes) where stored.expected != nil && isWhole(found, width) && tiles.root(of: found) == stored.expected:
            if bytes != nil { tiles.reportChanged(id) }
            carryOn(found, root: stored.expected)
        case (let found, let bytes) where stored.expected != nil:
            if let bytes {
                tiles.reportChanged(id)
                if let found { report(BundleComparison.differences(found: found, logged: bytes), index) }
            } else if let found {
                reportUnmeasured(found, index, width)
            }
            carryOn(root: stored.expected)
        case (let found?, let bytes?):
            undecided.append((index, BundleComparison.differences(found: found, logged: bytes)))
            carryOn(bytes, entries: isWhole(found, width) ? found : nil)
        case (nil, let bytes?):
            carryOn(bytes)
        case (let found?, nil) where isWhole(found, width):
            carryOn(found)
        case (let found, nil):
            if let found { reportUnmeasured(found, index, width) }
            isBroken = true
        }
        // What the tree could tell has been compared; what is left here, nothing can be compared with.
        compareHeads(upTo: index * TileID.width + width)
    }

    private func isWhole(_ hashes: [UInt8], _ width: Int) -> Bool { hashes.count == width * TreeHash.byteCount }

    // MARK: The tree

    /// - Parameters:
    ///   - leaves: what the log has, as far as that is known.
    ///   - root: over the leaves of a full tile, when somebody has computed it.
    ///   - entries: the hashes of the entries where they are others.
    private mutating func carryOn(_ leaves: [UInt8], root: TreeHash? = nil, entries: [UInt8]? = nil) {
        if isBroken { return }
        let start = tree.size
        let end = start + leaves.count / TreeHash.byteCount
        // Copies make the next additions dear.
        let isAsked = heads.first.map { $0.head.size <= end } ?? false
        let before = isAsked ? tree : TreeFrontier()
        var other = entries == nil ? entryTree : entryTree ?? tree
        let otherBefore = isAsked ? other : nil
        if let root, leaves.count == TileID.byteCount { tree.append(tile: root) } else { tree.append(leaves: leaves) }
        other?.append(leaves: entries ?? leaves)
        _ = other?.takeChanges()
        entryTree = other
        if isAsked {
            compareHeads(upTo: end) { size in
                func root(_ tree: TreeFrontier, _ leaves: [UInt8]) -> TreeHash {
                    var tree = tree
                    tree.append(leaves: leaves.prefix((size - start) * TreeHash.byteCount))
                    return tree.head.root
                }
                return [root(before, leaves)] + (otherBefore.map { [root($0, entries ?? leaves)] } ?? [])
            }
        }
        tiles.compare(tree.takeChanges())
    }

    /// Goes on with the root of 256 entries that are not known one by one.
    private mutating func carryOn(root: TreeHash?) {
        guard let root, !isBroken else {
            isBroken = true
            return
        }
        tree.append(tile: root)
        entryTree?.append(tile: root)
        let end = tree.size
        if let next = heads.first, next.head.size <= end {
            let reached = tree.head.root
            compareHeads(upTo: end) { $0 == end ? [reached] : nil }
        }
        tiles.compare(tree.takeChanges())
        _ = entryTree?.takeChanges()
    }

    /// Compares the heads up to a size; those between what the trees can tell are found to be uncheckable.
    private mutating func compareHeads(upTo size: Int, _ roots: (Int) -> [TreeHash]? = { $0 == 0 ? [.empty] : nil }) {
        while let head = heads.first, head.head.size <= size {
            heads.removeFirst()
            guard let roots = roots(head.head.size) else {
                head.reportUnchecked(&session.report, epoch: layout.epoch)
                continue
            }
            comparedCount += 1
            if !roots.contains(head.head.root) { head.reportFork(&session.report, epoch: layout.epoch) }
        }
    }

    private mutating func finish() {
        let isEntryTreeRight = entryTree.map { !isBroken && $0.head.root == root } ?? false
        let isTreeRight = !isBroken && tree.head.root == root
        for (index, differences) in undecided {
            if isEntryTreeRight, !isTreeRight { tiles.reportChanged(TileID(level: 0, index: index)) } else { report(differences, index) }
        }
        if isBroken || root == nil { return }
        guard isTreeRight || isEntryTreeRight else {
            let sentence = "the \(size) entries of epoch \(layout.epoch) do not lead to the root of its checkpoint"
            session.report.add(.rootWrong, epoch: layout.epoch, at: 0..<size, sentence)
            return
        }
        if tiles.areEdgesTrusted { return }
        let right = (isTreeRight ? tree : entryTree ?? tree).unfinished
        let reported = Set(undecided.filter { _ in isEntryTreeRight && !isTreeRight }.map { TileID(level: 0, index: $0.index) })
        for (id, bytes) in tiles.edges.sorted(by: { $0.key < $1.key }) where right[id] != bytes && !reported.contains(id) {
            tiles.reportChanged(id)
        }
    }

    // MARK: Findings

    private func report(_ differences: [BundleComparison.Difference], _ index: Int) {
        let start = index * TileID.width
        func add(_ code: FolderFinding.Code, _ place: Int, _ predicate: (String) -> String) {
            session.report.add(code, epoch: layout.epoch, entries: start + place..<start + place + 1, predicate)
        }
        for difference in differences {
            switch difference {
            case .changed(let place): add(.entryChanged, place) { "\($0) is another than the log has" }
            case .missing(let place): add(.entryMissing, place) { "\($0) is not there" }
            case .added(let place): add(.entryAdded, place) { "where \($0) stands, there is one that the log has not there" }
            case .moved(let home, let place):
                let sentence = "entry \(start + home) of epoch \(layout.epoch) stands at position \(start + place)"
                session.report.add(.entryOrder, epoch: layout.epoch, at: start + place..<start + place + 1, sentence)
            }
        }
    }

    /// Entries of a bundle for which there are no hashes to compare them with.
    private func reportUnmeasured(_ found: [UInt8], _ index: Int, _ width: Int) {
        let start = index * TileID.width
        let count = found.count / TreeHash.byteCount
        if count < width {
            session.report.add(.entryMissing, epoch: layout.epoch, entries: start + count..<start + width) { "\($0) is not there" }
        } else if count > width {
            session.report.add(.entryAdded, epoch: layout.epoch, entries: start + width..<start + count) { "the log has not \($0)" }
        } else {
            session.report.add(.entryChanged, epoch: layout.epoch, entries: start..<start + width) {
                "\($0), or one beside it, is another than the log has"
            }
        }
    }
}
