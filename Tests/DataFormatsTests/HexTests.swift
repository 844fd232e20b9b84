import Testing

@testable import DataFormats

struct HexTests {
    @Test func `bytes are written in lower case and read back`() {
        #expect(Hex.encode([0x00, 0x0F, 0xA5, 0xFF]) == "000fa5ff")
        #expect(Hex.decode("000fa5ff") == [0x00, 0x0F, 0xA5, 0xFF])
        #expect(Hex.encode([]) == "")
        #expect(Hex.decode("") == [])
        let all = Array(UInt8.min...UInt8.max)
        #expect(Hex.decode(Array(Hex.encode(all).utf8)) == all)
    }

    @Test(arguments: ["0", "0G", "AB", "0x00", " 00", "00 ", "é0", "\0\0"])
    func `anything else is refused`(text: String) {
        #expect(Hex.decode(text) == nil)
    }
}
