import Testing
import Vocabulary

struct IdentifierTests {
    @Test func `new ids are version 7 and carry the time`() {
        let at = Instant(microseconds: 1_795_340_000_123_000)
        for _ in 0..<1000 {
            let id = UUIDv7.make(at: at)
            #expect(id.high >> 16 == 1_795_340_000_123)
            #expect(id.high & 0xF000 == 0x7000)
            #expect(id.low >> 62 == 0b10)
        }
        #expect(UUIDv7.make(at: at) < UUIDv7.make(at: at.advanced(by: .milliseconds(1))))
    }

    @Test func `ids do not repeat`() {
        #expect(Set((0..<10_000).map { _ in UUIDv7.make() }).count == 10_000)
    }

    /// RFC 9562, appendix A.6.
    @Test func `the example of RFC 9562 is read and written`() throws {
        let text = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
        let id = try #require(UUIDv7(text))
        #expect(id.description == text)
        #expect(UUIDv7(text.uppercased()) == id)
        #expect(id.bytes.count == 16)
        #expect(UUIDv7(bytes: id.bytes) == id)
        #expect(id.high >> 16 == 0x017F_22E2_79B0)
        #expect(RecordID(text)?.description == text)
    }

    @Test(arguments: [
        "", "017f22e2", "017f22e279b07cc398c4dc0c0c07398f", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e2-79b0-7cc3-98c4dc0c-0c07398f",
        " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c0739８f",
    ])
    func `what is no id in canonical form is refused`(text: String) {
        #expect(UUIDv7(text) == nil)
        #expect(RecordID(text) == nil)
    }

    @Test(arguments: [0, 15, 17]) func `ids have sixteen bytes`(count: Int) {
        #expect(UUIDv7(bytes: [UInt8](repeating: 0, count: count)) == nil)
    }

    @Test func `classes are ordered by how much they can hurt`() {
        #expect(FieldClass.allCases == FieldClass.allCases.sorted())
        #expect(FieldClass.allCases.filter(\.isPersonal) == [.personal, .identifying, .special, .financial])
        #expect(FieldClass.allCases.filter(\.isNamedOnly) == [.special, .financial])
    }

    @Test func `a personal value says redacted in every description`() {
        let value = Personal("Ann Example")
        var dumped = ""
        dump(value, to: &dumped)
        dump([value], to: &dumped)
        for text in ["\(value)", String(describing: value), String(reflecting: value), "\([value])", "\(Optional(value) as Any)", dumped] {
            #expect(!text.contains("Ann"))
            #expect(text.contains("redacted"))
        }
        #expect(Mirror(reflecting: value).children.isEmpty)
        #expect(value.value == "Ann Example")
        #expect(value == Personal("Ann Example"))
    }
}
