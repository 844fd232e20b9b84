import SampleData
import Testing

struct SampleDayTests {
    @Test(arguments: ["1970-01-01", "2000-02-29", "2026-01-01", "1899-12-31", "0001-01-01", "9999-12-31", "2100-02-28"])
    func `a day reads back as it was written`(text: String) {
        #expect(SampleDay(text)?.text == text)
    }

    @Test(arguments: ["2026-02-29", "2100-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "2026-01-01Z", "+026-01-01", ""])
    func `a day that does not exist is refused`(text: String) {
        #expect(SampleDay(text) == nil)
    }
}
