import Sealing

extension CommandFailure {
    /// Why an age file did not open.
    ///
    /// - Parameters:
    ///   - name: of the file.
    ///   - hasIdentities: whether identities were tried, or a passphrase.
    ///   - isForPassphrase: whether the file is for one, as far as its header was read.
    init(_ error: AgeError, _ name: String, hasIdentities: Bool, isForPassphrase: Bool?) {
        switch error {
        case .recipientMalformed: self.init(.invalid, "\(name) is not an age recipient", hint: "age1…")
        case .identityMalformed: self.init(.invalid, "\(name) is not an age identity", hint: "AGE-SECRET-KEY-1… in capitals")
        case .versionUnknown:
            self.init(.invalid, "\(name) is not an age file", hint: "files of age version 1 are opened, binary or armored (age-encryption.org/v1)")
        case .armorMalformed:
            self.init(.invalid, "the armor of \(name) is damaged", hint: "a program that changes text may have had it; fetch it again")
        case .headerMalformed:
            self.init(.invalid, "the header of \(name) is not one of age version 1", hint: "it is damaged, or cut short; fetch it again")
        case .identityMissing:
            if !hasIdentities {
                self.init(.denied, "\(name) is sealed for keys, not for a passphrase", hint: "name the file of an identity: -i FILE")
            } else if isForPassphrase == true {
                self.init(.denied, "\(name) is sealed for a passphrase, not for keys", hint: "leave out -i, and the passphrase is asked for")
            } else {
                self.init(.denied, "\(name) is not sealed for any of these identities", hint: "name the file of another identity: -i FILE")
            }
        case .passphraseMissing:
            self.init(.denied, "\(name) is sealed for a passphrase, and none was given", hint: "name a file that holds it: --passphrase-file FILE")
        case .passphraseWrong: self.init(.denied, "the passphrase does not open \(name)")
        case .workFactorExcessive:
            self.init(
                .invalid, "\(name) asks for more work than a passphrase should take", hint: "whoever made it may want to use up this host's memory")
        case .headerForged:
            self.init(.failed, "the header of \(name) was changed after it was made", hint: "fetch it again, and ask where it has been")
        case .payloadMalformed: self.init(.failed, "\(name) is cut short", hint: "fetch it again")
        case .payloadForged:
            self.init(.failed, "\(name) was changed, cut short or continued after it was sealed", hint: "fetch it again, and ask where it has been")
        }
    }
}
