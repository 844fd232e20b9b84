import Foundation
import Glibc
import KeyProviders
import Synchronization
import TestPostgres

/// SoftHSM 2 with tokens of its own in a temporary folder: all tests of this process share the library, each has a token.
///
/// The library reads its configuration, and which tokens there are, when it starts. So all tokens are made before, by another process.
final class SoftHSM: Sendable {
    struct Token: Sendable {
        let label: String
        let pin: String

        func open(pin: String? = nil) async throws -> PKCS11KeyProvider {
            try await PKCS11KeyProvider.open(module: SoftHSM.path, token: label, pin: TokenFile(pin ?? self.pin).secret)
        }
    }

    static let path = TestTools.softHSM ?? ""
    private static let tokenCount = 24
    private static let started = Task { try await SoftHSM() }

    static func token() async throws -> Token { try await started.value.next() }

    private let taken = Mutex(0)

    private init() async throws {
        let folder = try TemporaryFolder.make()
        guard mkdir(folder + "/tokens", 0o700) == 0 else { throw TestFailure("no folder for tokens") }
        try Data("directories.tokendir = \(folder)/tokens\nobjectstore.backend = file\nlog.level = ERROR\n".utf8)
            .write(to: URL(fileURLWithPath: folder + "/softhsm2.conf"))
        setenv("SOFTHSM2_CONF", folder + "/softhsm2.conf", 1)
        let making = (0..<Self.tokenCount)
            .map { "softhsm2-util --init-token --free --label \(Self.label($0)) --pin \(Self.pin($0)) --so-pin 87654321 || exit 1" }
        let child = try Child(
            ["/bin/sh", "-c", making.joined(separator: "\n")], environment: ["PATH": "/usr/bin:/bin", "SOFTHSM2_CONF": folder + "/softhsm2.conf"],
            folder: folder, input: "/dev/null", output: folder + "/log", errors: folder + "/log"
        )
        guard await child.wait() == 0 else {
            throw TestFailure("no tokens: \((try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "")")
        }
    }

    /// None is the beginning of another.
    private static func label(_ number: Int) -> String { "test-\(number)-token" }
    private static func pin(_ number: Int) -> String { "\(4321 + number)" }

    private func next() throws -> Token {
        let number = taken.withLock { number in
            number += 1
            return number - 1
        }
        guard number < Self.tokenCount else { throw TestFailure("more tests than tokens: raise tokenCount") }
        return Token(label: Self.label(number), pin: Self.pin(number))
    }

    // MARK: Behind the provider's back

    /// Ends all sessions of this process with a token, as a token that is taken out and put back does.
    static func loseSessions(of token: Token) throws {
        typealias GetSlotList = @convention(c) (UInt8, UnsafeMutablePointer<UInt>?, UnsafeMutablePointer<UInt>?) -> UInt
        typealias GetTokenInfo = @convention(c) (UInt, UnsafeMutableRawPointer?) -> UInt
        typealias CloseAllSessions = @convention(c) (UInt) -> UInt
        let getSlotList = try function("C_GetSlotList", GetSlotList.self)
        let getTokenInfo = try function("C_GetTokenInfo", GetTokenInfo.self)
        let closeAllSessions = try function("C_CloseAllSessions", CloseAllSessions.self)
        var slots = [UInt](repeating: 0, count: 100)
        var count = UInt(slots.count)
        guard getSlotList(1, &slots, &count) == 0 else { throw TestFailure("no slots") }
        for slot in slots.prefix(Int(count)) {
            // The label is the first member, 32 bytes padded with blanks.
            var info = [UInt8](repeating: 0, count: 512)
            guard getTokenInfo(slot, &info) == 0 else { continue }
            if String(decoding: info.prefix(32), as: UTF8.self).trimmingCharacters(in: .whitespaces) == token.label {
                guard closeAllSessions(slot) == 0 else { throw TestFailure("sessions stay") }
                return
            }
        }
        throw TestFailure("no token \(token.label)")
    }

    private static func function<Function>(_ name: String, _ type: Function.Type) throws -> Function {
        guard let handle = dlopen(path, RTLD_NOW), let symbol = dlsym(handle, name) else { throw TestFailure("no \(name)") }
        return unsafeBitCast(symbol, to: type)
    }
}
