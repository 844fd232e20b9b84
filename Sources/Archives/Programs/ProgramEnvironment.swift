import Foundation
import Subprocess

/// What a program is told beside its arguments: where its database is, if it needs one, and nothing else of ours.
enum ProgramEnvironment {
    static func of(_ target: [String: String]) -> Environment {
        var changes: [Environment.Key: String?] = [:]
        for name in ProcessInfo.processInfo.environment.keys {
            // What a target leaves unsaid is libpq's to fill in from PG…; where our own databases are is not for programs to know.
            if name == "DATABASE_URL" || name == "VAULT_URL" || name.hasPrefix("GATEHOUSE_"), let key = Environment.Key(rawValue: name) {
                changes[key] = .some(nil)
            }
        }
        for (name, value) in target { if let key = Environment.Key(rawValue: name) { changes[key] = value } }
        return .inherit.updating(changes)
    }
}
