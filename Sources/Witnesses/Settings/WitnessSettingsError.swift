/// What is wrong with a line of the witnesses' settings. What stands in the line is not repeated.
package struct WitnessSettingsError: Error, Sendable, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        /// The first word is not `file`, `witness` or `timestamp`.
        case kindUnknown = "witness-kind-unknown"
        /// A word is missing, or there is one too many.
        case lineMalformed = "witness-line-malformed"
        case nameMalformed = "witness-name-malformed"
        case nameRepeated = "witness-name-repeated"
        case folderMalformed = "witness-folder-malformed"
        /// No key of the form `name+id+key`, or none that cosigns.
        case keyMalformed = "witness-key-malformed"
        /// Two witnesses with one key would count for two, and be one.
        case keyRepeated = "witness-key-repeated"
        case addressMalformed = "witness-address-malformed"
        case addressInsecure = "witness-address-insecure"
        case optionUnknown = "witness-option-unknown"
        case optionRepeated = "witness-option-repeated"
        /// A time-stamping authority without `ca=`.
        case authorityMissing = "witness-authority-missing"
        case authorityUnreadable = "witness-authority-unreadable"
        case authorityMalformed = "witness-authority-malformed"
    }

    package let code: Code
    /// From 1.
    package let line: Int

    package init(_ code: Code, line: Int) {
        self.code = code
        self.line = line
    }
}

extension WitnessSettingsError: CustomStringConvertible {
    package var description: String { "line \(line): \(sentence)" }

    private var sentence: String {
        switch code {
        case .kindUnknown: "a line begins with file, witness or timestamp"
        case .lineMalformed: "the line has a word too few or too many"
        case .nameMalformed: "a name has 1 to 60 of the characters a-z, 0-9, '-' and '.', and begins with no '.'"
        case .nameRepeated: "another witness has this name"
        case .folderMalformed: "the folder is no absolute path"
        case .keyMalformed: "the key is not like name+id+key, or is none for cosignatures"
        case .keyRepeated: "another witness has this key"
        case .addressMalformed: "the address is not like https://witness.example.com"
        case .addressInsecure: "the address is plain HTTP to another host"
        case .optionUnknown: "there is no such option for this witness"
        case .optionRepeated: "the option is given twice, or without a value"
        case .authorityMissing: "a time-stamping authority needs ca= with the file of its certificates"
        case .authorityUnreadable: "the file of certificates cannot be read"
        case .authorityMalformed: "the file holds no certificates as PEM text"
        }
    }
}
