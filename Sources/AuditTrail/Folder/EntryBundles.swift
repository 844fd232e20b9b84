import TransparencyLog
import Vocabulary

/// The entries of an epoch as the folder has them, a bundle at a time: read, looked at one by one, and hashed.
struct EntryBundles: ~Copyable {
    private let layout: LogFolderLayout
    private let size: Int
    private let pruned: Int
    private let session: FolderSession
    private let reading: EntryReading
    private let hasher = TreeHasher()
    private(set) var entryCount = 0
    private(set) var prunedCount = 0

    /// - Parameter pruned: bundles before this position may be missing.
    init(_ layout: LogFolderLayout, tenant: TenantID, size: Int, pruned: Int, session: FolderSession) {
        self.layout = layout
        self.size = size
        self.pruned = pruned
        self.session = session
        reading = EntryReading(tenant: tenant)
    }

    /// - Returns: the hashes of all entries in the bundle, which may be more or fewer than there have to be; `nil` when there is no
    ///   bundle, which has been found, or was taken out under a pruning policy.
    mutating func hashes(_ index: Int) -> [UInt8]? {
        let width = TileID(level: 0, index: index).width(size: size)
        let positions = index * TileID.width..<index * TileID.width + width
        switch read(index, width: width) {
        case .bytes(let bundle):
            let hashes = bundle.withUnsafeBytes { hash($0, from: positions.lowerBound, atMost: width) }
            entryCount += hashes.count / TreeHash.byteCount
            return hashes
        case .missing:
            if positions.upperBound <= pruned {
                prunedCount += width
            } else {
                session.report.add(.entryMissing, epoch: layout.epoch, entries: positions) { "\($0) is not there" }
            }
        case .unreadable:
            let path = TilePath(entries: index, width: width).description
            session.report.add(
                .fileUnreadable, epoch: layout.epoch, at: positions, file: path, "the entries \(path) of epoch \(layout.epoch) cannot be read"
            )
        }
        return nil
    }

    /// The bundle of the right width, or else a wider one: what it has too many of has been found with the files.
    private func read(_ index: Int, width: Int) -> FolderFile.Content {
        let limit = LogFolderLayout.greatestBundleByteCount
        let content = FolderFile.read(layout.tile(TilePath(entries: index, width: width)), limit: limit)
        guard content == .missing, width < TileID.width else { return content }
        for wider in width + 1...TileID.width {
            let path = layout.tile(TilePath(entries: index, width: wider))
            guard FolderFile.exists(path), case .bytes(let bytes) = FolderFile.read(path, limit: limit) else { continue }
            let places = bytes.withUnsafeBytes { EntryBundle.places(in: $0).entries }
            return .bytes(places.count > width ? Array(bytes.prefix(places[width - 1].upperBound)) : bytes)
        }
        return .missing
    }

    private func hash(_ bundle: UnsafeRawBufferPointer, from start: Int, atMost width: Int) -> [UInt8] {
        let (places, isWhole) = EntryBundle.places(in: bundle)
        if !isWhole, places.count >= width {
            session.report.add(.entryAdded, epoch: layout.epoch, entries: start + places.count..<start + places.count + 1) {
                "bytes stand where \($0) would, which the log has not"
            }
        }
        return [UInt8](unsafeUninitializedCapacity: places.count * TreeHash.byteCount) { hashes, initialized in
            for (offset, place) in places.enumerated() {
                let entry = UnsafeRawBufferPointer(rebasing: bundle[place])
                guard let output = hashes.baseAddress?.advanced(by: offset * TreeHash.byteCount) else { return }
                hasher.leaf(entry, into: output)
                look(at: entry, position: start + offset)
            }
            initialized = places.count * TreeHash.byteCount
        }
    }

    private func look(at entry: UnsafeRawBufferPointer, position: Int) {
        let positions = position..<position + 1
        switch reading.read(entry) {
        case .malformed:
            session.report.add(.entryMalformed, epoch: layout.epoch, entries: positions) {
                "\($0) is no canonical JSON object with a version, an id and a tenant"
            }
        case .foreign:
            session.report.add(.entryForeign, epoch: layout.epoch, entries: positions) { "\($0) is of another tenant than the log" }
        case .good(let high, let low):
            if session.ids.insert(high: high, low: low) { return }
            session.report.add(.entryRepeated, epoch: layout.epoch, entries: positions) { "\($0) has the id of an earlier one" }
        }
    }
}
