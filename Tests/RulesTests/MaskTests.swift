import Catalog
import Disclosure
import Testing

struct MaskTests {
    @Test(arguments: [
        (Mask.hidden, FieldType.text, "Ann", "***"),
        (.redacted, .text, "Ann", "***"), (.redacted, .text, "", "***"),
        (.initial, .text, "Jordan", "J."), (.initial, .text, "Li", "L."), (.initial, .text, "👩🏽‍💻 dev", "👩🏽‍💻."), (.initial, .text, "", "***"),
        (.initial, .text, "王", "***"), (.initial, .text, "J", "***"),
        (.year, .date, "1984-03-02", "1984"), (.year, .date, "", "***"), (.year, .text, "1984-03-02", "***"),
        (.last4, .phone, "+49 30 123 4412", "***4412"), (.last4, .text, "DE89 3704 0044 0532 0130 00", "***3000"),
        (.last4, .text, "1234567", "***"), (.last4, .text, "12-34-56-78", "***5678"), (.last4, .phone, "112", "***"),
        (.email, .email, "jordan@example.com", "j***@e***.com"), (.email, .email, "jordan@mail.example.co.uk", "j***@m***.uk"),
        (.email, .email, "j@example.com", "***@e***.com"), (.email, .email, "jo@x.org", "j***@***.org"), (.email, .email, "nonsense", "***"),
        (.email, .email, "@example.com", "***"), (.email, .email, "", "***"),
    ])
    func `a mask leaves its part and never the whole`(mask: Mask, type: FieldType, value: String, expected: String) {
        #expect(mask.apply(to: value, type: type) == expected)
    }

    @Test func `masks fit the types they make sense of`() {
        for type in FieldType.allCases {
            #expect(Mask.hidden.fits(type))
            #expect(Mask.redacted.fits(type))
            #expect(Mask.year.fits(type) == (type == .date))
            #expect(Mask.last4.fits(type) == (type == .phone || type == .text))
            #expect(Mask.email.fits(type) == (type == .email))
            #expect(Mask.initial.fits(type) == (type == .text))
        }
    }

    @Test func `the catalog's own mask is redacted, or hidden where a star does not reach`() throws {
        let catalog = try Written.catalog([
            Written.person(
                "a: { type: text, class: personal, store: sealed }\nb: { type: text, class: special, store: sealed }\nc: { type: text, class: financial, store: sealed }"
            )
        ])
        let person = try #require(catalog.entity(named: "person"))
        #expect(["a", "b", "c"].map { person.field(named: $0)?.mask } == [.redacted, .hidden, .hidden])
    }
}
