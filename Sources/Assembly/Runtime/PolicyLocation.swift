import Foundation

/// Where the policies are when nobody says so: below the state directory, in the checkout that the program was built in,
/// or in the working directory.
enum PolicyLocation {
    static func find(_ given: String?, _ state: StateDirectory?) throws(CommandFailure) -> String {
        if let given = given ?? ProcessInfo.processInfo.environment["GATEHOUSE_POLICIES"], !given.isEmpty { return given }
        var candidates: [String] = []
        if let state { candidates.append(state.path + "/policies") }
        if let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
            var folder = URL(fileURLWithPath: program).deletingLastPathComponent()
            while folder.path != "/" {
                candidates.append(folder.path + "/policies")
                folder.deleteLastPathComponent()
            }
        }
        candidates.append(FileManager.default.currentDirectoryPath + "/policies")
        guard let found = candidates.first(where: { FileManager.default.fileExists(atPath: $0 + "/catalog") }) else {
            throw CommandFailure(.unfit, "there is no folder of policies", hint: "name one with --policies")
        }
        return found
    }
}
