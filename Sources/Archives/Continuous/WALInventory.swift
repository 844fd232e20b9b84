/// What a repository has of the write-ahead log of one cluster, by the names of its objects.
package struct WALInventory: Sendable, Equatable {
    package let system: String
    /// With statement and object.
    package private(set) var segments: Set<WALSegment> = []
    package private(set) var histories: Set<UInt32> = []
    package private(set) var restorePoints: [String] = []
    package private(set) var byteCount = 0
    /// Everything with a statement, whether its object is there or not.
    private(set) var stated: [WALFile] = []

    /// - Parameter objects: everything below the cluster's prefix.
    init(system: String, _ objects: [MediumObject]) {
        self.system = system
        var files: [String: (isStated: Bool, hasObject: Bool)] = [:]
        for object in objects {
            byteCount += object.byteCount
            let words = object.key.dropFirst(RepositoryLayout.wal(system).utf8.count).split(separator: "/", omittingEmptySubsequences: false)
            guard words.count == 2 else { continue }
            if words[0] == "labels" {
                if words[1].hasSuffix(".json") { restorePoints.append(String(words[1].dropLast(5))) }
                continue
            }
            let parts = words[1].split(separator: ".", omittingEmptySubsequences: false)
            if parts.last == "json" {
                files[parts.dropLast().joined(separator: "."), default: (false, false)].isStated = true
            } else if parts.last == "age", parts.count > 2 {
                files[parts.dropLast(2).joined(separator: "."), default: (false, false)].hasObject = true
            }
        }
        for (name, state) in files.sorted(by: { $0.key < $1.key }) where state.isStated {
            guard let file = WALFile(Self.spelled(name)) else { continue }
            stated.append(file)
            guard state.hasObject else { continue }
            switch file {
            case .segment(let segment): segments.insert(segment)
            case .history(let timeline): histories.insert(timeline)
            default: break
            }
        }
    }

    /// Keys are in lower case; PostgreSQL writes numbers in capitals and words in small letters.
    static func spelled(_ name: String) -> String {
        let words = name.split(separator: ".", omittingEmptySubsequences: false)
        return words.map { word in word == "history" || word == "partial" || word == "backup" ? String(word) : word.uppercased() }
            .joined(separator: ".")
    }
}
