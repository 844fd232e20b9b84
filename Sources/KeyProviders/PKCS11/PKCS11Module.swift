import CPKCS11
import Glibc
import Synchronization

/// A PKCS#11 module: a library of somebody else in this process, opened and initialised once, and never given back.
///
/// SAFETY: the table of functions does not change, and the module was told that several threads call it.
final class PKCS11Module: @unchecked Sendable {
    let functions: ck_function_list

    private static let opened = Mutex<[String: PKCS11Module]>([:])

    /// Blocks while the library is read and its token looked for.
    ///
    /// - Throws: `missing`, `exposed`, `malformed` or `misconfigured`, by what is wrong with the file.
    static func open(_ path: String) throws(KeyProviderError) -> PKCS11Module {
        try opened.withLock { (opened) throws(KeyProviderError) in
            if let module = opened[path] { return module }
            try check(path)
            let module = try PKCS11Module(path)
            opened[path] = module
            return module
        }
    }

    /// Whoever may write to the file runs with the gateway's rights.
    private static func check(_ path: String) throws(KeyProviderError) {
        guard path.hasPrefix("/") else {
            throw KeyProviderError(.misconfigured, "the path of the PKCS#11 module is not absolute", hint: "write the whole path, from /")
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw KeyProviderError(.missing, "there is no PKCS#11 module at \(path)", hint: "install the token's software, or name another path")
        }
        guard status.st_mode & 0o022 == 0, status.st_uid == 0 || status.st_uid == geteuid() else {
            throw KeyProviderError(
                .exposed, "the PKCS#11 module \(path) may be changed by others", hint: "give it to root, and run chmod go-w on it"
            )
        }
    }

    private init(_ path: String) throws(KeyProviderError) {
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL), let symbol = dlsym(handle, "C_GetFunctionList") else {
            throw Self.unusable(path)
        }
        typealias GetFunctionList = @convention(c) (UnsafeMutablePointer<UnsafeMutablePointer<ck_function_list>?>?) -> ck_rv_t
        // SAFETY: the standard says that this name is this function.
        let getFunctionList = unsafeBitCast(symbol, to: GetFunctionList.self)
        var list: UnsafeMutablePointer<ck_function_list>?
        guard getFunctionList(&list) == CKR_OK, let functions = list?.pointee, Self.isComplete(functions) else { throw Self.unusable(path) }
        var arguments = ck_c_initialize_args()
        arguments.flags = CKF_OS_LOCKING_OK
        let code = functions.C_Initialize(&arguments)
        guard code == CKR_OK || code == CKR_CRYPTOKI_ALREADY_INITIALIZED else {
            throw KeyProviderError(
                .unavailable, "the PKCS#11 module \(path) does not start (\(PKCS11Failure(code).name))",
                hint: "its own documentation says what it needs"
            )
        }
        self.functions = functions
    }

    /// Whether the functions that are called here are there; a function that is called and is not there ends the process.
    private static func isComplete(_ functions: ck_function_list) -> Bool {
        functions.C_Initialize != nil && functions.C_GetSlotList != nil && functions.C_GetTokenInfo != nil && functions.C_GetMechanismInfo != nil
            && functions.C_OpenSession != nil && functions.C_CloseSession != nil && functions.C_Login != nil && functions.C_FindObjectsInit != nil
            && functions.C_FindObjects != nil && functions.C_FindObjectsFinal != nil && functions.C_GetAttributeValue != nil
            && functions.C_GenerateKey != nil && functions.C_DestroyObject != nil && functions.C_EncryptInit != nil
            && functions.C_Encrypt != nil && functions.C_DecryptInit != nil && functions.C_Decrypt != nil
    }

    private static func unusable(_ path: String) -> KeyProviderError {
        KeyProviderError(.malformed, "\(path) is no PKCS#11 module for this machine", hint: "name the library that came with the token")
    }

    // MARK: Tokens

    /// The slot of the token with this label.
    ///
    /// - Returns: `nil` when there is none.
    /// - Throws: `misconfigured` when there are several.
    func slot(ofToken label: String) throws(KeyProviderError) -> ck_slot_id_t? {
        var found: ck_slot_id_t?
        for slot in try slots() {
            var info = ck_token_info()
            guard functions.C_GetTokenInfo(slot, &info) == CKR_OK, info.flags & CKF_TOKEN_INITIALIZED != 0 else { continue }
            // Padded with blanks, without an end.
            let padded = withUnsafeBytes(of: info.label) { String(decoding: $0, as: UTF8.self) }
            guard padded.prefix(upTo: padded.lastIndex { $0 != " " }.map(padded.index(after:)) ?? padded.startIndex) == label else { continue }
            guard found == nil else {
                throw KeyProviderError(.misconfigured, "several tokens have the label '\(label)'", hint: "give each token a label of its own")
            }
            found = slot
        }
        return found
    }

    private func slots() throws(KeyProviderError) -> [ck_slot_id_t] {
        var code = CKR_BUFFER_TOO_SMALL
        // A token may be put in between the two questions.
        for _ in 0..<4 where code == CKR_BUFFER_TOO_SMALL {
            var count: UInt = 0
            code = functions.C_GetSlotList(1, nil, &count)
            guard code == CKR_OK else { break }
            var slots = [ck_slot_id_t](repeating: 0, count: Int(count) + 1)
            count += 1
            code = functions.C_GetSlotList(1, &slots, &count)
            if code == CKR_OK { return Array(slots.prefix(Int(count))) }
        }
        throw PKCS11Failure(code).told
    }
}

/// What a function of the module answered instead of doing what it was asked.
struct PKCS11Failure: Error {
    let code: ck_rv_t

    init(_ code: ck_rv_t) { self.code = code }

    /// As the standard writes numbers it has no name for here.
    var name: String { "CKR 0x\(String(code, radix: 16))" }

    var told: KeyProviderError {
        switch code {
        case CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE:
            KeyProviderError(
                .refused, "the token refuses the PIN", hint: "correct the PIN file before another try: a token locks itself after some wrong ones"
            )
        case CKR_PIN_LOCKED: KeyProviderError(.refused, "the token has locked its PIN", hint: "its security officer can set a new one")
        case CKR_PIN_EXPIRED: KeyProviderError(.refused, "the token's PIN has expired", hint: "set a new one with the token's own tools")
        case CKR_TOKEN_NOT_PRESENT, CKR_SLOT_ID_INVALID, CKR_TOKEN_NOT_RECOGNIZED:
            KeyProviderError(.missing, "the token is not there any more", hint: "put it back")
        case CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID, CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID, CKR_TEMPLATE_INCONSISTENT,
            CKR_KEY_TYPE_INCONSISTENT:
            KeyProviderError(
                .misconfigured, "the token does not do AES-256-GCM as it is needed (\(name))", hint: "use another token, or newer software for it"
            )
        case CKR_TOKEN_WRITE_PROTECTED, CKR_SESSION_READ_ONLY:
            KeyProviderError(.unavailable, "the token is write-protected", hint: "allow it to be written")
        case CKR_DEVICE_MEMORY:
            KeyProviderError(.unavailable, "the token is full", hint: "remove what it does not need, but no key 'gatehouse/…'")
        default: KeyProviderError(.unavailable, "the token does not do what it is asked (\(name))", hint: "its own software may say more")
        }
    }
}
