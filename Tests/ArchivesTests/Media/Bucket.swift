import Archives
import Foundation
import TestPostgres
import TestS3

/// A bucket of one test, and what opens media in it.
struct Bucket: Sendable {
    let name: String
    let credentials: S3Credentials
    private let folder: String

    static func make() async throws -> Bucket {
        try Bucket(name: try await Moto.shared().makeBucket())
    }

    /// One that a server other than moto has.
    init(name: String) throws {
        self.name = name
        folder = try TemporaryFolder.make()
        credentials = try CredentialsFile(folder + "/credentials").open()
    }

    /// Large parts are small here: what S3 takes just so.
    static let pieces = {
        var pieces = S3Medium.Pieces()
        (pieces.sent, pieces.copied, pieces.read) = (5 << 20, 6 << 20, 1 << 20)
        return pieces
    }()

    /// - Parameters:
    ///   - endpoint: moto's own when not given.
    ///   - drafts: of another host, when given.
    func open(endpoint: String? = nil, patience: S3Patience = .short, drafts: String? = nil) async throws -> S3Medium {
        let address: String
        if let endpoint { address = endpoint } else { address = try await Moto.shared().url }
        let location = try S3Location("s3://\(name)/crm/backups", endpoint: address, region: nil)
        return try await S3Medium.open(
            location, credentials: credentials, drafts: drafts ?? folder + "/drafts", patience: patience, pieces: Self.pieces)
    }
}

extension S3Patience {
    /// For tests: pauses are short, and what never comes is not waited for long.
    static let short = {
        var patience = S3Patience()
        (patience.request, patience.pause, patience.greatestPause) = (.seconds(60), .milliseconds(5), .milliseconds(50))
        return patience
    }()

    /// The same, giving up soon.
    static let none = {
        var patience = S3Patience.short
        (patience.request, patience.total) = (.seconds(1), .milliseconds(100))
        return patience
    }()
}

struct CredentialsFile {
    let path: String

    init(_ path: String, id: String = "AKIAIOSFODNN7EXAMPLE", secret: String = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", token: String? = nil)
        throws
    {
        self.path = path
        try write("[default]\naws_access_key_id = \(id)\naws_secret_access_key = \(secret)\n" + (token.map { "aws_session_token = \($0)\n" } ?? ""))
    }

    func write(_ text: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        guard chmod(path, mode) == 0 else { throw TestFailure("\(path) keeps its mode") }
    }

    func open() throws -> S3Credentials { try S3Credentials(file: path) }
}
