extension RepositoryCheck {
    /// Names what belongs to nothing. While somebody is at work in the repository, what they have begun belongs to that.
    ///
    /// - Parameter there: every object of the repository, listed before statements were read: what was published since is known by now.
    mutating func collectLeftovers(_ there: [MediumObject]) {
        let isAtWork = there.contains { $0.key.hasPrefix(RepositoryLayout.locks + "writing/") }
        let begun = isAtWork ? [RepositoryLayout.backups, RepositoryLayout.vault] : []
        let passed = [RepositoryLayout.locks] + begun + unread
        known.insert(RepositoryLayout.root)
        leftovers = there.map(\.key).filter { key in !known.contains(key) && !passed.contains { key.hasPrefix($0) } }
    }
}
