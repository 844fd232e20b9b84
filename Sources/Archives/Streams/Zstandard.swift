import CZstd

/// Compresses a stream with zstd (RFC 8878), so that `zstd -d` opens it; with a checksum of its own at the end.
struct ZstandardWriter: ~Copyable {
    private let context: OpaquePointer
    private let room: UnsafeMutableRawBufferPointer

    /// - Parameter workers: threads beside the caller's that compress.
    init(level: Int32 = 3, workers: Int32 = 1) {
        guard let context = ZSTD_createCCtx() else { preconditionFailure("out of memory") }
        self.context = context
        room = .allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 16)
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        // A library without threads refuses this, and compresses on the caller's.
        ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, workers)
    }

    deinit {
        ZSTD_freeCCtx(context)
        room.deallocate()
    }

    /// Takes all of the bytes; what comes out of it, now or later, is lent to `body`.
    ///
    /// - Parameter isLast: the stream ends with these bytes, and everything comes out.
    borrowing func write<Failure: Error>(
        _ bytes: UnsafeRawBufferPointer, isLast: Bool, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        while true {
            var output = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
            let rest = ZSTD_compressStream2(context, &output, &input, isLast ? ZSTD_e_end : ZSTD_e_continue)
            precondition(ZSTD_isError(rest) == 0, "zstd does not compress: out of memory")
            if output.pos > 0 { try body(UnsafeRawBufferPointer(rebasing: room[..<output.pos])) }
            if isLast ? rest == 0 : input.pos == input.size { return }
        }
    }
}

/// Opens a stream of zstd: what comes is given to it, and what it holds is taken piece by piece.
struct ZstandardReader: ~Copyable {
    private let context: OpaquePointer
    private var input: [UInt8] = []
    private var position = 0
    /// The last piece filled its room: there may be more, though all input is used.
    private var isFull = false
    /// Whether what was read so far ends with a frame.
    private(set) var isComplete = false

    struct Malformed: Error {}

    private static let pieceByteCount = 1 << 20

    init() {
        guard let context = ZSTD_createDCtx() else { preconditionFailure("out of memory") }
        self.context = context
        // What asks for more memory than our own streams need was not made by us.
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 27)
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Gives it what comes next; everything before has been taken.
    mutating func feed(_ bytes: [UInt8]) {
        precondition(position == input.count && !isFull, "what came before is taken first")
        input = bytes
        position = 0
    }

    /// The next piece of what it holds; `nil` when it needs more.
    mutating func next() throws(Malformed) -> [UInt8]? {
        guard position < input.count || isFull else { return nil }
        var isSound = true
        var (position, isComplete, isFull) = (position, isComplete, isFull)
        let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceByteCount) { room, filled in
            input.withUnsafeBytes { bytes in
                var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: position)
                var output = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                repeat {
                    let rest = ZSTD_decompressStream(context, &output, &source)
                    isSound = ZSTD_isError(rest) == 0
                    isComplete = rest == 0
                } while isSound && source.pos < source.size && output.pos < output.size
                filled = isSound ? output.pos : 0
                // Asked again behind the end of a frame, zstd would begin with another.
                isFull = output.pos == output.size && !isComplete
                position = source.pos
            }
        }
        (self.position, self.isComplete, self.isFull) = (position, isComplete, isFull)
        guard isSound else { throw Malformed() }
        return piece
    }
}
