/// The forms in which the API is described to whoever may use it.
enum DescriptionForm: String, Sendable, CaseIterable {
    case openAPI = "openapi.json"
    case page = "docs"

    init?(_ segments: [String]) {
        guard segments.count == 1, let form = DescriptionForm(rawValue: segments[0]) else { return nil }
        self = form
    }

    var operation: Operation {
        switch self {
        case .openAPI: .readDescription
        case .page: .readReference
        }
    }

    var contentType: String {
        switch self {
        case .openAPI: "application/json"
        case .page: "text/html; charset=utf-8"
        }
    }
}
