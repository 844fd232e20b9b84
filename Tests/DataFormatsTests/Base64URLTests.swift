import Testing

@testable import DataFormats

struct Base64URLTests {
    /// RFC 4648 section 10, without the padding, and the two digits that differ from plain base 64.
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
        ("~~?", "fn4_"), ("~~>", "fn4-"),
    ])
    func `published vectors agree`(plain: String, encoded: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded) == Array(plain.utf8))
        #expect(Base64URL.decode(Array(encoded.utf8)) == Array(plain.utf8))
    }

    @Test(arguments: ["Zg==", "Zm8=", "Z", "Zm9vY", "Zh", "Zm9", "Zm 8", "Zm9v\n", "Zm+v", "Zm/v", "Zmé", "\0AAA"])
    func `anything that is not canonical is refused`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func `random bytes survive and have one text only`() {
        var random = SplitMix64(seed: 6)
        for length in 0...200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = Base64URL.encode(bytes)
            #expect(text.utf8.count == (length * 4 + 2) / 3)
            #expect(Base64URL.decode(text) == bytes)
        }
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                guard let bytes = Base64URL.decode([first, second]) else { continue }
                #expect(Array(Base64URL.encode(bytes).utf8) == [first, second])
            }
        }
    }
}
