import Testing

@testable import DataFormats

struct CanonicalScanTests {
    private func isCanonical(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { CanonicalScan.isCanonical($0) } }

    /// By reading and writing anew.
    private func isRewrittenAlike(_ bytes: [UInt8]) -> Bool {
        guard let value = try? JSONReader.read(bytes), value.objectValue != nil else { return false }
        return (try? CanonicalJSON.bytes(of: value)) == bytes
    }

    @Test(arguments: [
        #"{}"#, #"{"a":1}"#, #"{"a":[],"b":{},"c":null,"d":true,"e":false,"f":"x"}"#, #"{"a":-15,"b":0,"c":1.5,"d":1e+21,"e":9007199254740992}"#,
        #"{"a":"\b\f\n\r\t\"\\\u0000\u001f"}"#, #"{"a":"é王👩🏽‍💻"}"#, #"{"\n":1,"a":2}"#, #"{"😀":1,"ﬀ":2}"#, #"{"a":[1,[2,{"b":[]}]]}"#, #"{"":0}"#,
    ]) func `canonical objects are taken`(text: String) {
        #expect(isCanonical(Array(text.utf8)))
        #expect(isRewrittenAlike(Array(text.utf8)))
    }

    @Test(arguments: [
        "", "1", "[]", #""a""#, "{", "}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a":1 }"#, #"{ "a":1}"#, #"{"a":1}x"#, "{}\n",
        #"{"a":1}{}"#, #"{"b":1,"a":2}"#, #"{"a":1,"a":2}"#, #"{"a":01}"#, #"{"a":-0}"#, #"{"a":1.0}"#, #"{"a":1e21}"#, #"{"a":+1}"#, #"{"a":-}"#,
        #"{"a":.5}"#, #"{"a":"\/"}"#, #"{"a":"\u001F"}"#, #"{"a":"\u0041"}"#, #"{"a":"\u000a"}"#, #"{"a":"\u0020"}"#, #"{"a":"\u00e9"}"#,
        #"{"a":"\x"}"#, #"{"a":"\u00"}"#, #"{"a":"\"#, #"{"a":"x}"#, "{\"a\":\"\t\"}", #"{"a":tru}"#, #"{"a":nul}"#, #"{"ﬀ":1,"😀":2}"#,
        #"{"a":1,"\n":2}"#, #"{"a":9007199254740993}"#, #"{"a":1e400}"#, #"{"a":[1,]}"#, #"{"a":[,1]}"#, #"{"a":[1 ,2]}"#, #"{"a":1"b":2}"#,
    ]) func `everything else is refused`(text: String) {
        #expect(!isCanonical(Array(text.utf8)))
        #expect(!isRewrittenAlike(Array(text.utf8)))
    }

    @Test func `bytes that are not UTF-8 and nests beyond the bound are refused`() {
        #expect(!isCanonical(Array(#"{"a":""#.utf8) + [0xFF] + Array(#""}"#.utf8)))
        let deep = #"{"a":"# + String(repeating: "[", count: 31) + String(repeating: "]", count: 31) + "}"
        #expect(isCanonical(Array(deep.utf8)))
        #expect(!isCanonical(Array(deep.replacing("[]", with: "[[]]").utf8)))
    }

    @Test func `the scan and the slow way agree about damaged texts`() {
        var random = SplitMix64(seed: 31)
        let base = Array(#"{"":-1.5e-7,"\n":"x","a":[true,null,"\u0001é",{"b":10,"c":1e+22}],"k":false,"z":"\\\"","é":0}"#.utf8)
        let alphabet = Array(#"{}[]",:\u0019aé-+.eEtrfn "#.utf8) + [0x00, 0x0A, 0xFF]
        var taken = 0
        for _ in 0..<60_000 {
            var bytes = base
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                case 1: bytes.remove(at: place)
                default: bytes.insert(alphabet[Int.random(in: 0..<alphabet.count, using: &random)], at: place)
                }
            }
            let isTaken = isCanonical(bytes)
            if isTaken != isRewrittenAlike(bytes) { Issue.record("\(String(decoding: bytes, as: UTF8.self))") }
            if isTaken { taken += 1 }
        }
        #expect(taken > 20_000)
    }

    @Test func `members of the outermost object are told in order, with their bytes`() {
        var told: [String] = []
        let isTaken = Array(#"{"a":{"x":1},"b":"q\n","c":3}"#.utf8).withUnsafeBytes { bytes in
            CanonicalScan.isCanonical(bytes) { name, value in
                told.append(String(decoding: name, as: UTF8.self) + "=" + String(decoding: value, as: UTF8.self))
            }
        }
        #expect(isTaken)
        #expect(told == [#"a={"x":1}"#, #"b="q\n""#, "c=3"])
    }
}
