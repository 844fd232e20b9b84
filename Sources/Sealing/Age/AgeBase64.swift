import CSodium

/// Base64 as an age header has it: standard alphabet, no padding, one text for each value.
enum AgeBase64 {
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        let capacity = sodium_base64_encoded_len(bytes.count, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)
        var text = [CChar](repeating: 0, count: capacity)
        sodium_bin2base64(&text, capacity, bytes, bytes.count, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)
        return text.dropLast().map { UInt8(bitPattern: $0) }
    }

    /// `nil` for another alphabet, padding, white space, or left-over bits that are not zero.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        // libsodium takes '+' and '/' with their highest bit set for themselves, so that one value would have several texts.
        guard text.allSatisfy({ $0 < 0x80 }) else { return nil }
        let characters = text.map { CChar(bitPattern: $0) }
        var count = 0
        // The room is never empty: an empty text is a value, too.
        var bytes = [UInt8](repeating: 0, count: characters.count * 3 / 4 + 1)
        let code = sodium_base642bin(
            &bytes, bytes.count, characters, characters.count, nil, &count, nil, sodium_base64_VARIANT_ORIGINAL_NO_PADDING
        )
        return code == 0 ? Array(bytes[0..<count]) : nil
    }
}
