import Catalog
import DataFormats
import Vocabulary

/// `csv/ENTITIES.csv`: one row a record, for a spreadsheet. Cells that a spreadsheet would run are defused (see ``CSVWriter``).
package enum ExportTable {
    package static func fileName(_ plan: ExportPlan.PlannedEntity) -> String { "csv/\(plan.entity.plural).csv" }

    package static func appendHeader(_ plan: ExportPlan.PlannedEntity, to bytes: inout [UInt8]) {
        CSVWriter.append(["id"] + columns(plan).map(\.1.field.name) + ["not_shown"], to: &bytes)
    }

    package static func append(_ record: ExportedRecord, _ plan: ExportPlan.PlannedEntity, to bytes: inout [UInt8]) {
        var cells = [record.id.description]
        for (index, _) in columns(plan) {
            if case .shown(let value) = record.values[index] { cells.append(value.exportText) } else { cells.append("") }
        }
        let kept = zip(plan.fields, record.values).filter { _, value in
            switch value {
            case .none, .shown: false
            case .held, .another, .unreadable: true
            }
        }
        cells.append(kept.map(\.0.field.name).joined(separator: " "))
        CSVWriter.append(cells, to: &bytes)
    }

    /// What is never shown has no column.
    private static func columns(_ plan: ExportPlan.PlannedEntity) -> [(Int, ExportPlan.PlannedField)] {
        plan.fields.enumerated().filter { $0.1.treatment == .shown || $0.1.treatment == .ownOnly }
    }
}
