import Testing

@testable import Sealing

/// The published test suite of the format (C2SP/CCTV `age/testdata`, Zero-Clause BSD): its cases with armor, passphrases and payloads, each
/// under its published name. Those about headers are in `AgeHeaderTests`.
///
/// The suite makes its files from a fixed file key, identity and stream of random bytes; they are made the same way here, since many have
/// chunks of 64 KiB. That it comes to the published bytes is a test of its own.
enum AgeSuite {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let expected: Outcome
        var passphrase: String?
        let file: @Sendable () -> [UInt8]
        var testDescription: String { name }
    }

    /// What the suite says should become of a file.
    enum Outcome: Sendable, Equatable {
        case success([UInt8])
        case noMatch
        case headerFailure
        case armorFailure
        /// After this has come out, and nothing else.
        case payloadFailure([UInt8])
    }

    static let identity = "AGE-SECRET-KEY-1XMWWC06LY3EE5RYTXM9MFLAZ2U56JJJ36S0MYPDRWSVLUL66MV4QX3S7F6"
    private static let fileKey = Array("YELLOW SUBMARINE".utf8)
    private static let stanza = """
        -> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc
        EmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U

        """
    /// The first bytes of the stream: ChaCha20 under the key `TEST RANDOMNESS TEST RANDOMNESS!`, nonce zero.
    private static let random: [UInt8] = [
        0xac, 0x5d, 0x3f, 0x37, 0x06, 0xe5, 0x50, 0x71, 0xd3, 0xa6, 0x04, 0x20, 0x46, 0x97, 0xb9, 0x09, 0x1b, 0x35, 0xc6, 0xe6, 0x87, 0xdd, 0x00,
        0xda, 0x3a, 0xc3, 0x79, 0xac, 0x9f, 0x74, 0x2c, 0x21, 0xee, 0xcf, 0x62, 0xc7, 0xce, 0x91, 0xb4, 0x33, 0x27, 0x4e, 0x68, 0xd4, 0xf2, 0xf9,
        0x13, 0x4c, 0x5b, 0x1d, 0xe6, 0xe8, 0x2e, 0x0e, 0x0c, 0xbd, 0xd3, 0x23, 0xc8, 0x77, 0xcf, 0x85, 0x3d, 0x61, 0xdd, 0xdf, 0x72, 0xd0, 0x6f,
        0xbc, 0xab, 0x57, 0xdf, 0x3d, 0x0d, 0x31, 0x24, 0x96, 0xad, 0x21, 0x02, 0x54, 0x5e, 0x6b, 0xf4, 0xc6, 0x06, 0x1c, 0x89, 0x3e, 0x8f, 0x29,
        0xec, 0xcd, 0x2c, 0x0b,
    ]

    // MARK: Making files

    /// A header of these stanzas with the code that a file key makes.
    private static func header(_ stanzas: String, key: [UInt8] = fileKey) -> [UInt8] {
        let text = Array(("age-encryption.org/v1\n" + stanzas + "---").utf8)
        return text + " ".utf8 + AgeBase64.encode(AgeFileKey(SecretBytes(copying: key)).authenticate(text)) + "\n".utf8
    }

    private static func payload(_ chunks: [(bytes: [UInt8], isLast: Bool)], key: [UInt8] = fileKey, nonce: [UInt8]) -> [UInt8] {
        var payload = nonce
        var counter: UInt8 = 0
        for chunk in chunks {
            let key = AgeFileKey(SecretBytes(copying: key)).payloadKey(nonce: nonce)
            var sealed = [UInt8](repeating: 0, count: chunk.bytes.count + AgeChunkCipher.overhead)
            key.withBytes { key in
                guard let start = key.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
                chunk.bytes.withUnsafeBytes { bytes in
                    AEADCipher.chacha20Poly1305.seal(
                        bytes, key: start, nonce: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, counter, chunk.isLast ? 1 : 0],
                        associatedData: UnsafeBufferPointer(start: nil, count: 0), into: &sealed
                    )
                }
            }
            payload += sealed
            counter += chunk.isLast ? 0 : 1
        }
        return payload
    }

    private static func small(_ plaintext: String = "age", stanzas: String = stanza) -> [UInt8] {
        header(stanzas) + payload([(Array(plaintext.utf8), true)], nonce: Array(random[32..<48]))
    }

    // MARK: Armor

    private static let begin = "-----BEGIN AGE ENCRYPTED FILE-----\n"
    private static let end = "-----END AGE ENCRYPTED FILE-----\n"

    /// The lines of base64 of the published file `armor`, as they stand there.
    static let publishedLines = """
        YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBURWlGMHlwcXIrYnB2Y3FY
        TnlDVkpwTDdPdXdQZFZ3UEw3S1FFYkZET0NjCkVtRUNBRWNLTituL1ZzOVNiV2lW
        K0h1MHIrRThSNzdEZFdZeWQ4M253N1UKLS0tIFZuKzU0anFpaVVDRStXWmNFVlkz
        ZjFzcUhqbHUvejFMQ1EvVDdYbTdxSTAK7s9ix86RtDMnTmjU8vkTTLdMW/73vqpS
        yPC8DpksHoMx+2Y=

        """
    static var publishedFile: [UInt8] { small() }

    /// Base64 in lines of 64, without what stands around it.
    static func lines(_ file: [UInt8]) -> String {
        var text: [UInt8] = []
        for from in stride(from: 0, to: file.count, by: 48) {
            file[from..<min(from + 48, file.count)].withUnsafeBytes { AgeArmor.append($0, to: &text) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func armored(_ name: String, _ expected: Outcome, _ text: @escaping @Sendable () -> String) -> Case {
        Case(name: name, expected: expected) { Array(text().utf8) }
    }

    private static let age = Outcome.success(Array("age".utf8))

    static let armor: [Case] = [
        armored("armor", age) { begin + publishedLines + end },
        armored("armor_crlf", age) { (begin + publishedLines + end).replacing("\n", with: "\r\n") },
        armored("armor_no_eol", age) { begin + publishedLines + end.dropLast() },
        armored("armor_whitespace_outside", age) { "\n\r   \t\n" + begin + publishedLines + end + "\n\r   \t\n" },
        armored("armor_full_last_line", .success(fortyBytes)) { begin + lines(small(forty)) + end },
        armored("armor_empty", .headerFailure) { begin + end },
        armored("armor_empty_last_line", .armorFailure) { begin + lines(small(forty)) + "\n" + end },
        armored("armor_empty_line_begin", .armorFailure) { begin + "\n" + publishedLines + end },
        armored("armor_empty_line_end", .armorFailure) { begin + publishedLines + "\n" + end },
        armored("armor_eol_between_padding", .armorFailure) { begin + lines(small("age12")).replacing("==", with: "=\n=") + end },
        armored("armor_garbage_encoded", .payloadFailure(first)) { begin + lines(large([(first, true)]) + random[32..<52]) + end },
        armored("armor_garbage_leading", .armorFailure) { "garbage\n" + begin + publishedLines + end },
        armored("armor_garbage_trailing", .armorFailure) { begin + publishedLines + end + "garbage\n" },
        armored("armor_headers", .armorFailure) { begin + "Headers: are\nNot: allowed\n\n" + publishedLines + end },
        armored("armor_header_crlf", .headerFailure) {
            let text = "age-encryption.org/v1\r\n" + stanza.replacing("\n", with: "\r\n") + "---"
            let code = AgeFileKey(SecretBytes(copying: fileKey)).authenticate(Array(text.utf8))
            let header = Array(text.utf8) + " ".utf8 + AgeBase64.encode(code) + "\r\n".utf8
            return begin + lines(header + payload([(Array("age".utf8), true)], nonce: Array(random[32..<48]))) + end
        },
        armored("armor_invalid_character_header", .armorFailure) { begin + "YWdl*" + publishedLines.dropFirst(5) + end },
        armored("armor_invalid_character_payload", .armorFailure) { begin + publishedLines.replacing("\nyPC8", with: "\n*PC8") + end },
        armored("armor_long_line", .armorFailure) { begin + publishedLines.replacing("\n", with: "") + "\n" + end },
        armored("armor_lowercase", .armorFailure) { (begin + publishedLines + end).replacing("AGE ENC", with: "age ENC") },
        armored("armor_no_end_line", .armorFailure) { begin + publishedLines },
        armored("armor_no_padding", .armorFailure) { begin + publishedLines.replacing("=", with: "") + end },
        armored("armor_not_canonical", .armorFailure) { begin + publishedLines.replacing("2Y=", with: "2Z=") + end },
        armored("armor_pgp_checksum", .armorFailure) { begin + "\n" + publishedLines + "=J2ub\n" + end.dropLast() + "\n" },
        armored("armor_short_line", .armorFailure) { begin + lines(Array(small()[..<12])) + lines(Array(small()[12...])) + end },
        armored("armor_whitespace_begin", .armorFailure) { "----- BEGIN AGE ENCRYPTED FILE -----\n" + publishedLines + end },
        armored("armor_whitespace_end", .armorFailure) { begin + publishedLines + "----- END AGE ENCRYPTED FILE -----\n" },
        armored("armor_whitespace_eol", .armorFailure) { begin + publishedLines.replacing("vqpS\n", with: "vqpS \n") + end },
        armored("armor_whitespace_last_line", .armorFailure) { begin + publishedLines.replacing("=\n", with: "= \n") + end },
        armored("armor_whitespace_line_start", .armorFailure) { begin + publishedLines.replacing("\nZjFz", with: "\n ZjFz") + end },
        armored("armor_wrong_type", .armorFailure) { (begin + publishedLines + end).replacing("FILE", with: "MESSAGE") },
    ]

    private static let forty = String(repeating: "age ", count: 10)
    private static var fortyBytes: [UInt8] { Array(forty.utf8) }

    // MARK: Payloads

    private static let largeKey: [UInt8] = [0x7a, 0xa5, 0xbd, 0xac, 0x0e, 0x6a, 0xfe, 0xed, 0x3d, 0xd0, 0xa7, 0xec, 0xcb, 0x42, 0xaf, 0x44]
    private static let largeNonce: [UInt8] = [0xc8, 0x2f, 0x71, 0xeb, 0x82, 0x02, 0x9b, 0x77, 0x13, 0x63, 0x99, 0xe4, 0x85, 0xe8, 0x79, 0xf4]
    private static let largeStanza = """
        -> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc
        MYHz4AY36VeXxCX/9GN0+ZAy1TeRmmuVzlQb7LozgrQ

        """
    private static let first = [UInt8](repeating: 0, count: 65_536)
    private static let second = [UInt8](repeating: 1, count: 65_536)
    private static let third = [UInt8](repeating: 2, count: 65_536)
    private static let ageBytes = Array("age".utf8)

    private static func large(_ chunks: [(bytes: [UInt8], isLast: Bool)]) -> [UInt8] {
        header(largeStanza, key: largeKey) + payload(chunks, key: largeKey, nonce: largeNonce)
    }

    private static func spoiled(_ file: [UInt8]) -> [UInt8] { file.dropLast() + [(file.last ?? 0) ^ 0x20] }

    static let payloads: [Case] = [
        Case(name: "stream_two_chunks", expected: .success(first + ageBytes)) { large([(first, false), (ageBytes, true)]) },
        Case(name: "stream_three_chunks", expected: .success(first + second + ageBytes)) {
            large([(first, false), (second, false), (ageBytes, true)])
        },
        Case(name: "stream_last_chunk_full", expected: .success(first + second)) { large([(first, false), (second, true)]) },
        Case(name: "stream_last_chunk_empty", expected: .payloadFailure(first)) { large([(first, false), ([], true)]) },
        Case(name: "stream_bad_tag", expected: .payloadFailure([])) { spoiled(small()) },
        Case(name: "stream_bad_tag_second_chunk", expected: .payloadFailure(first)) { spoiled(large([(first, false), (ageBytes, true)])) },
        Case(name: "stream_bad_tag_second_chunk_full", expected: .payloadFailure(first)) { spoiled(large([(first, false), (second, true)])) },
        Case(name: "stream_missing_tag", expected: .payloadFailure([])) { small().dropLast(16) },
        Case(name: "stream_no_chunks", expected: .payloadFailure([])) { small().dropLast(19) },
        Case(name: "stream_no_final", expected: .payloadFailure([])) {
            header(stanza) + payload([(ageBytes, false)], nonce: Array(random[32..<48]))
        },
        Case(name: "stream_no_final_full", expected: .payloadFailure(first)) { large([(first, false)]) },
        Case(name: "stream_no_final_two_chunks", expected: .payloadFailure(first)) { large([(first, false), (ageBytes, false)]) },
        Case(name: "stream_no_final_two_chunks_full", expected: .payloadFailure(first + second)) { large([(first, false), (second, false)]) },
        Case(name: "stream_no_nonce", expected: .headerFailure) { header(stanza) },
        Case(name: "stream_short_nonce", expected: .headerFailure) { header(stanza) + random[32..<44] },
        Case(name: "stream_short_chunk", expected: .payloadFailure([])) { header(stanza) + random[32..<48] + random[48..<60] },
        Case(name: "stream_short_second_chunk", expected: .payloadFailure(first)) { large([(first, false)]) + random[32..<44] },
        Case(name: "stream_trailing_garbage_short", expected: .payloadFailure(first)) { large([(first, true)]) + random[32..<44] },
        Case(name: "stream_trailing_garbage_long", expected: .payloadFailure(first)) { large([(first, true)]) + random[32..<52] },
        Case(name: "stream_two_final_chunks", expected: .payloadFailure(first)) { large([(first, true), (ageBytes, true)]) },
    ]

    // MARK: Passphrases

    private static let salt = "rF0/NwblUHHTpgQgRpe5CQ"
    private static let body = "gUjEymFKMVXQEKdMMHL24oYexjE3TIC0O0zGSqJ2aUY"

    private static func scrypt(
        _ name: String, _ expected: Outcome, _ arguments: String = "\(salt) 10", body: String = body, more: String = "", first: String = "",
        passphrase: String = "password"
    ) -> Case {
        Case(name: name, expected: expected, passphrase: passphrase) { small(stanzas: first + "-> scrypt \(arguments)\n\(body)\n" + more) }
    }

    static let passphrases: [Case] = [
        scrypt("scrypt", age),
        scrypt("scrypt_no_match", .noMatch, passphrase: "wrong"),
        scrypt("scrypt_bad_tag", .noMatch, body: "gUjEymFKMVXQEKdMMHL24oYexjE3TIC0O0zGSqJ2abk"),
        scrypt("scrypt_double", .headerFailure, more: "-> scrypt GzXG5ofdANo6w3msn3QsIQ 10\nOveITuwxakv7k2oLnioNYF4Bhgz9KZ36pb098wDoAv8\n"),
        scrypt("scrypt_and_x25519", .headerFailure, first: stanza),
        scrypt("scrypt_extra_argument", .headerFailure, "\(salt) 10 10"),
        scrypt(
            "scrypt_long_file_key", .headerFailure, body: "mS3EyWBaVFSlC69BLnTvh6jp4x0GNGz4fjvm7/IeZ/HjGkufKkN26ZU"),
        scrypt("scrypt_not_canonical_body", .headerFailure, body: body.dropLast() + "Z"),
        scrypt("scrypt_not_canonical_salt", .headerFailure, salt.dropLast() + "R 10"),
        scrypt("scrypt_salt_long", .headerFailure, "rF0/NwblUHHTpgQgRpe5CRs1xuY 10", body: "JP7roI4ahATYBIWimTJaQii7ksmW/z+Aq0eSVr9HbLo"),
        scrypt("scrypt_salt_short", .headerFailure, "rF0/NwblUHHTpgQg 10", body: "ZGF2/KEUvcpgN3Tx0IlLDplomb6zR8IFVE5A3VzU1gg"),
        scrypt("scrypt_salt_missing", .headerFailure, "10"),
        Case(name: "scrypt_uppercase", expected: .noMatch, passphrase: "password") { small(stanzas: "-> Scrypt \(salt) 10\n\(body)\n") },
        scrypt("scrypt_work_factor_23", .headerFailure, "\(salt) 23", body: "qW9eVsT0NVb/Vswtw8kPIxUnaYmm9Px1dYmq2+4+qZA"),
        scrypt("scrypt_work_factor_wrong", .noMatch, body: "1hqlaoCUpkgzYI+oTS0p1Nxm9u3Fjib8REjrwp40mRE"),
        scrypt("scrypt_work_factor_hex", .headerFailure, "\(salt) 0xa"),
        scrypt("scrypt_work_factor_leading_garbage", .headerFailure, "\(salt) aaaa10"),
        scrypt("scrypt_work_factor_trailing_garbage", .headerFailure, "\(salt) 10aaaa"),
        scrypt("scrypt_work_factor_leading_plus", .headerFailure, "\(salt) +10"),
        scrypt("scrypt_work_factor_leading_zero_decimal", .headerFailure, "\(salt) 010"),
        scrypt("scrypt_work_factor_leading_zero_octal", .headerFailure, "\(salt) 012"),
        scrypt("scrypt_work_factor_missing", .headerFailure, salt),
        scrypt("scrypt_work_factor_negative", .headerFailure, "\(salt) -10"),
        scrypt("scrypt_work_factor_overflow", .headerFailure, "\(salt) 9223372036854775818"),
        scrypt("scrypt_work_factor_zero", .headerFailure, "\(salt) 0"),
    ]
}
