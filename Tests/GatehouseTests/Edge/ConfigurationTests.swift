import DataFormats
import Foundation
import TestPostgres
import Testing

@testable import Assembly

/// The layers of the configuration, and what is refused.
struct ConfigurationTests {
    private func written(_ text: String, mode: mode_t = 0o600, name: String = "gatehouse.yaml") throws -> String {
        let path = try TemporaryFolder.make() + "/" + name
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, mode)
        return path
    }

    @Test func `the environment counts more than the file, and an empty variable is none`() throws {
        let path = try written("backup:\n  repository: /srv/file\n  schedule: daily 02:30\naudit: {keep-months: 12}\nretention: off\n")
        let environment = ["GATEHOUSE_BACKUP_REPOSITORY": "/srv/environment", "GATEHOUSE_BACKUP_SCHEDULE": "", "GATEHOUSE_CONFIG": path]
        let configuration = Configuration(arguments: [], environment: environment)
        #expect(configuration.problems == [] && configuration.file == path)
        let merged = configuration.merged(into: environment)
        #expect(merged["GATEHOUSE_BACKUP_REPOSITORY"] == "/srv/environment")
        #expect(merged["GATEHOUSE_BACKUP_SCHEDULE"] == "daily 02:30")
        #expect(merged["GATEHOUSE_AUDIT_KEEP_MONTHS"] == "12" && merged["GATEHOUSE_RETENTION"] == "off")
    }

    @Test func `the file of the state directory is found by itself, in YAML or JSON, but not in both`() throws {
        let path = try written(#"{"listen": "127.0.0.1:0"}"#, name: "gatehouse.json")
        let state = String(path.dropLast("/gatehouse.json".count))
        for arguments in [["serve", "--state", state], ["serve", "--state=" + state]] {
            #expect(Configuration(arguments: arguments, environment: [:]).values.map(\.text) == ["127.0.0.1:0"])
        }
        #expect(Configuration(arguments: [], environment: ["GATEHOUSE_STATE": state]).values.map(\.text).contains("127.0.0.1:0"))
        // What stands behind -- is no option.
        #expect(Configuration(arguments: ["--", "--state", state], environment: ["GATEHOUSE_STATE": "/nowhere"]).file == nil)
        try "listen: 127.0.0.1:1\n".write(toFile: state + "/gatehouse.yaml", atomically: true, encoding: .utf8)
        #expect(Configuration(arguments: ["--state", state], environment: [:]).problems.first?.contains("both") == true)
    }

    @Test(arguments: [
        ("backup: {repositroy: /srv}", "did you mean backup_repository?"), ("listen: a\nListen: b", "written twice"),
        ("backup_keep: last=1\nbackup: {keep: last=2}", "written twice"), ("smtp: {password: hunter2}", "set smtp_password_file to the path of one"),
        ("database_url: postgres://u:hunter2@h/d", "has a password in it"), ("database_url: host=h password=hunter2", "has a password in it"),
        ("token: hunter2", "is a secret"), ("audit_spool_mb: many", "a whole number from 0 to 4095"), ("retention: perhaps", "one of off, plan, run"),
        ("listen: [1, 2]", "has to be a single value"), ("- listen", "has to be a mapping"), ("config: x", "names no other"),
        ("a: &a b", "is no setting"),
    ])
    func `what is wrong in a file is told with its place, and without secrets`(text: String, sentence: String) throws {
        let configuration = Configuration(arguments: ["--config", try written(text)], environment: [:])
        #expect(configuration.problems.contains { $0.contains(sentence) && $0.contains("gatehouse.yaml:") }, "\(configuration.problems)")
        #expect(!configuration.problems.contains { $0.contains("hunter2") })
        #expect(throws: CommandFailure.self) { try configuration.apply() }
    }

    @Test func `a file that others can write, or that is not there, is no configuration`() throws {
        let open = Configuration(arguments: ["--config", try written("listen: 127.0.0.1:0", mode: 0o666)], environment: [:])
        #expect(open.values.isEmpty && open.problems.first?.contains("written by others") == true)
        #expect(!Configuration(arguments: ["--config", "/nowhere/gatehouse.yaml"], environment: [:]).problems.isEmpty)
    }

    @Test func `an unknown variable ends any command, with the nearest that is known`() async throws {
        let outcome = try await GatehouseProgram.run(["policy", "test", Repository.root + "/policies"], environment: ["GATEHOUSE_RETENTOIN": "run"])
        #expect(outcome.status == 7 && outcome.errors.contains("did you mean GATEHOUSE_RETENTION?"), "\(outcome.errors)")
        let secret = try await GatehouseProgram.run(["config", "check"], environment: ["GATEHOUSE_SMTP_PASSWORD": "hunter2"])
        #expect(secret.status == 7 && secret.errors.contains("set GATEHOUSE_SMTP_PASSWORD_FILE"), "\(secret.errors)")
        #expect(!(secret.errors + secret.output).contains("hunter2"))
    }

    @Test func `config check tells what a setting has and what is wrong with it`() async throws {
        let path = try written("tls: {certificate_file: /nowhere.pem, key_file: /nowhere.key}\nepoch_days: 7\n")
        let environment = ["DATABASE_URL": "postgres://u:hunter2@h/d"]
        let outcome = try await GatehouseProgram.run(["config", "check", "--config", path], environment: environment)
        #expect(outcome.status == 7)
        for part in ["epoch_days", "\(path):2", "database_url"] { #expect(outcome.output.contains(part), "\(part)") }
        for part in ["/nowhere.pem", "/nowhere.key", "go together"] { #expect(outcome.errors.contains(part), "\(part)") }
        #expect(!(outcome.output + outcome.errors).contains("hunter2"))
        let shown = try object(try await GatehouseProgram.run(["config", "show", "--json", "--config", path], environment: environment))
        #expect(shown["settings"]?.objectValue?["epoch_days"]?.objectValue?["value"]?.stringValue == "7")
        #expect(shown["settings"]?.objectValue?["database_url"]?.objectValue?["value"]?.stringValue == "set")
    }

    @Test func `config check finds what serve would stumble over: files with words that mean nothing, schedules, and mail`() async throws {
        let witnesses = try written("north star\n")
        let feeds = try written("feeds: 7\n")
        let issuers = try written("issuers: 7\n")
        let wrong = [
            ("GATEHOUSE_AUDIT_WITNESSES_FILE", witnesses, "witnesses"), ("GATEHOUSE_AUDIT_FEEDS_FILE", feeds, feeds),
            ("GATEHOUSE_ISSUERS_FILE", issuers, issuers), ("GATEHOUSE_POLICIES", "/nowhere", "/nowhere"),
        ]
        for (name, value, part) in wrong {
            let outcome = try await GatehouseProgram.run(["config", "check"], environment: [name: value])
            #expect(
                outcome.status == 7 && outcome.errors.contains(name == "GATEHOUSE_AUDIT_WITNESSES_FILE" ? value : part), "\(name): \(outcome.errors)")
        }
        let state = URL(filePath: witnesses).deletingLastPathComponent().appending(path: "state").path
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        for (name, value) in [
            ("GATEHOUSE_BACKUP_SCHEDULE", "sometimes"), ("GATEHOUSE_BACKUP_SCHEDULE", "daily 03:00"), ("GATEHOUSE_MAIL_FROM", "nobody"),
        ] {
            let outcome = try await GatehouseProgram.run(["config", "check", "--state", state], environment: [name: value])
            #expect(outcome.status == 7 && outcome.errors.contains(name), "\(name): \(outcome.errors)")
        }
        // A variable that is set to nothing is not set.
        let nothing = Dictionary(Setting.all.map { ($0.variable, "") }) { first, _ in first }
        let outcome = try await GatehouseProgram.run(["config", "check"], environment: nothing)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func `every variable that the sources read is a setting`() throws {
        let known = Set(Setting.all.map(\.variable))
        #expect(known.count == Setting.all.count)
        let folder = URL(filePath: Repository.root + "/Sources")
        for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) ?? .init()
        where file.pathExtension == "swift" {
            for match in try String(contentsOf: file, encoding: .utf8).matches(of: /"(GATEHOUSE_[A-Z0-9_]*[A-Z0-9])"/) {
                let name = String(match.1)
                #expect(known.contains(name) || Setting.others.contains(name), "\(name) of \(file.lastPathComponent)")
            }
        }
    }
}
