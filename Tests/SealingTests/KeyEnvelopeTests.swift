import Testing

@testable import Sealing

struct KeyEnvelopeTests {
    private let key = SymmetricKey(SecretBytes(copying: Array(0..<32)))
    private let above = SymmetricKey.random()
    private let other = SymmetricKey.random()
    private let label = Array("epoch 1".utf8)

    @Test(arguments: Envelope.Suite.allCases) func `a wrapped key unwraps under its key and label only`(suite: Envelope.Suite) {
        let wrapped = KeyEnvelope.wrap(key, under: above, label: label, suite: suite)
        #expect(wrapped.withUnsafeBytes { Envelope.header(of: $0)?.suite } == suite)
        #expect(KeyEnvelope.unwrap(wrapped, under: above, label: label)?.withBytes { Array($0) } == Array(0..<32))
        #expect(KeyEnvelope.unwrap(wrapped, under: other, label: label) == nil)
        #expect(KeyEnvelope.unwrap(wrapped, under: above, label: Array("epoch 2".utf8)) == nil)
        #expect(KeyEnvelope.unwrap(wrapped, under: above, label: []) == nil)
        #expect(KeyEnvelope.unwrap([], under: above, label: label) == nil)
        for index in wrapped.indices {
            var changed = wrapped
            changed[index] ^= 1
            #expect(KeyEnvelope.unwrap(changed, under: above, label: label) == nil, "byte \(index)")
        }
    }

    @Test(arguments: Envelope.Suite.allCases, Envelope.Suite.allCases)
    func `a re-wrapped key is the same one, under the other key and label`(from: Envelope.Suite, to: Envelope.Suite) throws {
        let label2 = Array("epoch 2".utf8)
        let wrapped = KeyEnvelope.wrap(key, under: above, label: label, suite: from)
        let again = try #require(KeyEnvelope.rewrap(wrapped, under: above, label: label, to: other, label: label2, suite: to))
        #expect(again.withUnsafeBytes { Envelope.header(of: $0)?.suite } == to)
        #expect(KeyEnvelope.unwrap(again, under: other, label: label2)?.withBytes { Array($0) } == Array(0..<32))
        #expect(KeyEnvelope.unwrap(again, under: above, label: label) == nil)
        #expect(KeyEnvelope.rewrap(wrapped, under: other, label: label, to: other, label: label2) == nil)
        #expect(KeyEnvelope.rewrap(wrapped, under: above, label: label2, to: other, label: label2) == nil)
    }

    @Test(arguments: [0, 31, 33]) func `what is no key does not unwrap`(count: Int) {
        let sealed = above.withBytes { above in
            [UInt8](repeating: 1, count: count).withUnsafeBytes { Envelope.seal($0, keyVersion: 0, associatedData: label, key: above) }
        }
        #expect(KeyEnvelope.unwrap(sealed, under: above, label: label) == nil)
    }
}
