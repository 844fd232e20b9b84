import DataFormats
import Foundation
import Sealing
import TestPostgres
import TestS3
import Testing
import Vocabulary

@testable import Archives

struct S3SignatureTests {
    /// Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk", its four examples.
    struct Example: Sendable, CustomTestStringConvertible {
        let method: String
        var path = "/"
        var query: [(String, String)] = []
        var headers: [(String, String)] = []
        var body = ""
        let signature: String
        var testDescription: String { "\(method) \(path) \(query.map(\.0))" }
    }

    static let examples = [
        Example(
            method: "GET", path: "/test.txt", headers: [("range", "bytes=0-9")],
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        Example(
            method: "PUT", path: "/test%24file.text",
            headers: [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")], body: "Welcome to Amazon S3.",
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
        Example(
            method: "GET", query: [("lifecycle", "")], signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        Example(
            method: "GET", query: [("prefix", "J"), ("max-keys", "2")],
            signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ]

    @Test("requests are signed as Amazon's examples are", arguments: examples)
    func published(_ example: Example) throws {
        let credentials = try CredentialsFile(TemporaryFolder.make() + "/credentials").open()
        let time = try #require(Instant("2013-05-24T00:00:00Z"))
        let headers = credentials.withKeys { keys in
            S3Signature.signed(
                example.method, example.path, query: example.query, headers: example.headers + [("host", "examplebucket.s3.amazonaws.com")],
                bodyDigest: SHA256.hash(Array(example.body.utf8)), region: "us-east-1", keys: keys, at: time)
        }
        let authorization = try #require(headers.first { $0.0 == "authorization" }?.1)
        #expect(authorization.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders="))
        #expect(authorization.hasSuffix(",Signature=\(example.signature)"))
    }

    @Test("what is signed here is signed the same by botocore", .enabled(if: Moto.isInstalled, "moto, and botocore with it, is not installed"))
    func botocore() async throws {
        let credentials = try CredentialsFile(TemporaryFolder.make() + "/credentials", token: "a/token+with=signs").open()
        let time = Instant.now()
        let (path, query) = ("/bucket/crm~1/%C3%A4%20b.age", [("uploadId", "a/b+c=="), ("partNumber", "10"), ("empty", "")])
        let headers = credentials.withKeys { keys in
            S3Signature.signed(
                "PUT", path, query: query, headers: [("host", "127.0.0.1:9000"), ("if-none-match", "*"), ("x-amz-meta-origin", "b")],
                bodyDigest: SHA256.hash(Array("body".utf8)), region: "eu-central-1", keys: keys, at: time)
        }
        let date = try #require(headers.first { $0.0 == "x-amz-date" }?.1)
        let script = """
            import sys, datetime, botocore.auth, botocore.awsrequest, botocore.credentials
            date, url = sys.stdin.read().split()
            moment = datetime.datetime.strptime(date, '%Y%m%dT%H%M%SZ')
            botocore.auth.get_current_datetime = lambda *a, **k: moment
            class Fixed(datetime.datetime):
                @classmethod
                def utcnow(cls): return moment
            botocore.auth.datetime.datetime = Fixed if hasattr(botocore.auth, 'datetime') and hasattr(botocore.auth.datetime, 'datetime') else None
            keys = botocore.credentials.Credentials('AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'a/token+with=signs')
            request = botocore.awsrequest.AWSRequest(method='PUT', url=url, data=b'body', headers={'if-none-match': '*', 'x-amz-meta-origin': 'b'})
            request.context['payload_signing_enabled'] = True
            botocore.auth.S3SigV4Auth(keys, 's3', 'eu-central-1').add_auth(request)
            print(request.headers['Authorization'].split('Signature=')[1])
            """
        let url = "http://127.0.0.1:9000\(path)?\(S3Signature.query(query))"
        let outcome = try await Program.run([Moto.python, "-c", script], input: "\(date) \(url)\n")
        try #require(outcome.status == 0, "\(outcome.errors)")
        let authorization = try #require(headers.first { $0.0 == "authorization" }?.1)
        #expect(authorization.hasSuffix("Signature=" + outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)))
        // The token is sent, and signed.
        #expect(authorization.contains(";x-amz-security-token,"))
    }
}
