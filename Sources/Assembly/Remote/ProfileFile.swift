import DataFormats
import DurableFiles
import Foundation
import Sealing

/// Gateways that somebody works with, by names of their own: where they are, and in which file the token is.
struct ProfileFile: Sendable {
    struct Profile: Sendable, Equatable {
        let url: String
        /// A path: the token itself is never in here.
        let tokenFile: String
        var authorities: String?
        var purpose: String?
    }

    let path: String

    /// `profiles.json` in the folder `gatehouse` of XDG_CONFIG_HOME, or of `~/.config`.
    static func usual(_ environment: [String: String]) throws(CommandFailure) -> ProfileFile {
        if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") { return ProfileFile(path: folder + "/gatehouse/profiles.json") }
        guard let home = environment["HOME"], home.hasPrefix("/") else {
            throw CommandFailure(.unfit, "there is no home for profiles", hint: "set HOME or XDG_CONFIG_HOME")
        }
        return ProfileFile(path: home + "/.config/gatehouse/profiles.json")
    }

    /// All there are; none when there is no file.
    func read() throws(CommandFailure) -> [String: Profile] {
        guard let bytes = FileManager.default.contents(atPath: path) else { return [:] }
        let malformed = CommandFailure(.invalid, "\(path) holds no profiles", hint: "remove it and add them anew")
        guard let object = (try? JSONReader.read(Array(bytes)))?.objectValue, let listed = object["profiles"]?.objectValue else { throw malformed }
        var profiles: [String: Profile] = [:]
        for member in listed.members {
            guard let members = member.value.objectValue, let url = members["url"]?.stringValue, let token = members["token_file"]?.stringValue else {
                throw malformed
            }
            profiles[member.name] = Profile(
                url: url, tokenFile: token, authorities: members["ca_file"]?.stringValue, purpose: members["purpose"]?.stringValue)
        }
        return profiles
    }

    func write(_ profiles: [String: Profile]) throws(CommandFailure) {
        var listed = JSONObject()
        for (name, profile) in profiles.sorted(by: { $0.key < $1.key }) {
            var members: JSONObject = ["url": .string(profile.url), "token_file": .string(profile.tokenFile)]
            members["ca_file"] = profile.authorities.map { .string($0) }
            members["purpose"] = profile.purpose.map { .string($0) }
            listed[name] = .object(members)
        }
        let file = URL(filePath: path)
        do {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try DurableFolder(file.deletingLastPathComponent().path).replace(
                file.lastPathComponent, with: JSONValue.object(["profiles": .object(listed)]).encoded())
        } catch {
            throw CommandFailure(.unfit, "\(path) cannot be written")
        }
    }

    func remote(_ name: String) throws(CommandFailure) -> RemoteGateway {
        guard let profile = try read()[name] else {
            throw CommandFailure(.notFound, "there is no profile '\(name)'", hint: "gatehouse profile add \(name) --url … --token-file …")
        }
        return try RemoteGateway(
            url: profile.url, token: try Self.token(profile.tokenFile), authorities: profile.authorities, purpose: profile.purpose)
    }

    /// The token in a file that nobody else can read.
    static func token(_ path: String) throws(CommandFailure) -> String {
        let input = try ByteInput(path)
        if input.isReadByOthers {
            throw CommandFailure(.denied, "others than its owner may read \(path)", hint: "chmod 600 \(path)")
        }
        let text = try input.readSecret().withBytes { String(decoding: $0, as: UTF8.self) }.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty, text.utf8.count <= 8192, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw CommandFailure(.invalid, "\(path) holds no token", hint: "one line, as 'gatehouse token issue' shows it")
        }
        return text
    }
}
