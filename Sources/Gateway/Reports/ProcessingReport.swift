import AuditTrail
package import Catalog
package import Policies
package import SubjectRights

/// What can be said of the processing as a whole: of declarations, and of nobody.
package enum ProcessingReport: String, Sendable, CaseIterable {
    /// GDPR Art. 30.
    case processing
    case datamap
    /// GDPR Art. 13, 14.
    case notice

    package func document(_ catalog: CompiledCatalog, _ policies: CompiledPolicies, _ processing: ProcessingDeclaration) -> ReportDocument {
        switch self {
        case .processing: return ProcessingRecord(catalog, processing).document
        case .notice: return TransparencyNotice(catalog, processing).document
        case .datamap:
            let matrices = Dictionary(uniqueKeysWithValues: catalog.entities.map { ($0.name, policies.matrix(of: $0)) })
            return DataMap(catalog, processing) { entity, position in
                guard let matrix = matrices[entity.name] else { return DataMap.Sight(clear: [], masked: []) }
                func roles(_ holds: (FieldAccess) -> Bool) -> [String] {
                    zip(matrix.roles, matrix.cells[position]).compactMap { role, cell in
                        holds(cell.most) ? role + (cell.isConditional ? " (some)" : "") : nil
                    }
                }
                return DataMap.Sight(
                    clear: roles { $0.isClear },
                    masked: roles { access in if case .masked = access { true } else { false } }
                )
            }.document
        }
    }
}

extension RecordGateway {
    /// A report on the processing, from the catalog and the policies in force.
    package func report(_ report: ProcessingReport, _ context: RequestContext) async throws(Refusal) -> ReportDocument {
        let decision = try await decide(.read, .processing, context)
        var event = event(decision, context, outcome: .disclosed)
        event.target =
            switch report {
            case .processing: .report("processing")
            case .datamap: .report("datamap")
            case .notice: .report("notice")
            }
        _ = try await record(event, context)
        return report.document(catalog, context.policies, rights.processing)
    }
}
