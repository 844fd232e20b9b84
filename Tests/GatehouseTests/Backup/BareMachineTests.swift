import DataFormats
import Foundation
import TestPostgres
import Testing

struct BareMachineTests {
    @Test func `the two commands of the README put a backup's store on a machine that has no Gatehouse`() async throws {
        let scene = try await BackupScene()
        #expect(try await scene.site.run("sample", "--people", "20", "--json").status == 0)
        let made = try object(try await scene.site.run("backup", "create", "--json"))
        let key = try #require(made["archive"]?.objectValue?["object"]?.stringValue)
        let readme = Program.text(Repository.root + "/README.md")
        let block = try #require(readme.components(separatedBy: "<!-- bare machine -->\n```sh\n").dropFirst().first)
        let commands = try #require(block.components(separatedBy: "```").first)
        #expect(commands.split(separator: "\n").count == 2)
        let folder = try TemporaryFolder.make()
        try FileManager.default.copyItem(atPath: scene.repository + "/" + key, toPath: folder + "/store.1.age")
        try FileManager.default.copyItem(atPath: scene.operations, toPath: folder + "/operations.txt")
        let cluster = try await PostgresCluster.start()
        let ran = try await Program.run(
            ["bash", "-euo", "pipefail", "-c", commands], environment: ["PGHOST": cluster.folder, "PGUSER": "postgres"], folder: folder)
        try #require(ran.status == 0, "\(ran.errors)")
        #expect(try await cluster.administer("crm", "SELECT count(*) FROM contact") == "20")
    }
}
