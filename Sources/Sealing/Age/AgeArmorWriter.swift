/// Writes a file in armor while it comes.
package struct AgeArmorWriter: Sendable {
    /// Less than a line.
    private var waiting: [UInt8] = []
    private var output = AgeArmor.begin + "\n".utf8

    package init() {}

    package mutating func write(_ file: UnsafeRawBufferPointer) {
        output.reserveCapacity(output.count + (waiting.count + file.count) / AgeArmor.lineByteCount * (AgeArmor.columnCount + 1))
        var from = 0
        if !waiting.isEmpty {
            from = min(AgeArmor.lineByteCount - waiting.count, file.count)
            waiting.append(contentsOf: UnsafeRawBufferPointer(rebasing: file[..<from]))
            guard waiting.count == AgeArmor.lineByteCount else { return }
            flush()
        }
        while file.count - from >= AgeArmor.lineByteCount {
            AgeArmor.append(UnsafeRawBufferPointer(rebasing: file[from..<from + AgeArmor.lineByteCount]), to: &output)
            from += AgeArmor.lineByteCount
        }
        waiting.append(contentsOf: UnsafeRawBufferPointer(rebasing: file[from...]))
    }

    package mutating func finish() {
        if !waiting.isEmpty { flush() }
        output += AgeArmor.end + "\n".utf8
    }

    /// What has come out since it was last taken.
    package mutating func takeOutput() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &output)
        return taken
    }

    private mutating func flush() {
        waiting.withUnsafeBytes { AgeArmor.append($0, to: &output) }
        waiting.removeAll(keepingCapacity: true)
    }
}
