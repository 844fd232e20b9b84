import Catalog
import Vocabulary

extension PolicyMatrix {
    /// One page that needs nothing else, for several matrices.
    package static func page(_ matrices: [PolicyMatrix]) -> String {
        let sections = matrices.map(\.section).joined(separator: "\n")
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>Who sees what</title>
            <style>
            body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem; color: #1b1f24; background: #fff }
            h1, h2 { font-weight: 600 }
            .scroll { overflow-x: auto }
            table { border-collapse: collapse; margin-bottom: 2.5rem }
            th, td { border: 1px solid #d4d8dd; padding: .25rem .6rem; text-align: left; white-space: nowrap; vertical-align: top }
            thead th { background: #f1f3f5; position: sticky; top: 0 }
            tbody th { font-weight: 500 }
            .clear { background: #d9f2df } .masked { background: #fdf0cf } .hidden { color: #767d85 }
            .some { border-style: dashed; border-color: #767d85 }
            small { color: #5b636b }
            </style>
            </head>
            <body>
            <h1>Who sees what</h1>
            <p>What each role sees of each field at most, coming for what it usually comes for. A dashed cell with <b>~</b> holds for some records
            only, or asks for more: a reason, a stepped-up credential, somebody else's approval. What the person has said (consent,
            restriction, objection) limits all of it.</p>
            \(sections)
            </body>
            </html>

            """
    }

    private var section: String {
        let heads = roles.map { "<th scope=\"col\">\(Self.escape($0))</th>" }.joined()
        let allowed = actions.map { "<td>\(Self.escape($0.isEmpty ? "nothing" : $0.joined(separator: ", ")))</td>" }.joined()
        let rows = entity.fields.enumerated().map { index, field in
            let columns = cells[index].map { cell in
                let (kind, words) =
                    switch cell.most {
                    case .clear: ("clear", "clear")
                    case .masked(let mask): ("masked", "masked: \(mask.rawValue)")
                    case .hidden: ("hidden", "hidden")
                    }
                let marks = (cell.isConditional ? " ~" : "") + (cell.isWritable ? ", writes" : "")
                return "<td class=\"\(kind)\(cell.isConditional ? " some" : "")\">\(Self.escape(words + marks))</td>"
            }
            return
                "<tr><th scope=\"row\" title=\"\(Self.escape(field.name))\">\(Self.escape(field.label)) <small>\(field.fieldClass.rawValue)</small></th>"
                + columns.joined() + "</tr>"
        }
        return """
            <h2>\(Self.escape(entity.label))</h2>
            <div class="scroll"><table>
            <thead><tr><th scope="col">Field</th>\(heads)</tr></thead>
            <tbody>
            <tr><th scope="row">may do</th>\(allowed)</tr>
            \(rows.joined(separator: "\n"))
            </tbody>
            </table></div>
            """
    }

    private static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}
