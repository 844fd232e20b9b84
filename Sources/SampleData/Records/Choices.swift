/// The choice values of the catalog that samples draw from, each as often as it should occur.
enum Choices {
    static let sources = ["web", "web", "web", "referral", "referral", "event", "import", "partner", "other"]
    static let leadStatuses = [
        "new", "new", "new", "working", "working", "working", "qualified", "qualified", "unqualified", "converted",
    ]
    static let pipelines = ["new-business", "new-business", "new-business", "renewal", "renewal", "partner"]
    static let openStages = ["prospecting", "prospecting", "engaging", "engaging", "proposal", "negotiation"]
    static let activityKinds = [
        "call", "call", "call", "email", "email", "email", "email", "meeting", "meeting", "note", "visit", "message",
    ]
    static let directions = ["inbound", "outbound", "outbound"]
    static let taskStatuses = ["open", "open", "open", "done", "done", "done", "cancelled"]
    static let priorities = ["low", "normal", "normal", "normal", "high"]
}
