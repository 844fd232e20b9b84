import Testing

@testable import Archives

struct XMLAnswerTests {
    private func read(_ text: String) -> XMLAnswer? { XMLAnswer.read(Array(text.utf8)) }

    @Test("elements and text are read, with references, and attributes passed over")
    func reading() throws {
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <s3:Result xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/" a='>'>
              <Key>a&amp;b &lt;&#x20AC;&#228;&gt;&quot;&apos;</Key><Empty/><Empty ></Empty >
              <Part><Number>1</Number></Part><Part><Number>2</Number></Part>
            </s3:Result>

            """
        let root = try #require(read(text))
        #expect(root.name == "Result" && root.text == "")
        #expect(root.text(of: "Key") == "a&b <€ä>\"'")
        #expect(root.all("Empty").map(\.text) == ["", ""])
        #expect(root.all("Part").map { $0.text(of: "Number") } == ["1", "2"])
        #expect(root.text(of: "Missing") == nil)
    }

    @Test(
        "what is anything else is refused, not guessed at",
        arguments: [
            "", " ", "text", "<", "<a", "<a>", "<a></b>", "<a><b></a></b>", "<a/><b/>", "<a/>text", "<a b></a>", "<a b=c></a>", "<a b=\"c></a>",
            "<a>&nothing;</a>", "<a>&#xD800;</a>", "<a>&amp</a>", "<a>& </a>", "<!DOCTYPE a><a/>", "<a><!-- b --></a>", "<a><![CDATA[b]]></a>",
            "<a><?b?></a>", "< a/>", String(repeating: "<a>", count: 100_000),
        ])
    func refusing(_ text: String) { #expect(read(text) == nil) }

    @Test("bytes that are no UTF-8 are refused")
    func notUTF8() { #expect(XMLAnswer.read([0x3C, 0x61, 0x3E, 0xFF, 0x3C, 0x2F, 0x61, 0x3E]) == nil) }
}
