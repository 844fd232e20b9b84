import Catalog
import Foundation
import Identity
import KeyProviders
import Policies
import PolicyFiles
import Vocabulary

/// What is wrong with settings that are well formed: files, and what goes together or does not.
enum ConfigurationCheck {
    static func problems(_ configuration: Configuration, state: String?, policies: String?) -> [String] {
        let environment = configuration.merged(into: ProcessInfo.processInfo.environment)
        var problems: [String] = []
        for value in configuration.values {
            switch value.setting.kind {
            case .file where !FileManager.default.isReadableFile(atPath: value.text):
                problems.append("\(Configuration.place(value)) names \(value.text), which cannot be read")
            case .secretFile:
                do throws(KeyProviderError) {
                    _ = try SecretFile(value.text, credentialsDirectory: environment["CREDENTIALS_DIRECTORY"]).read(value.setting.key)
                } catch {
                    problems.append("\(error.message)" + (error.hint.map { "\n  hint: \($0)" } ?? ""))
                }
            default: break
            }
        }
        if (environment["DATABASE_URL"] == nil) != (environment["VAULT_URL"] == nil) {
            problems.append("DATABASE_URL and VAULT_URL go together\n  hint: set both, or neither for the embedded PostgreSQL")
        }
        func check(_ body: () throws(CommandFailure) -> Void) {
            do throws(CommandFailure) { try body() } catch { problems.append(error.message + (error.hint.map { "\n  hint: \($0)" } ?? "")) }
        }
        check { () throws(CommandFailure) in _ = try ListenSettings(environment: environment).tls?.open() }
        check { () throws(CommandFailure) in
            let settings = try AuditSettings(environment: environment)
            check { () throws(CommandFailure) in _ = try settings.witnessSettings() }
            check { () throws(CommandFailure) in _ = try settings.feedSettings() }
        }
        do throws(KeyProviderError) { _ = try KeyProviderSettings(environment: environment) } catch { problems.append(error.message) }
        // These look into the state directory, which is not made to be looked at.
        let path = state ?? environment["GATEHOUSE_STATE"] ?? ".state"
        if FileManager.default.fileExists(atPath: path) {
            check { () throws(CommandFailure) in _ = try KeySettings(environment: environment, StateDirectory(path)) }
            check { () throws(CommandFailure) in
                let settings = try BackupSettings(environment: environment, StateDirectory(path))
                _ = try settings.backupSchedule()
                if settings.place != nil { _ = try settings.recipients() }
            }
        }
        check { () throws(CommandFailure) in
            let state = FileManager.default.fileExists(atPath: path) ? try StateDirectory(path) : nil
            let folder: PolicyFolder
            let location = try PolicyLocation.find(policies ?? environment["GATEHOUSE_POLICIES"], state)
            do throws(Diagnostics) { folder = try PolicyFolder.load(location) } catch { throw CommandFailure(error) }
            check { () throws(CommandFailure) in
                guard let path = environment["GATEHOUSE_ISSUERS_FILE"] else { return }
                let reading = IssuerReading(roles: folder.policies.roles, attributes: Set(folder.policies.attributes.keys))
                _ = try TrustedIssuers.read(path, reading)
            }
            check { () throws(CommandFailure) in
                guard let state else { return }
                _ = try MailSettings.mailer(environment: environment, state, controller: folder.processing.controller.email)
            }
        }
        var seen: Set<String> = []
        return problems.filter { seen.insert($0).inserted }
    }
}
