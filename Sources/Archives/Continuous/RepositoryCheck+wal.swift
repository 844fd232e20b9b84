extension RepositoryCheck {
    /// Reads the write-ahead logs of all clusters: statements, the files they tell of, and whether base backups lack a segment.
    ///
    /// - Parameter there: every object of the repository.
    mutating func checkLogs(_ there: [MediumObject]) async {
        let clusters = Set(
            there.compactMap { object in
                let words = object.key.split(separator: "/")
                return words.count > 2 && object.key.hasPrefix(RepositoryLayout.wal) ? String(words[1]) : nil
            })
        for system in clusters.sorted() where outage == nil {
            let prefix = RepositoryLayout.wal(system)
            let keys = there.map(\.key).filter { $0.hasPrefix(prefix) }
            do throws(ArchiveError) { _ = try await repository.acceptance(of: system) } catch {
                // Without it nothing of the cluster is used.
                unread.append(prefix)
                if case .unacceptedCluster = error {
                    findings.append(
                        Finding(key: RepositoryLayout.acceptance(system), problem: "it is missing: nothing of this cluster's log is used"))
                } else {
                    note(error)
                }
                continue
            }
            known.insert(RepositoryLayout.acceptance(system))
            let statements = keys.filter { $0.hasSuffix(".json") && $0 != RepositoryLayout.acceptance(system) }
            for (done, key) in statements.enumerated() {
                await checkStatement(key, system)
                if outage != nil { return }
                counting("checking the write-ahead log", done + 1, statements.count)
            }
            do throws(ArchiveError) { try await checkGaps(system) } catch { note(error) }
        }
    }

    private mutating func checkStatement(_ key: String, _ system: String) async {
        let words = key.dropFirst(RepositoryLayout.wal(system).utf8.count).split(separator: "/", omittingEmptySubsequences: false)
        guard words.count == 2 else { return }
        let name = String(words[1].dropLast(".json".utf8.count))
        do throws(ArchiveError) {
            if words[0] == "labels" {
                _ = try await repository.restorePoint(name, of: system)
                known.insert(key)
                return
            }
            guard let file = WALFile(WALInventory.spelled(name)), RepositoryLayout.wal(file, of: system) + "json" == key else { return }
            // Gone since it was listed: nothing needs it any more.
            guard let statement = try await repository.statement(of: file, system: system) else { return }
            known.formUnion([key, statement.archive.key])
            logFileCount += 1
            await collect(statement.archive, digest: statement.digest)
        } catch {
            unread.append(String(key.dropLast("json".utf8.count)))
            // A label that went meanwhile is none that is damaged.
            if case .unreachable = error { return }
            note(error)
        }
    }

    /// A base backup whose log has a hole is one that recovery does not get past.
    private mutating func checkGaps(_ system: String) async throws(ArchiveError) {
        let sources = try await repository.recoverySources(of: system)
        var gaps: Set<WALSegment> = []
        for base in sources.bases {
            for line in sources.lines { if let gap = sources.coverage(of: base, along: line)?.gap { gaps.insert(gap) } }
        }
        for gap in gaps.sorted(by: { "\($0)" < "\($1)" }) {
            let key = RepositoryLayout.wal(.segment(gap), of: system) + "json"
            guard !findings.contains(where: { $0.key == key }) else { continue }
            findings.append(Finding(key: key, problem: "this segment is missing: recovery of a base backup ends before it"))
        }
    }
}
