import Foundation
import Glibc
import Sealing
import TestPostgres
import Testing

@testable import Archives

struct S3LocationTests {
    @Test("the bucket is part of the host's name, or the first word of the path, as the endpoint says")
    func styles() throws {
        let aws = try S3Location("s3://backups/crm", endpoint: nil, region: "eu-central-1")
        #expect(aws.host == "backups.s3.eu-central-1.amazonaws.com" && aws.path("crm/a b") == "/crm/a%20b" && aws.path("") == "/")
        let dotted = try S3Location("s3://backups.example", endpoint: nil, region: nil)
        #expect(dotted.host == "s3.us-east-1.amazonaws.com" && dotted.path("a") == "/backups.example/a" && dotted.path("") == "/backups.example")
        let own = try S3Location("s3://backups/crm/", endpoint: "https://minio.example.com:9000/", region: nil)
        #expect(own.host == "minio.example.com:9000" && own.path("crm/a") == "/backups/crm/a" && own.name == "s3://backups/crm")
        let marked = try S3Location("s3://backups", endpoint: "https://{bucket}.s3.example.com:443", region: nil)
        #expect(marked.host == "backups.s3.example.com" && marked.path("a") == "/a" && marked.scheme == "https")
        #expect(marked.name == "s3://backups")
    }

    @Test(
        "what is no bucket is refused",
        arguments: [
            "", "s3://", "s3:///a", "s3://Bucket", "s3://b", "s3://bucket/a b", "s3://bucket/../a", "https://bucket", "s3://user:secret@bucket",
            "s3://bucket?x=y", "s3://buck_et",
        ])
    func buckets(_ text: String) {
        #expect(throws: MediumError.self) { _ = try S3Location(text, endpoint: nil, region: nil) }
    }

    @Test(
        "what is no endpoint, or would send in the clear, is refused",
        arguments: [
            "minio:9000", "http://minio.example.com", "http://127.0.0.1.example.com", "https://user:secret@minio", "https://minio/path",
            "ftp://minio",
            "https://minio?x=y", "https://", "",
        ])
    func endpoints(_ text: String) {
        let error = #expect(throws: MediumError.self) { _ = try S3Location("s3://bucket", endpoint: text, region: nil) }
        #expect(error?.code == .misconfigured && error?.detail.contains("secret") == false)
    }

    @Test("plain HTTP is for this host, or where the operator has written that it is insecure")
    func plain() throws {
        for text in ["http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000", "insecure-http://minio.example.com"] {
            #expect(try S3Location("s3://bucket", endpoint: text, region: nil).scheme == "http", "\(text)")
        }
    }

    @Test("credentials are read from a file of their owner's alone, and never printed")
    func credentials() throws {
        let file = try CredentialsFile(TemporaryFolder.make() + "/credentials", token: "token")
        let credentials = try file.open()
        #expect(credentials.withKeys { $0.accessKeyID } == "AKIAIOSFODNN7EXAMPLE")
        #expect(credentials.withKeys { $0.sessionToken } == "token")
        #expect(credentials.withKeys { $0.secret.withBytes { Array($0) } } == Array("AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".utf8))
        #expect(!"\(credentials)".contains("wJalr") && !String(reflecting: credentials).contains("wJalr"))
        // Comments, other sections and carriage returns.
        try file.write("; no\r\n# no\r\n[other]\naws_access_key_id=NO\n[default]\r\nAWS_ACCESS_KEY_ID=A\r\naws_secret_access_key=b=c\r\n")
        #expect(try file.open().withKeys { $0.accessKeyID } == "A")
        #expect(try file.open().withKeys { $0.secret.withBytes { Array($0) } } == Array("AWS4b=c".utf8))
        for mode: mode_t in [0o640, 0o604, 0o700, 0o660] {
            try file.write("aws_access_key_id=A\naws_secret_access_key=b\n", mode: mode)
            #expect(throws: MediumError.self) { _ = try file.open() }
        }
        for text in ["", "aws_access_key_id=A\n", "aws_secret_access_key=b\n", "[other]\naws_access_key_id=A\naws_secret_access_key=b\n", "A:b"] {
            try file.write(text)
            #expect(throws: MediumError.self) { _ = try file.open() }
        }
        unlink(file.path)
        #expect(throws: MediumError.self) { _ = try file.open() }
    }
}
