import TransparencyLog

/// The words of one line, taken one after the other.
struct WitnessLine {
    private var words: ArraySlice<String>
    private let number: Int

    init(words: [String], number: Int) {
        self.words = words[...]
        self.number = number
    }

    mutating func read() throws(WitnessSettingsError) -> WitnessSettings.Line {
        let kind = try take()
        guard ["file", "witness", "timestamp"].contains(kind) else { throw error(.kindUnknown) }
        let name = try take()
        guard Self.isName(name) else { throw error(.nameMalformed) }
        let entry: WitnessSettings.Entry
        switch kind {
        case "file":
            let folder = try take()
            guard folder.hasPrefix("/") else { throw error(.folderMalformed) }
            entry = .file(folder: folder)
        case "witness":
            let key = try takeKey()
            let address = try takeAddress()
            let options = try takeOptions(["ca"])
            guard address.isEncrypted || options["ca"] == nil else { throw error(.optionUnknown) }
            entry = .witness(key: key, address: address, tls: options["ca"])
        default:
            let address = try takeAddress()
            let options = try takeOptions(["ca", "tls-ca"])
            guard let authorities = options["ca"] else { throw error(.authorityMissing) }
            guard address.isEncrypted || options["tls-ca"] == nil else { throw error(.optionUnknown) }
            entry = .timestamp(address: address, authorities: authorities, tls: options["tls-ca"])
        }
        guard words.isEmpty else { throw error(.lineMalformed) }
        return WitnessSettings.Line(number: number, name: name, entry: entry)
    }

    /// A name is one of a file, too: it is none that a folder has by itself, or that a listing leaves out.
    static func isName(_ text: String) -> Bool {
        (1...60).contains(text.utf8.count) && !text.hasPrefix(".")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"): true
                default: false
                }
            }
    }

    private mutating func take() throws(WitnessSettingsError) -> String {
        guard let word = words.popFirst() else { throw error(.lineMalformed) }
        return word
    }

    private mutating func takeKey() throws(WitnessSettingsError) -> NoteKey {
        let text = try take()
        do throws(LogError) {
            let key = try NoteKey(text)
            if key.kind == .cosignature { return key }
        } catch {}
        throw error(.keyMalformed)
    }

    private mutating func takeAddress() throws(WitnessSettingsError) -> WitnessAddress {
        let text = try take()
        do throws(WitnessAddress.Problem) {
            return try WitnessAddress(text)
        } catch {
            throw self.error(error == .insecure ? .addressInsecure : .addressMalformed)
        }
    }

    /// The rest of the line, `name=path` each.
    private mutating func takeOptions(_ known: Set<String>) throws(WitnessSettingsError) -> [String: String] {
        var options: [String: String] = [:]
        while let word = words.popFirst() {
            guard let mark = word.firstIndex(of: "=") else { throw error(.lineMalformed) }
            let (name, value) = (String(word[..<mark]), String(word[word.index(after: mark)...]))
            guard known.contains(name) else { throw error(.optionUnknown) }
            guard !value.isEmpty, options.updateValue(value, forKey: name) == nil else { throw error(.optionRepeated) }
        }
        return options
    }

    private func error(_ code: WitnessSettingsError.Code) -> WitnessSettingsError { WitnessSettingsError(code, line: number) }
}
