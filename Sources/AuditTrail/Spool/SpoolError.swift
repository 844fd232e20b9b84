/// Why the spool did not do what was asked; nothing of a frame is in it.
package enum SpoolError: Error, Sendable, Equatable {
    /// The frames do not fit below the cap. None of them was taken.
    case full
    /// The disk refused to write, with the number as in `errno`. None of the frames was taken.
    case unwritable(Int32)
    /// The disk refused to read, or to set aside what is damaged, with the number as in `errno`.
    case unreadable(Int32)
    /// Another opening has the spool, in this process or in another.
    case inUse
    /// A segment is not what was written. It was set aside; what stood before the damage is handed out as if nothing were.
    case damaged(SpoolDamage)
    /// It was closed, or a failed write could not be taken back.
    case closed
}

/// Where a segment stopped to be what was written, and where it lies now: nothing of it was thrown away.
package struct SpoolDamage: Sendable, Equatable {
    /// The number of the segment, as in its name.
    package let segment: Int
    /// The first byte of the record that cannot be read.
    package let position: Int
    /// The file in the spool's folder that has all the bytes as they were found.
    package let file: String
}

/// What opening a spool found.
package struct SpoolRecovery: Sendable, Equatable {
    /// Frames that nobody has discarded yet.
    package var frames = 0
    /// Bytes of a write that a crash interrupted, cut off: nobody was told that they were durable.
    package var tornBytes = 0
    /// Segments that were set aside.
    package var damages: [SpoolDamage] = []

    package init(frames: Int = 0, tornBytes: Int = 0, damages: [SpoolDamage] = []) {
        self.frames = frames
        self.tornBytes = tornBytes
        self.damages = damages
    }
}

extension SpoolError {
    /// A stable word for observations and messages.
    package var code: String {
        switch self {
        case .full: "spool-full"
        case .unwritable: "spool-unwritable"
        case .unreadable: "spool-unreadable"
        case .inUse: "spool-in-use"
        case .damaged: "spool-damaged"
        case .closed: "spool-closed"
        }
    }
}
