import Archives
import DataFormats
import Gateway
import Sealing
import Storage
import Vocabulary

/// What a drill has found. Counts, names of tables and entities, and pseudonyms of tenants; never a value.
struct DrillReport: Sendable {
    /// Something that is not as it was signed when the backup was made.
    struct Difference: Sendable, Equatable {
        /// `store` or `vault`.
        let database: String
        /// A table, `columns` for the shape of all, or `audit log of TENANT`.
        let what: String
        let signed: String
        let found: String
    }

    /// The log of a tenant, held against its heads.
    struct Log: Sendable {
        let tenant: TenantID
        let epochs: Int
        let entries: Int
        /// The first ones, of ``findingCount`` in all.
        let findings: [String]
        let findingCount: Int
    }

    /// What a drill spends its time with.
    enum Step: String, Sendable, CaseIterable {
        case load, compare, samples, log
    }

    let manifest: BackupManifest
    let vault: BackupManifest
    let begunAt: Instant
    var endedAt: Instant?
    var tables = 0
    var rows = 0
    var differences: [Difference] = []
    var samples: [(tenant: TenantID, sample: OpenedSample)] = []
    var logs: [Log] = []
    /// Whose key the heads of the log were held against: `host`, or `store` where this host has none.
    var logKey = "host"
    /// What could not be looked at, and why.
    var problems: [String] = []
    var milliseconds: [Step: Int] = [:]

    init(_ manifest: BackupManifest, vault: BackupManifest, begunAt: Instant) {
        self.manifest = manifest
        self.vault = vault
        self.begunAt = begunAt
    }

    var records: Int { samples.reduce(0) { $0 + $1.sample.records } }
    var opened: Int { samples.reduce(0) { $0 + $1.sample.opened } }
    var erased: Int { samples.reduce(0) { $0 + $1.sample.erased } }
    var unreadable: Int { samples.reduce(0) { $0 + $1.sample.unreadable } }
    var entries: Int { logs.reduce(0) { $0 + $1.entries } }
    var logFindings: Int { logs.reduce(0) { $0 + $1.findingCount } }
    var isPassed: Bool { differences.isEmpty && unreadable == 0 && logFindings == 0 && problems.isEmpty }

    /// In one sentence, what is not as it should be.
    var shortcomings: String {
        var parts: [String] = []
        if !differences.isEmpty {
            let names = differences.prefix(8).map { "\($0.what) of the \($0.database)" }.joined(separator: ", ")
            parts.append("not as it was signed: \(names)" + (differences.count > 8 ? " and \(differences.count - 8) more" : ""))
        }
        if unreadable > 0 { parts.append("\(unreadable) cells do not open") }
        if logFindings > 0 { parts.append("\(logFindings) findings in the audit log") }
        return (parts + problems).joined(separator: "; ")
    }

    /// Compares the tables of a database that was loaded with what was signed of them.
    mutating func compare(_ database: String, _ signed: BackupManifest, with found: [TableSum], schema: String) {
        tables += signed.tables.count
        rows += signed.rowCount
        if signed.schema != schema { differences.append(Difference(database: database, what: "columns", signed: signed.schema, found: schema)) }
        let known = Dictionary(found.map { ($0.table, $0) }) { first, _ in first }
        for table in signed.tables {
            let sum = known[table.name]
            guard sum?.count != table.rowCount || sum?.sum != table.sum else { continue }
            differences.append(
                Difference(
                    database: database, what: table.name, signed: Self.text(table.rowCount, table.sum),
                    found: sum.map { Self.text($0.count, $0.sum) } ?? "missing"))
        }
        let names = Set(signed.tables.map(\.name))
        for sum in found where !names.contains(sum.table) {
            differences.append(Difference(database: database, what: sum.table, signed: "none", found: Self.text(sum.count, sum.sum)))
        }
    }

    /// Compares the heads of the logs that were loaded with what was signed of them.
    mutating func compare(_ logs: [SnapshotFacts.Log]) {
        for tenant in manifest.tenants {
            let signed = "\(tenant.auditEpoch).\(tenant.auditSize) \(tenant.auditRoot)"
            let found = logs.first { $0.tenant == tenant.id }.map { "\($0.epoch).\($0.size) \(Hex.encode($0.root))" } ?? "missing"
            if found != signed { differences.append(Difference(database: "store", what: "audit log of \(tenant.id)", signed: signed, found: found)) }
        }
    }

    private static func text(_ count: Int, _ sum: String) -> String { "\(count) rows, sum \(sum)" }
}

extension DrillReport {
    /// What is signed.
    var object: JSONObject {
        var spent = JSONObject()
        for step in Step.allCases { spent[step.rawValue] = Self.number(milliseconds[step] ?? 0) }
        return [
            "version": Self.number(1), "backup": .string("\(manifest.id)"), "taken": .string("\(manifest.begunAt)"),
            "archive_sha256": .string(Hex.encode(manifest.archive.payload.digest)), "vault_taken": .string("\(vault.begunAt)"),
            "vault_sha256": .string(Hex.encode(vault.archive.payload.digest)), "begun_at": .string("\(begunAt)"),
            "ended_at": endedAt.map { .string("\($0)") } ?? .null, "passed": .bool(isPassed),
            "tables": .object(["compared": Self.number(tables), "rows": Self.number(rows)]),
            "differences": .array(
                differences.map {
                    .object(["database": .string($0.database), "what": .string($0.what), "signed": .string($0.signed), "found": .string($0.found)])
                }),
            "samples": .array(samples.map { .object(Self.object($0.tenant, $0.sample)) }),
            "cells": .object(["opened": Self.number(opened), "erased": Self.number(erased), "unreadable": Self.number(unreadable)]),
            "logs": .array(logs.map { .object(Self.object($0)) }), "log_key": .string(logKey),
            "problems": .array(problems.map { .string($0) }), "milliseconds": .object(spent),
        ]
    }

    private static func object(_ tenant: TenantID, _ sample: OpenedSample) -> JSONObject {
        [
            "tenant": .string("\(tenant)"), "entity": .string(sample.entity), "records": number(sample.records), "opened": number(sample.opened),
            "erased": number(sample.erased), "unreadable": number(sample.unreadable),
        ]
    }

    private static func object(_ log: Log) -> JSONObject {
        [
            "tenant": .string("\(log.tenant)"), "epochs": number(log.epochs), "entries": number(log.entries),
            "findings": .array(log.findings.map { .string($0) }), "finding_count": number(log.findingCount),
        ]
    }

    private static func number(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
}
