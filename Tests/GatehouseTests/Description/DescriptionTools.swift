import Foundation
import TestPostgres

/// The programs from PyPI that read the description. Tests of what is not there are left out, with a notice.
enum DescriptionTools {
    static let validator = found("openapi-spec-validator")
    static let schemathesis = found("schemathesis")

    private static func found(_ name: String) -> String? {
        let path = "\(Repository.root)/.build/test-tools/\(name)"
        if FileManager.default.isExecutableFile(atPath: path) { return path }
        FileHandle.standardError.write(Data("notice: \(name) is not installed, its tests are left out; see scripts/install-test-tools\n".utf8))
        return nil
    }
}
