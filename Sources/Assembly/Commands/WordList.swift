import Policies

/// What the help of commands lists, made from what there is.
enum WordList {
    static let actions = alternatives(Action.allCases.map(\.rawValue))
    static let resources = alternatives(SystemResource.allCases.map(\.rawValue))

    private static func alternatives(_ words: [String]) -> String {
        words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
    }
}
