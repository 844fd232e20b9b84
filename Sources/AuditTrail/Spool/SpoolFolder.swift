import DurableFiles

/// The files of a spool, in the hands of one at a time.
///
/// The newest segment is only ever appended to. The oldest is only ever removed, as a whole, once its frames are elsewhere; when
/// it is the newest, too, the next write begins another. No byte is written twice and no file is rewritten in place, so a crash
/// finds either the state before or the one after, or a last record that is cut off because nobody was told of it. Marks
/// within a file of how far it was consumed, or compaction into another, would need an order between two files that each crash
/// could catch halfway.
struct SpoolFolder: ~Copyable {
    private let folder: DurableFolder
    private let lock: OpenFile
    /// From the oldest to the newest.
    private(set) var segments: [SpoolSegment] = []
    /// The newest segment's, when it may be appended to.
    private var active: OpenFile?
    private var nextNumber = 1
    private let segmentByteCount: Int

    var byteCount: Int { segments.reduce(0) { $0 + $1.byteCount } }
    var frameCount: Int { segments.reduce(0) { $0 + $1.frameCount } }

    private init(_ folder: DurableFolder, owning lock: consuming OpenFile, _ segmentByteCount: Int) {
        self.folder = folder
        self.lock = lock
        self.segmentByteCount = segmentByteCount
    }

    /// Takes the lock of a folder, which is made when it is missing. ``recover()`` has to follow.
    static func open(_ path: String, segmentByteCount: Int) throws(SpoolError) -> SpoolFolder {
        let folder = DurableFolder(path)
        return SpoolFolder(folder, owning: try lock(folder), segmentByteCount)
    }

    private static func lock(_ folder: DurableFolder) throws(SpoolError) -> OpenFile {
        do throws(FileError) {
            try folder.ensure()
            let lock = try OpenFile.ensure(folder.path(of: "lock"))
            if try lock.tryLock() { return lock }
        } catch {
            throw .unwritable(error.code)
        }
        throw .inUse
    }

    // MARK: Recovery

    /// Reads what an earlier process left. Empty segments and interrupted writes go, damaged segments are set aside.
    mutating func recover() throws(SpoolError) -> SpoolRecovery {
        var recovery = SpoolRecovery()
        do throws(FileError) {
            let names = try folder.names()
            for name in names where name.hasSuffix(DurableFolder.draftEnding) { try folder.remove(name) }
            let numbers = names.compactMap(SpoolSegment.number(ofSegment:)).sorted()
            nextNumber = (names.compactMap(SpoolSegment.number(of:)).max() ?? 0) + 1
            for number in numbers {
                let isNewest = number == numbers.last
                if let segment = try folder.recover(SpoolSegment(number: number), isNewest: isNewest, &recovery) { segments.append(segment) }
            }
            try folder.sync()
        } catch {
            throw .unreadable(error.code)
        }
        recovery.frames = frameCount
        return recovery
    }

    // MARK: Writing

    /// How many bytes the folder would grow by with these frames, given how many of the same write stand before them.
    static func cost(_ frames: [[UInt8]], behind earlier: Int) -> Int {
        (earlier == 0 ? SpoolRecord.headerByteCount : 0) + SpoolRecord.byteCount(frames)
    }

    /// Appends a record of these frames; durable on return. After an error they are not in the spool.
    ///
    /// - Throws: `unwritable`, or `closed` when what was written could not be taken back: then nothing more may be written, because
    ///   the next opening would find it before that.
    mutating func append(_ frames: [[UInt8]]) throws(SpoolError) {
        if let newest = segments.last, newest.byteCount >= segmentByteCount { active = nil }
        if active == nil { try begin() }
        let last = segments.count - 1
        let record = SpoolRecord.encode(frames, segment: segments[last].number, position: segments[last].byteCount)
        do throws(FileError) {
            try write(record, at: segments[last].byteCount)
            segments[last].byteCount += record.count
            segments[last].frameCount += frames.count
        } catch {
            try takeBack()
            throw .unwritable(error.code)
        }
    }

    private borrowing func write(_ record: [UInt8], at position: Int) throws(FileError) {
        switch active {
        case .some(let file):
            try file.write(record, at: position)
            try file.sync()
            // The first record of a segment is there when the segment's name is.
            if position == 0 { try folder.sync() }
        case nil: preconditionFailure("a segment was begun")
        }
    }

    private mutating func begin() throws(SpoolError) {
        let segment = SpoolSegment(number: nextNumber)
        do throws(FileError) {
            active = try OpenFile.create(folder.path(of: segment.name))
        } catch {
            throw .unwritable(error.code)
        }
        nextNumber += 1
        segments.append(segment)
    }

    /// Cuts off what a failed write may have left. The segment is not written to again: after a failed `fdatasync` nobody knows
    /// which of its pages the kernel still has.
    private mutating func takeBack() throws(SpoolError) {
        guard let segment = segments.last else { return }
        do throws(FileError) {
            switch active.take() {
            case .some(let file):
                try file.cut(to: segment.byteCount)
                try file.sync()
            case nil: break
            }
        } catch {
            throw .closed
        }
        if segment.frameCount == 0 {
            segments.removeLast()
            // An empty file that stays goes with the next opening.
            try? folder.remove(segment.name)
        }
    }

    // MARK: Reading

    /// The frames of the oldest segment, which takes no more from now on; `nil` when there is none.
    mutating func oldest() throws(SpoolError) -> (frames: [[UInt8]], number: Int)? {
        guard let segment = segments.first else { return nil }
        if segments.count == 1 { active = nil }
        let damage: SpoolDamage
        do throws(FileError) {
            let bytes = try OpenFile.forReading(folder.path(of: segment.name)).readAll()
            let content = SpoolSegment.read(bytes, number: segment.number)
            if content.end == .whole, content.length == segment.byteCount { return (content.frames, segment.number) }
            var readable = segment
            readable.byteCount = content.length
            readable.frameCount = content.frames.count
            damage = try folder.setAside(readable, bytes)
            segments[0] = readable
        } catch {
            throw .unreadable(error.code)
        }
        if segments[0].frameCount == 0 { segments.removeFirst() }
        throw .damaged(damage)
    }

    /// Gives the space of the oldest segment back, if it is that one.
    mutating func discard(_ number: Int) throws(SpoolError) {
        guard segments.first?.number == number else { return }
        if segments.count == 1 { active = nil }
        do throws(FileError) {
            try folder.remove(segments[0].name)
            segments.removeFirst()
            try folder.sync()
        } catch {
            throw .unwritable(error.code)
        }
    }
}
