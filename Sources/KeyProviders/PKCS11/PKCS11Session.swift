import CPKCS11
import Sealing

/// A logged-in session with a token; closed when it goes. For one thread at a time.
final class PKCS11Session {
    private let module: PKCS11Module
    private let handle: ck_session_handle_t

    /// Opens a session that may write, and logs in. The login is the process's: a second session is logged in already.
    ///
    /// - Parameter pin: lent by the caller; the module may keep a copy.
    init(_ module: PKCS11Module, slot: ck_slot_id_t, pin: borrowing SecretBytes) throws(PKCS11Failure) {
        self.module = module
        var handle: ck_session_handle_t = 0
        try Self.check(module.functions.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nil, nil, &handle))
        self.handle = handle
        let code = pin.withBytes { module.functions.C_Login(handle, CKU_USER, Self.mutable($0), UInt($0.count)) }
        guard code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN else { throw PKCS11Failure(code) }
    }

    deinit { _ = module.functions.C_CloseSession(handle) }

    /// Whether a token does both ways of AES-GCM and makes AES keys.
    static func isCapable(_ module: PKCS11Module, slot: ck_slot_id_t) -> Bool {
        func flags(_ mechanism: ck_mechanism_type_t) -> ck_flags_t {
            var info = ck_mechanism_info()
            return module.functions.C_GetMechanismInfo(slot, mechanism, &info) == CKR_OK ? info.flags : 0
        }
        return flags(CKM_AES_GCM) & (CKF_ENCRYPT | CKF_DECRYPT) == CKF_ENCRYPT | CKF_DECRYPT && flags(CKM_AES_KEY_GEN) & CKF_GENERATE != 0
    }

    // MARK: Keys

    /// A value of an object's attribute.
    enum Value {
        case flag(Bool)
        case number(UInt)
        case bytes([UInt8])

        fileprivate var bytes: [UInt8] {
            switch self {
            case .flag(let value): [value ? 1 : 0]
            case .number(let value): withUnsafeBytes(of: value) { Array($0) }
            case .bytes(let value): value
            }
        }
    }

    /// Makes an AES-256 key that stays on the token: it cannot be read or wrapped, only used and destroyed.
    func makeKey(label: [UInt8]) throws(PKCS11Failure) {
        let wishes: [(ck_attribute_type_t, Value)] = [
            (CKA_CLASS, .number(CKO_SECRET_KEY)), (CKA_KEY_TYPE, .number(CKK_AES)), (CKA_VALUE_LEN, .number(UInt(SymmetricKey.byteCount))),
            (CKA_TOKEN, .flag(true)), (CKA_PRIVATE, .flag(true)), (CKA_SENSITIVE, .flag(true)), (CKA_EXTRACTABLE, .flag(false)),
            (CKA_ENCRYPT, .flag(true)), (CKA_DECRYPT, .flag(true)), (CKA_WRAP, .flag(false)), (CKA_UNWRAP, .flag(false)), (CKA_LABEL, .bytes(label)),
        ]
        var mechanism = ck_mechanism(mechanism: CKM_AES_KEY_GEN, parameter: nil, parameter_len: 0)
        var object: ck_object_handle_t = 0
        try Self.check(
            Self.withAttributes(wishes) { attributes in
                module.functions.C_GenerateKey(handle, &mechanism, attributes.baseAddress, UInt(attributes.count), &object)
            })
    }

    /// The secret keys that rest on the token, with this label or with any.
    func keys(label: [UInt8]? = nil) throws(PKCS11Failure) -> [ck_object_handle_t] {
        let wanted: [(ck_attribute_type_t, Value)] =
            [(CKA_CLASS, .number(CKO_SECRET_KEY)), (CKA_TOKEN, .flag(true))] + (label.map { [(CKA_LABEL, .bytes($0))] } ?? [])
        try Self.check(
            Self.withAttributes(wanted) { attributes in
                module.functions.C_FindObjectsInit(handle, attributes.baseAddress, UInt(attributes.count))
            })
        defer { _ = module.functions.C_FindObjectsFinal(handle) }
        var found: [ck_object_handle_t] = []
        var batch = [ck_object_handle_t](repeating: 0, count: 64)
        while true {
            var count: UInt = 0
            try Self.check(module.functions.C_FindObjects(handle, &batch, UInt(batch.count), &count))
            guard count > 0 else { return found }
            found += batch.prefix(Int(count))
        }
    }

    /// An attribute's bytes; `nil` when the object, or the attribute, is not there.
    func value(_ type: ck_attribute_type_t, of object: ck_object_handle_t) throws(PKCS11Failure) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let capacity = UInt(bytes.count)
        var count: UInt = 0
        let code = bytes.withUnsafeMutableBytes { bytes in
            var attribute = ck_attribute(type: type, value: bytes.baseAddress, value_len: capacity)
            let code = module.functions.C_GetAttributeValue(handle, object, &attribute, 1)
            count = attribute.value_len
            return code
        }
        switch code {
        case CKR_OK: return count <= capacity ? Array(bytes.prefix(Int(count))) : nil
        // Too long for a label of ours, or gone meanwhile.
        case CKR_BUFFER_TOO_SMALL, CKR_OBJECT_HANDLE_INVALID, CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_SENSITIVE: return nil
        default: throw PKCS11Failure(code)
        }
    }

    func destroy(_ object: ck_object_handle_t) throws(PKCS11Failure) {
        let code = module.functions.C_DestroyObject(handle, object)
        // Somebody else was faster.
        if code != CKR_OBJECT_HANDLE_INVALID { try Self.check(code) }
    }

    // MARK: AES-GCM

    static let nonceByteCount = 12
    static let tagByteCount = 16

    /// Encrypts a key; the answer is `ciphertext ‖ tag`.
    func encrypt(
        _ key: SymmetricKey, under object: ck_object_handle_t, nonce: [UInt8], associatedData: [UInt8]
    ) throws(PKCS11Failure) -> [UInt8] {
        try Self.check(
            Self.withGCM(nonce, associatedData) { mechanism in module.functions.C_EncryptInit(handle, mechanism, object) })
        var output = [UInt8](repeating: 0, count: 128)
        var count = UInt(output.count)
        try Self.check(key.withBytes { module.functions.C_Encrypt(handle, Self.mutable($0), UInt($0.count), &output, &count) })
        guard count == UInt(SymmetricKey.byteCount + Self.tagByteCount) else { throw PKCS11Failure(CKR_MECHANISM_PARAM_INVALID) }
        return Array(output.prefix(Int(count)))
    }

    /// Decrypts `ciphertext ‖ tag` of one key; `nil` when it was not encrypted so.
    func decrypt(
        _ sealed: [UInt8], under object: ck_object_handle_t, nonce: [UInt8], associatedData: [UInt8]
    ) throws(PKCS11Failure) -> SymmetricKey? {
        try Self.check(
            Self.withGCM(nonce, associatedData) { mechanism in module.functions.C_DecryptInit(handle, mechanism, object) })
        var sealed = sealed
        var code = CKR_OK
        var count: UInt = 128
        // Some modules want as much room as the ciphertext has.
        let output = SecretBytes(count: Int(count)) { memory in
            code = module.functions.C_Decrypt(
                handle, &sealed, UInt(sealed.count), memory.baseAddress?.assumingMemoryBound(to: UInt8.self), &count
            )
        }
        switch code {
        case CKR_OK:
            guard count == UInt(SymmetricKey.byteCount) else { return nil }
            return SymmetricKey(
                SecretBytes(count: SymmetricKey.byteCount) { memory in
                    output.withBytes { memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<SymmetricKey.byteCount])) }
                })
        // The standard has no code of its own for a tag that is not right; modules use these.
        case CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE, CKR_DATA_INVALID, CKR_DATA_LEN_RANGE, CKR_GENERAL_ERROR,
            CKR_FUNCTION_FAILED:
            return nil
        default: throw PKCS11Failure(code)
        }
    }

    // MARK: Lending memory

    private static func check(_ code: ck_rv_t) throws(PKCS11Failure) {
        guard code == CKR_OK else { throw PKCS11Failure(code) }
    }

    /// SAFETY: the interface has no `const`; what is lent this way is only read.
    private static func mutable(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutablePointer<UInt8>? {
        UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: UInt8.self)
    }

    private static func withAttributes(
        _ values: [(type: ck_attribute_type_t, value: Value)], _ body: (UnsafeMutableBufferPointer<ck_attribute>) -> ck_rv_t
    ) -> ck_rv_t {
        // All values in one stretch of memory, which stays where it is for the length of the call.
        let bytes = values.map(\.value.bytes)
        return withUnsafeTemporaryAllocation(byteCount: bytes.reduce(0) { $0 + $1.count + 8 }, alignment: 8) { memory in
            var attributes: [ck_attribute] = []
            var offset = 0
            for (value, bytes) in zip(values, bytes) {
                let room = UnsafeMutableRawBufferPointer(rebasing: memory[offset..<offset + bytes.count])
                room.copyBytes(from: bytes)
                attributes.append(ck_attribute(type: value.type, value: room.baseAddress, value_len: UInt(bytes.count)))
                offset += (bytes.count + 7) & ~7
            }
            return attributes.withUnsafeMutableBufferPointer { body($0) }
        }
    }

    private static func withGCM(
        _ nonce: [UInt8], _ associatedData: [UInt8], _ body: (UnsafeMutablePointer<ck_mechanism>) -> ck_rv_t
    ) -> ck_rv_t {
        var nonce = nonce
        var associatedData = associatedData
        return nonce.withUnsafeMutableBufferPointer { nonce in
            associatedData.withUnsafeMutableBufferPointer { associatedData in
                var parameters = ck_gcm_params(
                    iv_ptr: nonce.baseAddress, iv_len: UInt(nonce.count), iv_bits: UInt(nonce.count * 8),
                    aad_ptr: associatedData.isEmpty ? nil : associatedData.baseAddress, aad_len: UInt(associatedData.count),
                    tag_bits: UInt(tagByteCount * 8)
                )
                return withUnsafeMutablePointer(to: &parameters) { parameters in
                    var mechanism = ck_mechanism(
                        mechanism: CKM_AES_GCM, parameter: parameters, parameter_len: UInt(MemoryLayout<ck_gcm_params>.size)
                    )
                    return body(&mechanism)
                }
            }
        }
    }
}
