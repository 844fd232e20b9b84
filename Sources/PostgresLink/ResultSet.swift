import CLibPQ
package import Vocabulary

/// The rows of one statement in binary form, freed when the last reference goes.
///
/// SAFETY: a PGresult is immutable once libpq has handed it over, and libpq documents it as safe to read from any
/// thread; the pointer never leaves the closures below.
package final class ResultSet: @unchecked Sendable {
    private let result: OpaquePointer
    package let rowCount: Int

    init(owning result: OpaquePointer) {
        self.result = result
        self.rowCount = Int(PQntuples(result))
    }

    deinit { PQclear(result) }

    /// Rows that an INSERT, UPDATE or DELETE touched.
    package var affectedRows: Int { PQcmdTuples(result).map { Int(String(cString: $0)) ?? 0 } ?? 0 }

    package func isNull(_ row: Int, _ column: Int) -> Bool { PQgetisnull(result, Int32(row), Int32(column)) != 0 }

    /// Lends the bytes of a cell; `nil` when the cell is NULL.
    package func withBytes<Value, Failure: Error>(
        _ row: Int, _ column: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value? {
        guard !isNull(row, column) else { return nil }
        let start = PQgetvalue(result, Int32(row), Int32(column))
        let count = Int(PQgetlength(result, Int32(row), Int32(column)))
        return try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Lends the cells of a row; what a cell answers holds until the closure returns.
    package func withRow<Value>(_ row: Int, _ body: (RowCells) -> Value) -> Value {
        withExtendedLifetime(self) { body(RowCells(result: result, row: Int32(row))) }
    }

    package func bytes(_ row: Int, _ column: Int) -> [UInt8]? { withBytes(row, column) { Array($0) } }
    package func text(_ row: Int, _ column: Int) -> String? { withBytes(row, column) { String(decoding: $0, as: UTF8.self) } }
    package func bool(_ row: Int, _ column: Int) -> Bool? { withBytes(row, column) { $0.first == 1 } }

    package func int64(_ row: Int, _ column: Int) -> Int64? {
        withBytes(row, column) { bytes in
            switch bytes.count {
            case 8: Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
            case 4: Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
            case 2: Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
            default: 0
            }
        }
    }

    package func uuid(_ row: Int, _ column: Int) -> UUIDv7? {
        guard
            let value = withBytes(
                row, column,
                { bytes -> UUIDv7? in
                    guard bytes.count == 16 else { return nil }
                    return UUIDv7(
                        high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                        low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                    )
                })
        else { return nil }
        return value
    }

    /// Ids that were sent one behind the other in a single cell; none when it is NULL.
    package func uuids(_ row: Int, _ column: Int) -> [UUIDv7] {
        guard rowCount > row else { return [] }
        return withBytes(row, column) { bytes in
            stride(from: 0, to: bytes.count - bytes.count % 16, by: 16).map { offset in
                UUIDv7(
                    high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
                    low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
                )
            }
        } ?? []
    }

    package func date(_ row: Int, _ column: Int) -> CalendarDate? {
        int64(row, column).map { CalendarDate(daysSince1970: Int32(truncatingIfNeeded: $0) + Epoch.days) }
    }

    package func timestamp(_ row: Int, _ column: Int) -> Instant? {
        int64(row, column).map { Instant(microseconds: $0 + Epoch.microseconds) }
    }
}

/// The cells of one row, lent by ``ResultSet/withRow(_:_:)``.
package struct RowCells {
    fileprivate let result: OpaquePointer
    fileprivate let row: Int32

    /// The bytes of a cell as PostgreSQL sent them; `nil` when NULL.
    package subscript(column: Int) -> UnsafeRawBufferPointer? {
        if PQgetisnull(result, row, Int32(column)) != 0 { return nil }
        return UnsafeRawBufferPointer(start: PQgetvalue(result, row, Int32(column)), count: Int(PQgetlength(result, row, Int32(column))))
    }
}

extension ResultSet {
    /// A one-dimensional array of text; NULL elements are left out, and a NULL array is empty.
    package func texts(_ row: Int, _ column: Int) -> [String] {
        withBytes(row, column) { bytes in
            guard bytes.count >= 20 else { return [] }
            let count = Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: 12, as: Int32.self)))
            var result: [String] = []
            var offset = 20
            for _ in 0..<count {
                guard offset + 4 <= bytes.count else { break }
                let length = Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
                offset += 4
                guard length >= 0, offset + length <= bytes.count else { continue }
                result.append(String(decoding: bytes[offset..<offset + length], as: UTF8.self))
                offset += length
            }
            return result
        } ?? []
    }
}
