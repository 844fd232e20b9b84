import Foundation
import Testing
import TransparencyLog

@testable import AuditTrail

struct FolderWriterTests {
    private func files(_ log: ExportedLog) -> [String] {
        var paths: [String] = []
        FolderFile.walk(log.folder) { paths.append($0) }
        return paths
    }

    @Test func `an exported log has the files that the standard names`() throws {
        let log = try ExportedLog(700)
        #expect(
            files(log) == [
                "1/checkpoint", "1/tile/0/000", "1/tile/0/001", "1/tile/0/002.p/188", "1/tile/1/000.p/2", "1/tile/entries/000", "1/tile/entries/001",
                "1/tile/entries/002.p/188",
            ]
        )
        #expect(try log.read("tile/0/000").count == 8192)
        #expect(try log.read("checkpoint") == Array(try log.checkpoint().note.utf8))
    }

    @Test(arguments: [0, 1, 255, 256, 257, 512, 700]) func `a log of any size verifies`(count: Int) throws {
        let log = try ExportedLog(count)
        let report = try log.verify()
        #expect(report.findings == [])
        #expect(report.isSound)
        #expect(report.epochs.map(\.entries) == [count])
        #expect(report.epochs.first?.head == (try log.head()))
    }

    @Test func `a log of three levels verifies, and so do heads it had on its way`() throws {
        let log = try ExportedLog.great()
        let heads = try [0, 1, 255, 256, 257, 40_000, 65_536, 65_700, 65_836].map { (size: Int) in try log.checkpoint(size).kept("size \(size)") }
        var done = 0
        var verifier = LogFolderVerifier(folder: log.folder, key: try ExportedLog.key())
        verifier.outside = heads
        verifier.progress = { count, total in
            #expect(count > done && total == 65_836)
            done = count
        }
        let report = try verifier.verify()
        #expect(report.findings == [])
        #expect(done == 65_836)
        #expect(report.epochs.first?.comparedCheckpoints == heads.count)
    }

    @Test func `an export goes on where the last one ended, and leaves no old parts`() throws {
        var log = try ExportedLog(300)
        log.entries += (300..<1000).map { ExportedLog.entry($0) }
        let writer = try LogFolderWriter(folder: log.folder, checkpoint: try log.checkpoint())
        #expect(writer.nextEntry == 256)
        #expect(Array(writer.missingTiles).map { "\(TilePath($0))" } == ["tile/0/001", "tile/0/002", "tile/0/003", "tile/1/000"])
        try log.write()
        #expect(files(log).count == 1 + 4 + 1 + 4)
        #expect(try log.verify().findings == [])
    }

    @Test func `an export that was stopped is finished by the next one`() throws {
        let log = try ExportedLog(700)
        for name in ["checkpoint", "tile/0/001", "tile/1/000.p/2", "tile/entries/001", "tile/entries/002.p/188"] { try log.remove(name) }
        try log.put([1, 2, 3], "tile/0/001.new")
        #expect(try !log.verify().isSound)
        try log.write()
        #expect(try log.verify().findings == [])
    }

    @Test func `what is missing is not passed over`() throws {
        let log = try ExportedLog(700)
        let path = log.folder + "/other"
        var writer = try LogFolderWriter(folder: path, checkpoint: try log.checkpoint())
        #expect(throws: LogFolderError.self) { try writer.write(TileID(level: 0, index: 2), [UInt8](repeating: 0, count: 187 * 32)) }
        #expect(throws: LogFolderError.self) { try writer.write(TileID(level: 0, index: 3), [UInt8](repeating: 0, count: 8192)) }
        #expect(throws: LogFolderError.self) { try writer.add([UInt8](repeating: 0, count: 65_536)) }
        for entry in log.entries { try writer.add(entry) }
        #expect(throws: LogFolderError.self) { try writer.add([]) }
        let unfinished = writer
        #expect(throws: LogFolderError.self) { try unfinished.finish() }
        #expect(throws: LogFolderError.self) { try LogFolderWriter(folder: path, checkpoint: try log.checkpoint(), pruned: 100) }
        #expect(throws: LogFolderError.self) {
            try LogFolderWriter(folder: "/proc/none", checkpoint: try log.checkpoint()).write(checkpoint: log.checkpoint())
        }
    }

    @Test func `checkpoints and time stamps beside the newest one are verified, too`() throws {
        let log = try ExportedLog(700)
        let writer = try LogFolderWriter(folder: log.folder, checkpoint: try log.checkpoint())
        try writer.write(checkpoint: try log.checkpoint(300))
        try writer.write(checkpoint: try log.checkpoint(512))
        try writer.write(timestamp: [1, 2, 3], size: 300)
        try writer.write(timestamp: [4, 5, 6], size: 700)
        let report = try log.verify()
        #expect(report.findings == [])
        #expect(report.epochs.first?.comparedCheckpoints == 2)
        #expect(report.epochs.first?.uncheckedTimestamps == 2)
        let note = Array(try log.checkpoint(300).note.utf8)
        let checked = try log.verify { response, checkpoint in response == [1, 2, 3] && checkpoint == note }
        #expect(checked.codes == [.timestampUnverified])
        #expect(checked.findings.first?.file == "700.tsr")
        try log.remove("checkpoints/300")
        #expect(try log.verify().codes == [.timestampUnverified])
    }
}
