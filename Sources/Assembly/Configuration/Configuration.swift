import Foundation
import PolicyFiles
import Vocabulary

/// The settings of one run and where each came from, or everything that is wrong with them.
///
/// Flags are read by the commands and count most. What the file says is put into the environment of the process where the environment
/// does not say it, before anything reads a setting: so there is one place that settings are read from.
struct Configuration: Sendable {
    enum Source: Sendable {
        case environment
        case file(SourcePosition)
    }

    struct Value: Sendable {
        let setting: Setting
        let text: String
        let source: Source
    }

    private(set) var values: [Value] = []
    private(set) var problems: [String] = []
    private(set) var file: String?

    /// The layers, one over the other.
    init(arguments: [String], environment: [String: String]) {
        var known: [String: Setting] = [:]
        for setting in Setting.all { known[setting.variable] = setting }
        for name in environment.keys.sorted() where name.hasPrefix(Setting.prefix) && known[name] == nil && !Setting.others.contains(name) {
            problems.append(Self.unknown("the variable \(name) is no setting", name, Setting.all.map(\.variable)))
        }
        var found = readFile(arguments, environment)
        for setting in Setting.all {
            if let text = environment[setting.variable], !text.isEmpty {
                found[setting.variable] = Value(setting: setting, text: text, source: .environment)
            }
        }
        for setting in Setting.all {
            guard let value = found[setting.variable] else { continue }
            values.append(value)
            if let problem = setting.problem(value.text) { problems.append("\(Self.place(value)) \(problem)") }
        }
    }

    /// Puts what the file says into the environment of this process.
    ///
    /// To be called before there is a second thread: the environment belongs to nobody.
    func apply() throws(CommandFailure) {
        guard problems.isEmpty else {
            throw CommandFailure(
                .unfit, problems.joined(separator: "\n"), hint: "'gatehouse config list' tells all settings, 'gatehouse config check' what holds")
        }
        for value in values { if case .file = value.source { setenv(value.setting.variable, value.text, 1) } }
        // A variable that is set to nothing is not set, whoever reads it.
        for setting in Setting.all where !values.contains(where: { $0.setting.variable == setting.variable }) { unsetenv(setting.variable) }
    }

    /// The environment with what the file says.
    func merged(into environment: [String: String]) -> [String: String] {
        var environment = environment
        for setting in Setting.all { environment[setting.variable] = nil }
        for value in values { environment[value.setting.variable] = value.text }
        return environment
    }

    static func place(_ value: Value) -> String {
        switch value.source {
        case .environment: value.setting.variable
        case .file(let position): "\(position): \(value.setting.key)"
        }
    }

    // MARK: The file

    private mutating func readFile(_ arguments: [String], _ environment: [String: String]) -> [String: Value] {
        let named = Self.option("--config", arguments) ?? environment["GATEHOUSE_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        let state = Self.option("--state", arguments) ?? environment["GATEHOUSE_STATE"].flatMap { $0.isEmpty ? nil : $0 } ?? ".state"
        let usual = ["gatehouse.yaml", "gatehouse.json"].map { state + "/" + $0 }.filter { FileManager.default.fileExists(atPath: $0) }
        if named == nil, usual.count > 1 {
            problems.append("\(state) has both gatehouse.yaml and gatehouse.json\n  hint: keep one")
            return [:]
        }
        guard let path = named ?? usual.first else { return [:] }
        file = path
        var status = stat()
        guard stat(path, &status) == 0, let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self)
        else {
            problems.append("the configuration file \(path) cannot be read")
            return [:]
        }
        // It says where keys are, and whom to trust.
        guard status.st_mode & 0o022 == 0 else {
            problems.append("the configuration file \(path) can be written by others than its owner\n  hint: run chmod 644 on it")
            return [:]
        }
        var found: [String: Value] = [:]
        do throws(Diagnostic) {
            try gather(try YAMLDocument.read(text, file: path), [], &found)
        } catch {
            problems.append("\(error)")
        }
        if named == nil, let value = found["GATEHOUSE_STATE"] {
            problems.append("\(Self.place(value)) is where this file was found by\n  hint: name the file with --config or GATEHOUSE_CONFIG")
        }
        return found
    }

    private mutating func gather(_ node: SourceNode, _ path: [String], _ found: inout [String: Value]) throws(Diagnostic) {
        for member in try node.mapping(path.isEmpty ? "the configuration" : path.joined(separator: ".")).members {
            let name = try member.key.text("a setting's name")
            let path = path + [name]
            if case .mapping = member.value.content {
                try gather(member.value, path, &found)
                continue
            }
            let key = path.joined(separator: "_").replacing("-", with: "_").replacing(".", with: "_").lowercased()
            guard let setting = Setting.all.first(where: { $0.key == key }) else {
                problems.append(Self.unknown("\(member.key.position): '\(path.joined(separator: "."))' is no setting", key, Setting.all.map(\.key)))
                continue
            }
            let text = try member.value.text(key)
            if case .token = setting.kind {
                problems.append(
                    "\(member.key.position): \(key) is a secret, and secrets do not stand in this file\n  hint: use 'gatehouse profile add'")
            } else if case .database = setting.kind, Self.hasPassword(text) {
                problems.append("\(member.key.position): \(key) has a password in it\n  hint: leave it out and name a password file with PGPASSFILE")
            } else if setting.variable == "GATEHOUSE_CONFIG" {
                problems.append("\(member.key.position): a configuration file names no other")
            } else if found.updateValue(Value(setting: setting, text: text, source: .file(member.value.position)), forKey: setting.variable) != nil {
                problems.append("\(member.key.position): \(key) is written twice")
            }
        }
    }

    private static func hasPassword(_ text: String) -> Bool {
        guard text.contains("://") else { return text.contains("password") }
        let parts = URLComponents(string: text)
        return parts == nil || parts?.password != nil || parts?.queryItems?.contains { $0.name == "password" } == true
    }

    private static func unknown(_ sentence: String, _ word: String, _ known: [String]) -> String {
        if known.contains(word + "_FILE") || known.contains(word + "_file") {
            let file = known.contains(word + "_FILE") ? word + "_FILE" : word + "_file"
            return "\(sentence)\n  hint: secrets come from files: set \(file) to the path of one"
        }
        let nearest = Spelling.nearest(to: word, among: known).map { "did you mean \($0)?" }
        return "\(sentence)\n  hint: \(nearest ?? "'gatehouse config list' tells all settings")"
    }

    /// The value of an option wherever it stands: it is needed before the command is known.
    private static func option(_ name: String, _ arguments: [String]) -> String? {
        let own = arguments.prefix { $0 != "--" }
        for (index, argument) in own.enumerated() {
            if argument == name, index + 1 < own.count { return own[own.startIndex + index + 1] }
            if argument.hasPrefix(name + "=") { return String(argument.dropFirst(name.count + 1)) }
        }
        return nil
    }
}
