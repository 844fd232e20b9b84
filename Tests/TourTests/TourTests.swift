import Foundation
import TestPostgres
import Testing

/// The tour in the README, run as a newcomer would.
@Suite struct TourTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// One block of the tour: what to run, and what its output has to contain.
    private struct Step {
        let script: String
        let expectation: String?
        /// What has to succeed before the step begins, where something has to happen in the background first.
        let condition: String?
    }

    private static func steps() throws -> [Step] {
        let text = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        return text.components(separatedBy: "<!-- tour").dropFirst().compactMap { part in
            let mark = part.prefix { $0 != "\n" }
            guard let begin = part.range(of: "```sh\n"), let end = part.range(of: "\n```", range: begin.upperBound..<part.endIndex) else {
                return nil
            }
            let words = mark.replacingOccurrences(of: " -->", with: "").components(separatedBy: ": expect ")
            return Step(
                script: String(part[begin.upperBound..<end.lowerBound]), expectation: words.count > 1 ? words[1] : nil,
                condition: words[0].hasPrefix(" once ") ? String(words[0].dropFirst(6)) : nil)
        }
    }

    @Test func `every step of the tour in the README shows what it says`() async throws {
        let steps = try Self.steps()
        try #require(steps.count >= 9, "the README has a tour")
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-tour-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        defer { try? FileManager.default.removeItem(at: folder) }
        let binary = Self.root.appendingPathComponent(".build/debug/gatehouse").path
        let separator = "----- step"
        // One shell for the whole tour: later steps use what earlier ones have set.
        var script = """
            set -u
            cd '\(folder.path)'
            export GATEHOUSE_STATE='\(folder.path)/state' GATEHOUSE_BINARY='\(binary)'
            export GATEHOUSE_POLICIES='\(Self.root.path)/policies'
            unset DATABASE_URL VAULT_URL GATEHOUSE_URL GATEHOUSE_TOKEN
            "$GATEHOUSE_BINARY" serve --state "$GATEHOUSE_STATE" --port 0 >ready.txt 2>serve.log &
            server=$!
            trap 'kill -TERM $server; wait $server' EXIT
            for _ in $(seq 1 300); do grep -q '^ready ' ready.txt && break; sleep 0.1; done
            export GATEHOUSE_TOUR_URL=$(sed -n 's/^ready //p' ready.txt)
            "$GATEHOUSE_BINARY" sample --people 20 >/dev/null

            """
        for step in steps {
            if let condition = step.condition { script += "for _ in $(seq 1 300); do \(condition) && break; sleep 0.1; done\n" }
            script += "echo; echo '\(separator)'\n\(step.script)\n"
        }
        let text = try await Program.run(["/bin/bash", "-c", script]).output
        let answers = text.components(separatedBy: separator).dropFirst()
        try #require(answers.count == steps.count)
        for (step, answer) in zip(steps, answers) {
            if let expectation = step.expectation {
                #expect(answer.contains(expectation), "expected \(expectation) from:\n\(step.script)\nbut got:\n\(answer)")
            }
        }
    }
}
