import Archives
import Testing
import Vocabulary

struct BackupIDTests {
    @Test("the order of backups' names is that of time, and a name reads as it was written")
    func order() throws {
        let first = BackupID.make(at: try #require(Instant("2026-01-31T23:59:59Z")))
        let second = BackupID.make(at: try #require(Instant("2026-02-01T00:00:00Z")))
        #expect(first < second)
        #expect(first.description.hasPrefix("20260131t235959z-"))
        #expect(BackupID(first.description) == first)
    }

    @Test(
        "what is no name of a backup is none",
        arguments: ["", "latest", "20260131t235959z", "20260131t235959z-ABCD", "2026013xt235959z-abcd", "../../../../../../etc"])
    func others(text: String) { #expect(BackupID(text) == nil) }
}
