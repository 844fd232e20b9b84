import DataFormats
import Testing

@testable import Sealing

/// Headers of the published age test suite (FiloSottile/age testdata/testkit, BSD 3-clause): its file key is `YELLOW SUBMARINE`,
/// and what stands behind a header here is sealed with it.
struct AgeHeaderTests {
    private static let fileKey = Array("YELLOW SUBMARINE".utf8)
    private static let identity = "AGE-SECRET-KEY-1XMWWC06LY3EE5RYTXM9MFLAZ2U56JJJ36S0MYPDRWSVLUL66MV4QX3S7F6"
    private static let plaintext = Array("age".utf8)

    private static let stanza = """
        -> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc
        EmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U

        """

    /// A header with a payload under the suite's file key.
    private func file(_ header: String) -> [UInt8] {
        let nonce = [UInt8](repeating: 9, count: 16)
        var chunks = AgeChunkCipher(fileKey: AgeFileKey(SecretBytes(copying: Self.fileKey)), nonce: nonce)
        var sealed = [UInt8](repeating: 0, count: Self.plaintext.count + AgeChunkCipher.overhead)
        Self.plaintext.withUnsafeBytes { chunks.seal($0, isLast: true, into: &sealed) }
        return Array(header.utf8) + nonce + sealed
    }

    private func open(_ header: String, identity: String = Self.identity) throws -> [UInt8] {
        try AgeFile.open(file(header), with: [AgeKeyTests.identity(identity)])
    }

    /// The header of these stanzas, with the code that the file key makes of it.
    private func header(_ stanzas: String) -> String {
        let text = "age-encryption.org/v1\n" + stanzas + "---"
        let code = AgeFileKey(SecretBytes(copying: Self.fileKey)).authenticate(Array(text.utf8))
        return text + " " + String(decoding: AgeBase64.encode(code), as: UTF8.self) + "\n"
    }

    struct Published: Sendable, CustomTestStringConvertible {
        let name: String
        var identity = AgeHeaderTests.identity
        var error: AgeError?
        let lines: String
        var testDescription: String { name }
    }

    private static let published = [
        Published(name: "x25519", lines: stanza + "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n"),
        Published(
            name: "x25519_grease", lines: "-> grease\n\n" + stanza + "-> grease\n\n--- 7NLrfbRUZt6qK0pdtARUf59dHwo12ReldjJKjMlbE3I\n"
        ),
        Published(
            name: "stanza_valid_characters",
            lines: "-> !\"#$%&' ()*+,-./ 01234567 89:;<=>? @ABCDEFG HIJKLMNO\n\n"
                + "-> PQRSTUVW XYZ[\\]^_ `abcdefg hijklmno pqrstuvw xyz{|}~\n\n" + stanza
                + "--- x538z9xJq9XEK1aTTTv80aWDVvVdROvaXn2tpqXPC8g\n"
        ),
        Published(
            name: "stanza_empty_last_line",
            lines: stanza + "-> stanza\n" + String(repeating: "QUFB", count: 16) + "\n\n"
                + "--- +3PC416gxa7Mk7WxpX0kb6DVfSuCun0niGre+G4bZhE\n"
        ),
        Published(
            name: "x25519_multiple_recipients",
            lines: """
                -> X25519 ajtqAvDEkVNr2B7zUOtq2mAQXDSBlNrVAuM/dKb5sT4
                0evrK/HQXVsQ4YaDe+659l5OQzvAzD2ytLGHQLQiqxg
                -> X25519 0qC7u6AbLxuwnM8tPFOWVtWZn/ZZe7z7gcsP5kgA0FI
                T/PZg76MmVt2IaLntrxppzDnzeFDYHsHFcnTnhbRLQ8
                --- 7W07ef2PhsTAl74pn+9vSj/Xzukwa6SuTqMc16cdBk0

                """
        ),
        Published(
            name: "stanza_missing_final_line", error: .headerMalformed,
            lines: stanza + "-> stanza\n" + String(repeating: "A", count: 64) + "\n--- GRjUy1ShNhFoV3cQikdtUZqDeDEZSrbtNXUgDtDbwC8\n"
        ),
        Published(
            name: "x25519_extra_argument", error: .headerMalformed,
            lines: stanza.replacing("OCc\n", with: "OCc 1234\n") + "--- hQQySEUXL8pOuIOuw0qXzi66RphDJP9IKMNEChNJIPk\n"
        ),
        Published(
            name: "x25519_not_canonical_share", error: .headerMalformed,
            lines: stanza.replacing("OCc\n", with: "OCd\n") + "--- AO6haEGU6BGJ8Tzeqnr2fSLEo31JrWodGtZuCZmijI8\n"
        ),
        Published(
            name: "x25519_lowercase", error: .identityMissing,
            lines: stanza.replacing("X25519", with: "x25519") + "--- SwXKO3dXLh9l5QiSgMWgPhCkwstT8oB4jLDv7aBgC+c\n"
        ),
        Published(
            name: "x25519_identity", identity: "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0",
            error: .headerMalformed,
            lines: "-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nW3E/OCRme9TiTY97JoK31Z71arNur77WIIdB90XnN3M\n"
                + "--- Pne3IPMDvBj7wRbPMcNViffpVZAx814tgMxp8AwyMhs\n"
        ),
        Published(
            name: "x25519_low_order", identity: "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0",
            error: .headerMalformed,
            lines: "-> X25519 X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEdc\n3E0NpFans/m0WLWF7+54ZBdNj3iqQqpraGDFiaRkvBA\n"
                + "--- sXw327YMT1/ULXe+ZyRMbMY0Z2jnWHGgI9j1we6yQ8A\n"
        ),
        Published(
            name: "scrypt_and_x25519", identity: "AGE-SECRET-KEY-143WN7DCXU4G8R5AXQSSYD9AEPYDNT3HXSLWSPK36CDU6E8M59SSSAGZ3KG",
            error: .headerMalformed,
            lines: "-> X25519 ajtqAvDEkVNr2B7zUOtq2mAQXDSBlNrVAuM/dKb5sT4\nU+hKlJ4isweJ9PKG7pgscmG3cPASLgTw7SOBpbZ8x2U\n"
                + "-> scrypt 3d9y0G+8q1ffPQ0xJJatIQ 10\nfoZolxuhRSL7IG7oaR+456IzkHtvue7j4mUjh3DB6EI\n"
                + "--- yp4Z0lV1LEdkm1+uDCuPUV+9hIXbPKrBXKQ/f5Y03As\n"
        ),
    ]

    @Test(arguments: published) func `the published headers are taken and refused as published`(vector: Published) throws {
        let header = "age-encryption.org/v1\n" + vector.lines
        if let error = vector.error {
            #expect(throws: error) { try open(header, identity: vector.identity) }
        } else {
            #expect(try open(header, identity: vector.identity) == Self.plaintext)
            #expect(try AgeHeader(from: file(header)).bytes == Array(header.utf8))
        }
    }

    // MARK: Strictness; each header has the code that belongs to it, so that only its form can be what is refused.

    @Test func `our own way of writing a code is the published one`() {
        #expect(header(Self.stanza) == "age-encryption.org/v1\n" + Self.stanza + "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n")
    }

    @Test(arguments: [
        "", "\n", "age-encryption.org/v1", "age-encryption.org/v1\r\n", "age-encryption.org/v2\n", "age-encryption.org/v1 \n",
        "-----BEGIN PGP MESSAGE-----\n", "\u{FEFF}age-encryption.org/v1\n",
    ]) func `another first line is another format`(line: String) {
        #expect(throws: AgeError.versionUnknown) { try open(line + Self.stanza + "---") }
    }

    @Test(arguments: [
        "", "-> \n\n", "->\n\n", "->X25519 a\n\n", "--> a\n\n", " -> a\n\n", "-> a  b\n\n", "-> a \n\n", "->  a\n\n", "-> a\tb\n\n", "-> ä\n\n",
        "-> a\u{7F}\n\n", "-> a\r\n\n", "\n", "text\n", "-> a\n", "-> a\nAA==\n", "-> a\nAB\n", "-> a\nA\n", "-> a\nA A\n", "-> a\nAA\r\n",
        "-> a\nAA_\n", "-> a\nAAA \n", "-> a\n" + String(repeating: "A", count: 65) + "\n",
        "-> a\n" + String(repeating: "A", count: 64) + "\n", "-> a\n" + String(repeating: "A", count: 68) + "\n\n",
    ]) func `a stanza has one way to be written`(stanza: String) throws {
        let before = stanza.isEmpty ? "" : Self.stanza
        #expect(throws: AgeError.headerMalformed) { try open(header(before + stanza)) }
    }

    @Test(arguments: [
        "-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\n\n", "-> X25519\nEmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n",
        "-> X25519 TEiF\nEmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n",
        "-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCcA\nEmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n",
        "-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc=\nEmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n",
        "-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\nEmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7UA\n",
    ]) func `a malformed X25519 stanza makes a header invalid, even behind a good one`(stanza: String) throws {
        #expect(throws: AgeError.headerMalformed) { try open(header(stanza)) }
        #expect(throws: AgeError.headerMalformed) { try open(header(Self.stanza + stanza)) }
    }

    @Test func `a body of a full line ends with an empty one, and one of none is empty`() throws {
        for body in ["", "AA", String(repeating: "A", count: 63 - 1), String(repeating: "A", count: 64) + "\n"] {
            #expect(try open(header(Self.stanza + "-> other thing\n" + body + "\n")) == Self.plaintext)
        }
    }

    @Test func `the code's line has one way to be written`() throws {
        let good = header(Self.stanza)
        #expect(try open(good) == Self.plaintext)
        let code = String(good.suffix(44).dropLast())
        for end in [
            "---\n", "--- \n", "---" + code + "\n", "---  " + code + "\n", "--- " + code + " \n", "--- " + code + "=\n", "--- " + code + "\r\n",
            "--- " + code.dropLast() + "\n", "--- " + code.dropLast() + "1\n", "---- " + code + "\n", "",
        ] {
            #expect(throws: AgeError.headerMalformed, "\(end)") { try open("age-encryption.org/v1\n" + Self.stanza + end) }
        }
    }

    @Test func `a header changed after it was made is forged`() throws {
        let good = header(Self.stanza + "-> a b\n\n")
        for changed in [
            good.replacing("-> a b\n", with: "-> a c\n"), good.replacing("-> a b\n\n", with: ""), good.replacing("-> a b\n\n", with: "-> a b\nAA\n"),
        ] {
            #expect(throws: AgeError.headerForged) { try open(changed) }
        }
    }

    @Test func `a file for somebody else does not open`() throws {
        let good = header(Self.stanza)
        #expect(throws: AgeError.identityMissing) { try AgeFile.open(file(good), with: [.make(), .make()]) }
        #expect(throws: AgeError.identityMissing) { try AgeFile.open(file(good), with: []) }
        #expect(throws: AgeError.identityMissing) { try open(header("-> other\n\n")) }
        #expect(try AgeFile.open(file(good), with: [.make(), AgeKeyTests.identity(Self.identity)]) == Self.plaintext)
    }
}
