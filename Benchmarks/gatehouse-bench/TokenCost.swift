import ArgumentParser
import DataFormats
import Identity
import Sealing
import Vocabulary

/// What it costs to find out who asks: signatures by algorithm, a token that was never seen, one that was, and a key.
struct TokenCost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "tokens")
    @Option var rounds = 5_000

    private struct Broken: Error {}

    func run() async throws {
        print("signatures                                                 µs each")
        for (name, key, algorithm, signature, message) in try Self.vectors() {
            guard key.isValid(signature, algorithm, for: message) else { throw Broken() }
            Stages.line(name, try Stages.time(rounds) { _ = key.isValid(signature, algorithm, for: message) })
        }
        print("who asks                                                   µs each")
        let signer = SigningKey.make()
        let text = try Self.token(signer)
        let issuer = Self.issuer
        let point = JSONValue.string(Base64URL.encode(signer.verifyingKey.bytes))
        let jwk: JSONValue = ["kty": "OKP", "crv": "Ed25519", "kid": "one", "x": point]
        let set = try KeySet(JSONValue.object(["keys": [jwk]]).encoded())
        Stages.line(
            "token, never seen (EdDSA)", try Stages.time(rounds) { _ = try VerifiedToken(SignedToken(text), of: issuer, keys: set, at: .now()) })
        let keys = IssuerKeys(current: { (set, 1) }, refreshed: { _ in (set, 1) })
        let tenant = TenantID(.make())
        let authenticator = Authenticator(
            pepper: .random(), tokens: TokenVerifier([(issuer, keys)]) { _, _ in },
            lookups: .init(credential: { _ in nil }, tenant: { _ in tenant }))
        let again = try await Stages.time(rounds) { _ = try await authenticator.authenticate(PresentedCredential(text), at: .now()) }
        Stages.line("token, seen before", again)
    }

    private static var issuer: Issuer {
        Issuer(
            name: "bench", identifier: "https://id.example.com", audience: "gatehouse", algorithms: [.edDSA], isTypeStrict: true,
            tenant: .named("default"), userClaim: .init(["sub"]), rolesClaim: .init(["roles"]), roleMap: ["sales": ["sales-rep"]], teamsClaim: nil,
            attributeClaims: [:], limitsByScope: false, stepUp: nil, keysURL: nil, authoritiesFile: nil)
    }

    private static func token(_ signer: borrowing SigningKey) throws -> String {
        let seconds = Instant.now().microseconds / 1_000_000
        let claims: JSONObject = [
            "iss": "https://id.example.com", "sub": "ann", "aud": "gatehouse", "iat": .number(JSONNumber(seconds)),
            "exp": .number(JSONNumber(seconds + 3600)), "roles": ["sales"],
        ]
        let header: JSONObject = ["alg": "EdDSA", "typ": "at+jwt", "kid": "one"]
        let signed = Base64URL.encode(JSONValue.object(header).encoded()) + "." + Base64URL.encode(JSONValue.object(claims).encoded())
        return signed + "." + Base64URL.encode(signer.sign(Array(signed.utf8)))
    }

    /// RFC 7515 A.2 and A.3, RFC 8037 A.4.
    private static func vectors() throws -> [(String, PublicKey, SignatureAlgorithm, [UInt8], [UInt8])] {
        func bytes(_ text: String) throws -> [UInt8] {
            guard let bytes = Base64URL.decode(text) else { throw Broken() }
            return bytes
        }
        let payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        guard
            let rsa = PublicKey.rsa(modulus: try bytes(modulus), exponent: [1, 0, 1]),
            let p256 = PublicKey.p256(
                x: try bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), y: try bytes("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")),
            let ed25519 = PublicKey.ed25519(try bytes("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))
        else { throw Broken() }
        return [
            ("RS256, 2,048 bits", rsa, .rs256, try bytes(rs256), Array("eyJhbGciOiJSUzI1NiJ9.\(payload)".utf8)),
            (
                "ES256", p256, .es256, try bytes("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
                Array("eyJhbGciOiJFUzI1NiJ9.\(payload)".utf8)
            ),
            (
                "EdDSA", ed25519, .edDSA, try bytes("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"),
                Array("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".utf8)
            ),
        ]
    }

    private static let modulus =
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b3"
        + "2690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJ"
        + "H7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
    private static let rs256 =
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRF"
        + "diuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6I"
        + "eYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
}
