import DataFormats
package import Vocabulary

/// One entry of the trail as one event of OCSF 1.5.0, for collectors that know that format.
///
/// Nothing of the entry is lost: what the format has a place for stands there, and all members but the time, the caller, the tenant and
/// the trace stand in `unmapped` as they were written. Nothing is added that the entry does not say. In particular the trail keeps no
/// network address, so `src_endpoint`, which the format requires, names the key that was used instead.
package struct OCSFEvent: Sendable {
    package enum Severity: Int, Sendable {
        case informational = 1
        case low = 2
        case medium = 3
        case high = 4
    }

    package let activity: OCSFActivity
    package let severity: Severity
    /// When it happened, if the entry says so.
    package let at: Instant?
    /// One JSON object without a line end in it.
    package let json: [UInt8]

    /// An entry that is not understood becomes an API activity of no known kind; it is never left out.
    ///
    /// - Throws: `malformed` for an entry that is no JSON object.
    package init(_ event: FeedEvent) throws(FeedError) {
        let entry = try TrailEntry(event.entry)
        activity = Self.activity(of: entry)
        severity = Self.severity(of: entry, activity, epoch: event.epoch)
        at = entry.at
        json = OCSFText(entry: entry, activity: activity, severity: severity, uid: "\(event.epoch).\(event.position)").bytes
    }

    private static func activity(of entry: TrailEntry) -> OCSFActivity {
        guard let (action, resource) = entry.known else { return .unknown(entry.text("action")) }
        // A plan of a destruction destroys nothing: its outcome is what was told.
        if resource == .subject, action == .delete, entry.text("outcome") == "disclosed" { return .readEntity }
        return OCSFActivity(action, on: resource)
    }

    private static func severity(of entry: TrailEntry, _ activity: OCSFActivity, epoch: Int) -> Severity {
        // A further log begins when the database was taken back to an earlier state.
        if let (action, resource) = entry.known, action == .begin, resource == .log, epoch > 1 { return .high }
        if entry.success == .no { return .medium }
        // A destroyed key does not come back.
        return activity == .deleteEntity ? .low : .informational
    }
}
