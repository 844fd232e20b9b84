import Testing

@testable import Sealing

struct AgeReaderTests {
    private let identity = AgeIdentity.make()
    private let passphrase = Array("six words on a slip of paper".utf8)

    private func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    /// What came out, and the error at the end of it.
    private struct Reading {
        var output: [UInt8] = []
        var error: AgeError?
    }

    /// Writes a file in pieces of these sizes, over and over, and takes what came out after each.
    private func reading(_ file: [UInt8], pieces: [Int], _ reader: consuming AgeReader) -> Reading {
        var reader = reader
        var reading = Reading()
        var (from, turn) = (0, 0)
        do throws(AgeError) {
            while from < file.count {
                let piece = Array(file[from..<min(from + pieces[turn % pieces.count], file.count)])
                (from, turn) = (from + piece.count, turn + 1)
                try piece.lend { (piece) throws(AgeError) in try reader.write(piece) }
                reading.output += reader.takeOutput()
            }
            try reader.finish()
        } catch {
            reading.error = error
        }
        reading.output += reader.takeOutput()
        return reading
    }

    private func armored(_ file: [UInt8], piece: Int = 1000) -> [UInt8] {
        var writer = AgeArmorWriter()
        var text: [UInt8] = []
        for from in stride(from: 0, to: file.count, by: piece) {
            file[from..<min(from + piece, file.count)].withUnsafeBytes { writer.write($0) }
            text += writer.takeOutput()
        }
        writer.finish()
        return text + writer.takeOutput()
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000], [[1 << 20], [65_536], [65_552], [65_553, 1], [997, 3, 16, 70_000]])
    func `what comes in pieces comes out as a whole`(count: Int, pieces: [Int]) {
        let file = AgeFile.seal(pattern(count), to: [identity.recipient])
        let reading = reading(file, pieces: pieces, AgeReader(identities: [identity]))
        #expect(reading.error == nil)
        #expect(reading.output == pattern(count))
        let text = self.reading(armored(file), pieces: pieces, AgeReader(identities: [identity]))
        #expect(text.error == nil)
        #expect(text.output == pattern(count))
    }

    @Test(arguments: [1, 2, 7]) func `a byte at a time is enough`(piece: Int) {
        let file = AgeFile.seal(pattern(300), to: [AgeIdentity.make().recipient, identity.recipient])
        #expect(reading(file, pieces: [piece], AgeReader(identities: [identity])).output == pattern(300))
        #expect(reading(armored(file, piece: piece), pieces: [piece], AgeReader(identities: [identity])).output == pattern(300))
    }

    @Test func `what comes out keeps pace with what goes in`() throws {
        let file = AgeFile.seal(pattern(10 * 65_536), to: [identity.recipient])
        let start = try AgeHeader(from: file).bytes.count + AgeChunkCipher.nonceByteCount
        var reader = AgeReader(identities: [identity])
        var output = 0
        for (index, byte) in file.enumerated() where index < start + 5 * 65_552 + 1 {
            try [byte].lend { (byte) throws(AgeError) in try reader.write(byte) }
            output += reader.takeOutput().count
            // A chunk comes out with the first byte behind it.
            #expect(output == max(0, (index - start) / 65_552) * 65_536)
        }
    }

    @Test func `no character beyond ASCII is taken for one of base64`() {
        for character in UInt8(0x80)...0xFF {
            #expect(AgeBase64.decode([character, UInt8(ascii: "A"), UInt8(ascii: "A"), UInt8(ascii: "A")]) == nil)
        }
        #expect(AgeBase64.decode(Array("+/AA".utf8)) == [0xFB, 0xF0, 0x00])
    }

    @Test func `a changed bit anywhere is found, and nothing of its chunk comes out`() throws {
        let file = AgeFile.seal(pattern(65_536 + 3), to: [identity.recipient])
        let start = try AgeHeader(from: file).bytes.count + AgeChunkCipher.nonceByteCount
        let second = start + 65_552
        for index in Array(0..<start + 40) + Array(second - 20..<file.count) {
            for bit in [UInt8(1), 0x20, 0x80] {
                var changed = file
                changed[index] ^= bit
                let reading = reading(changed, pieces: [4096], AgeReader(identities: [identity]))
                #expect(reading.error != nil, "byte \(index)")
                #expect(reading.output == (index < second ? [] : pattern(65_536)), "byte \(index)")
            }
        }
    }

    @Test func `a cut anywhere is found`() throws {
        let file = AgeFile.seal(pattern(65_536 + 3), to: [identity.recipient])
        let start = try AgeHeader(from: file).bytes.count + AgeChunkCipher.nonceByteCount
        let second = start + 65_552
        for count in Array(0..<start + 40) + Array(second - 20..<file.count) {
            let reading = reading(Array(file[..<count]), pieces: [4096], AgeReader(identities: [identity]))
            #expect(reading.error != nil, "\(count) bytes")
            #expect(reading.output == (count < second ? [] : pattern(65_536)), "\(count) bytes")
        }
        #expect(reading(file, pieces: [4096], AgeReader(identities: [identity])).error == nil)
    }

    @Test func `of a full last chunk with something behind it only the chunk comes out`() {
        let file = AgeFile.seal(pattern(65_536), to: [identity.recipient])
        for tail in [1, 16, 17, 65_552, 100_000] {
            let reading = reading(file + pattern(tail), pieces: [5000], AgeReader(identities: [identity]))
            #expect(reading.error == .payloadForged, "\(tail) bytes behind")
            #expect(reading.output == pattern(65_536))
        }
    }

    @Test func `a forged header lets nothing out, and the reader stays closed`() throws {
        var file = AgeFile.seal(pattern(10), to: [identity.recipient])
        let code = try AgeHeader(from: file).bytes.count - 10
        file[code] = file[code] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        var reader = AgeReader(identities: [identity])
        #expect(throws: AgeError.headerForged) { try file.lend { (file) throws(AgeError) in try reader.write(file) } }
        #expect(reader.takeOutput() == [])
        #expect(throws: AgeError.headerForged) { try [UInt8(1)].lend { (byte) throws(AgeError) in try reader.write(byte) } }
        #expect(throws: AgeError.headerForged) { try reader.finish() }
        #expect(reader.isForPassphrase == false)
    }

    @Test func `a header without end is refused at its limit, and another format at once`() {
        let endless = Array("age-encryption.org/v1\n-> X25519 ".utf8) + [UInt8](repeating: UInt8(ascii: "A"), count: 2 << 20)
        var reader = AgeReader(identities: [identity])
        var taken = 0
        #expect(throws: AgeError.headerMalformed) {
            for byte in endless {
                try [byte].lend { (byte) throws(AgeError) in try reader.write(byte) }
                taken += 1
            }
        }
        #expect(taken == AgeFile.headerByteCountLimit)
        #expect(reading(Array("PK".utf8), pieces: [1], AgeReader(identities: [identity])).error == .versionUnknown)
        #expect(reading([], pieces: [1], AgeReader(identities: [identity])).error == .versionUnknown)
    }

    @Test func `a passphrase is asked for when the file is for one, and only then`() throws {
        let key = AgePassphraseKey.make(from: SecretBytes(copying: passphrase), workFactor: 10)
        var writer = AgeWriter(to: try #require(key))
        pattern(70_000).withUnsafeBytes { writer.write($0) }
        writer.finish()
        let file = writer.takeOutput()
        let passphrase = passphrase
        var asked = 0
        func reader(_ answer: [UInt8]?) -> AgeReader {
            AgeReader(asking: {
                asked += 1
                return answer.map { SecretBytes(copying: $0) }
            })
        }
        #expect(reading(file, pieces: [9], reader(passphrase)).output == pattern(70_000))
        #expect(reading(armored(file), pieces: [9], reader(passphrase)).output == pattern(70_000))
        #expect(reading(file, pieces: [9], reader([1])).error == .passphraseWrong)
        #expect(reading(file, pieces: [9], reader(nil)).error == .passphraseMissing)
        #expect(asked == 4)
        #expect(reading(AgeFile.seal([1], to: [identity.recipient]), pieces: [9], reader(passphrase)).error == .identityMissing)
        #expect(asked == 4)
        #expect(reading(file, pieces: [9], AgeReader(passphrase: SecretBytes(copying: passphrase))).output == pattern(70_000))
    }

    // MARK: For other recipients

    @Test func `a new header opens the old payload for others, and no longer for those before`() throws {
        let others = [AgeIdentity.make(), AgeIdentity.make()]
        let file = AgeFile.seal(pattern(70_000), to: [AgeIdentity.make().recipient, identity.recipient])
        let front = Array(file.prefix(AgeFile.headerByteCountLimit))
        let (header, replaced) = try AgeFile.rewrapped(front, with: [identity], to: others.map(\.recipient))
        #expect(try AgeHeader(from: file).bytes.count == replaced)
        let rekeyed = header + file[replaced...]
        for other in others { #expect(try AgeFile.open(rekeyed, with: [other]) == pattern(70_000)) }
        #expect(throws: AgeError.identityMissing) { try AgeFile.open(rekeyed, with: [identity]) }
        // Again, from the new one: the file key goes on.
        let again = try AgeFile.rewrapped(rekeyed, with: [others[1]], to: [identity.recipient])
        #expect(try AgeFile.open(again.header + rekeyed[again.replaced...], with: [identity]) == pattern(70_000))
    }

    @Test func `only who can open a file gets a new header for it`() throws {
        let file = AgeFile.seal([1], to: [identity.recipient])
        let count = try AgeHeader(from: file).bytes.count
        #expect(throws: AgeError.identityMissing) { try AgeFile.rewrapped(file, with: [.make()], to: [identity.recipient]) }
        #expect(throws: AgeError.headerMalformed) {
            try AgeFile.rewrapped(Array(file[..<(count - 1)]), with: [identity], to: [identity.recipient])
        }
        #expect(try AgeFile.rewrapped(Array(file[..<count]), with: [identity], to: [identity.recipient]).replaced == count)
        var forged = file
        let place = count - 10
        forged[place] = forged[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        #expect(throws: AgeError.headerForged) { try AgeFile.rewrapped(forged, with: [identity], to: [identity.recipient]) }
    }

    @Test func `a writer says where its header ends`() throws {
        var writer = AgeWriter(to: [identity.recipient])
        writer.finish()
        let count = writer.headerByteCount
        #expect(try AgeHeader(from: writer.takeOutput()).bytes.count == count)
    }
}
