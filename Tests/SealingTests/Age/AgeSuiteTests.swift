import Testing

@testable import Sealing

struct AgeSuiteTests {
    @Test func `the suite's files are made here as they were published`() {
        #expect(AgeSuite.lines(AgeSuite.publishedFile) == AgeSuite.publishedLines)
    }

    @Test(arguments: AgeSuite.armor + AgeSuite.payloads + AgeSuite.passphrases, [1 << 20, 65_553, 100])
    func `a published file has its published outcome`(vector: AgeSuite.Case, piece: Int) throws {
        let file = vector.file()
        var reader: AgeReader
        if let passphrase = vector.passphrase {
            reader = AgeReader(passphrase: SecretBytes(copying: Array(passphrase.utf8)))
        } else {
            reader = AgeReader(identities: [try AgeKeyTests.identity(AgeSuite.identity)])
        }
        var output: [UInt8] = []
        var failure: AgeError?
        do throws(AgeError) {
            for from in stride(from: 0, to: file.count, by: piece) {
                try Array(file[from..<min(from + piece, file.count)]).lend { (piece) throws(AgeError) in try reader.write(piece) }
                output += reader.takeOutput()
            }
            try reader.finish()
        } catch {
            failure = error
        }
        output += reader.takeOutput()

        switch vector.expected {
        case .success(let plaintext):
            #expect(failure == nil)
            #expect(output == plaintext)
        case .payloadFailure(let released):
            #expect(failure == .payloadForged || failure == .payloadMalformed)
            #expect(output == released)
        case .noMatch:
            #expect(failure == .identityMissing || failure == .passphraseWrong)
            #expect(output == [])
        case .headerFailure:
            // The suite counts a cut nonce, too high a cost and another version among them.
            #expect([.headerMalformed, .payloadMalformed, .workFactorExcessive, .versionUnknown].contains(failure))
            #expect(output == [])
        case .armorFailure:
            #expect(failure == .armorMalformed || failure == .versionUnknown)
            #expect(output == [])
        }
    }
}
