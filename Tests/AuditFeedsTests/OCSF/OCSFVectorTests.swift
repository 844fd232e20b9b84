import AuditFeeds
import DataFormats
import Testing

/// Whole events as collectors get them. They change with a new version of the format only.
struct OCSFVectorTests {
    private func text(_ entry: SampleEntry, epoch: Int = 1) throws -> String {
        String(decoding: try OCSFEvent(entry.event(epoch: epoch)).json, as: UTF8.self)
    }

    @Test
    func `a reading is frozen`() throws {
        #expect(
            try text(SampleEntry()) == """
                {"class_uid":6005,"class_name":"Datastore Activity","category_uid":6,"activity_id":1,"activity_name":"Read","type_uid":600501,\
                "severity_id":1,"time":1795339800000,"status_id":1,"status_code":"disclosed",\
                "metadata":{"version":"1.5.0","product":{"name":"Gatehouse","vendor_name":"Gatehouse"},"log_name":"audit","uid":"1.41",\
                "correlation_uid":"0123456789abcdef0123456789abcdef","tenant_uid":"01937a4e-5b00-7000-8000-0000000000aa",\
                "original_time":"2026-11-22T09:30:00.000001Z"},\
                "actor":{"user":{"uid":"dana"},"app_uid":"key-1"},"src_endpoint":{"uid":"key-1"},\
                "database":{"name":"store","type_id":1},"table":{"name":"contact"},\
                "unmapped":{"action":"read","basis":"contract","clear":["email","name"],"decision":"allow","entity":"contact",\
                "id":"01937a4e-5b00-7000-8000-000000000001","margin":"bWFyZ2lu","masked":["phone"],"outcome":"disclosed","purpose":"support",\
                "roles":["agent"],"rule":"support-reads-contacts","subjects":["a1b2c3"],"v":2}}
                """)
    }

    @Test
    func `a log that begins because the database was taken back is frozen`() throws {
        let entry = SampleEntry(members: [
            "action": "begin", "at": "2026-11-22T09:30:00.000000Z", "decision": "allow", "entity": "log", "outcome": "changed",
            "request": "0123456789abcdef0123456789abcdef", "tenant": "01937a4e-5b00-7000-8000-0000000000aa", "v": 2,
        ])
        #expect(
            try text(entry, epoch: 2) == """
                {"class_uid":6003,"class_name":"API Activity","category_uid":6,"activity_id":1,"activity_name":"Create","type_uid":600301,\
                "severity_id":4,"time":1795339800000,"status_id":1,"status_code":"changed",\
                "metadata":{"version":"1.5.0","product":{"name":"Gatehouse","vendor_name":"Gatehouse"},"log_name":"audit","uid":"2.41",\
                "correlation_uid":"0123456789abcdef0123456789abcdef","tenant_uid":"01937a4e-5b00-7000-8000-0000000000aa",\
                "original_time":"2026-11-22T09:30:00.000000Z"},\
                "actor":{"user":{"uid":"host"}},"src_endpoint":{"name":"host"},\
                "api":{"operation":"begin log","request":{"uid":"0123456789abcdef0123456789abcdef"}},\
                "resources":[{"type":"log","name":"log"}],\
                "unmapped":{"action":"begin","decision":"allow","entity":"log","outcome":"changed","v":2}}
                """)
    }
}
