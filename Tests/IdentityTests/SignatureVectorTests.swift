import DataFormats
import Sealing
import TestPostgres
import Testing

/// The published vectors of RFC 7515 appendix A and RFC 8037 appendix A, and a key of our own where there is none.
struct SignatureVectorTests {
    private struct Missing: Error {}

    private static let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    private static let modulus =
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b3"
        + "2690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJ"
        + "H7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
    private static let rs256 =
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRF"
        + "diuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6I"
        + "eYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    private static let es256 = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

    private func bytes(_ text: String) throws -> [UInt8] {
        guard let bytes = Base64URL.decode(text) else { throw Missing() }
        return bytes
    }

    private func expect(_ key: PublicKey, _ algorithm: SignatureAlgorithm, _ signature: [UInt8], _ message: [UInt8]) {
        #expect(key.isValid(signature, algorithm, for: message))
        #expect(!key.isValid(signature, algorithm, for: message + [0]))
        for position in [0, signature.count / 2, signature.count - 1] {
            var other = signature
            other[position] ^= 1
            #expect(!key.isValid(other, algorithm, for: message))
        }
        #expect(!key.isValid(Array(signature.dropLast()), algorithm, for: message))
        #expect(!key.isValid([], algorithm, for: message))
        for wrong in SignatureAlgorithm.allCases where !key.fits(wrong) { #expect(!key.isValid(signature, wrong, for: message)) }
    }

    @Test func `a signature of RFC 7515 A.2 (RS256) verifies`() throws {
        let key = try #require(PublicKey.rsa(modulus: bytes(Self.modulus), exponent: [1, 0, 1]))
        expect(key, .rs256, try bytes(Self.rs256), Array("eyJhbGciOiJSUzI1NiJ9.\(Self.payload)".utf8))
        #expect(!key.isValid(try bytes(Self.rs256), .ps256, for: Array("eyJhbGciOiJSUzI1NiJ9.\(Self.payload)".utf8)))
    }

    @Test func `a signature of RFC 7515 A.3 (ES256) verifies`() throws {
        let key = try #require(
            PublicKey.p256(
                x: bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), y: bytes("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")))
        let message = Array("eyJhbGciOiJFUzI1NiJ9.\(Self.payload)".utf8)
        expect(key, .es256, try bytes(Self.es256), message)
        // Both numbers nought fit every message in a verifier that forgets to look (CVE-2022-21449).
        #expect(!key.isValid([UInt8](repeating: 0, count: 64), .es256, for: message))
    }

    @Test func `a signature of RFC 8037 A.4 (EdDSA) verifies`() throws {
        let key = try #require(PublicKey.ed25519(bytes("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")))
        let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        expect(key, .edDSA, try bytes(signature), Array("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".utf8))
    }

    @Test func `a signature with PSS of the openssl program verifies as PS256, and with another salt does not`() async throws {
        let folder = try TemporaryFolder.make()
        func openssl(_ arguments: String...) async throws -> String {
            let outcome = try await Program.run(["openssl"] + arguments, environment: [:], folder: folder)
            guard outcome.status == 0 else { throw Missing() }
            return outcome.output
        }
        _ = try await openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "key.pem")
        let printed = try await openssl("rsa", "-in", "key.pem", "-noout", "-modulus")
        let modulus = try #require(Hex.decode(printed.dropFirst("Modulus=".count).filter { $0 != "\n" }.lowercased()))
        let key = try #require(PublicKey.rsa(modulus: modulus, exponent: [1, 0, 1]))
        let message = Array("what is signed".utf8)
        try Bytes.write(message, to: folder + "/message")
        for (salt, isRight) in [("32", true), ("20", false)] {
            _ = try await openssl(
                "dgst", "-sha256", "-sign", "key.pem", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:\(salt)", "-out", "signature",
                "message")
            let signature = try Bytes.read(folder + "/signature")
            #expect(key.isValid(signature, .ps256, for: message) == isRight)
            #expect(!key.isValid(signature, .rs256, for: message))
        }
    }

    @Test func `keys that are weak, or no keys, are not made`() throws {
        let modulus = try bytes(Self.modulus)
        #expect(PublicKey.rsa(modulus: Array(modulus.prefix(128)), exponent: [1, 0, 1]) == nil)
        #expect(PublicKey.rsa(modulus: [0x7F] + modulus.dropFirst(), exponent: [1, 0, 1]) == nil)
        #expect(PublicKey.rsa(modulus: [UInt8](repeating: 0xFF, count: 1025), exponent: [1, 0, 1]) == nil)
        for exponent: [UInt8] in [[], [0], [1], [4], [1, 0, 0, 0, 1]] { #expect(PublicKey.rsa(modulus: modulus, exponent: exponent) == nil) }
        let one = [UInt8](repeating: 0, count: 31) + [1]
        #expect(PublicKey.p256(x: one, y: one) == nil)
        #expect(PublicKey.p256(x: [1], y: one) == nil)
        #expect(PublicKey.ed25519([1]) == nil)
    }
}
