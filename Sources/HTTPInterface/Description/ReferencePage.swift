import DataFormats
import Gateway
import NIOHTTP1
import Sealing

/// A description as one page for people: nothing runs in it, and nothing is loaded.
struct ReferencePage {
    private let description: APIDescription

    init(_ description: APIDescription) { self.description = description }

    /// The one style sheet is in the page, and allowed by its hash.
    static let securityPolicy =
        "default-src 'none'; style-src 'sha256-\(Base64.encode(SHA256.hash(Array(style.utf8))))'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'"

    var html: String {
        let sections = description.operations.map(\.section).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let contents = sections.map { "<li><a href=\"#\(Self.anchor($0))\">\(Self.escaped($0))</a></li>" }.joined()
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">\
            <meta name="robots" content="noindex"><title>Gatehouse API</title><style>\(Self.style)</style></head>
            <body><nav><strong>Gatehouse API</strong><ul>\(contents)<li><a href="#schemas">Schemas</a></li></ul></nav>
            <main><h1>The API as you may use it</h1>
            \(introduction)
            \(sections.map { section($0) }.joined(separator: "\n"))
            <h2 id="schemas">Schemas</h2>
            \(description.schemas.map { schema($0.name, $0.shape) }.joined(separator: "\n"))
            </main></body></html>

            """
    }

    private var introduction: String {
        var text = """
            <p>The same for programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1). Entities, fields and operations that you can never see \
            or do are not described here. Errors are problem documents (RFC 9457) with a stable <code>code</code>.</p>
            """
        if description.purposes.isEmpty {
            text += "<p>You sent no credential: this is what everybody may call. "
            text += "Ask with <code>Authorization: Bearer ghk_…</code> to see what your key opens.</p>"
        } else {
            text += "<p>Header <code>Purpose</code>: \(description.purposes.map { "<code>\(Self.escaped($0))</code>" }.joined(separator: ", ")). "
            text += "Header <code>Grant</code>: the id of a grant in force. Header <code>Reason</code>: why you ask.</p>"
        }
        return text
    }

    // MARK: Operations

    private func section(_ section: String) -> String {
        let operations = description.operations.filter { $0.section == section }
        return "<h2 id=\"\(Self.anchor(section))\">\(Self.escaped(section))</h2>\n" + operations.map { operation($0) }.joined(separator: "\n")
    }

    private func operation(_ offered: APIDescription.Offered) -> String {
        let operation = offered.operation
        var text = """
            <section id="\(Self.escaped(offered.id))"><h3><span class="method">\(operation.method.rawValue)</span> \
            <code>\(Self.escaped(offered.path))</code></h3><p>\(Self.escaped(offered.summary)).</p>
            """
        if let detail = operation.detail { text += "<p>\(Self.prose(detail))</p>" }
        let parameters = offered.pathParameters + offered.parameters
        if !parameters.isEmpty {
            text += "<table><tr><th>Parameter</th><th>In</th><th>Value</th><th></th></tr>"
            for parameter in parameters {
                let need = parameter.isRequired ? " <em>needed</em>" : ""
                text += "<tr><td><code>\(Self.escaped(parameter.name))</code>\(need)</td><td>\(parameter.place.rawValue)</td>"
                text += "<td>\(value(.object(parameter.shape.json)))</td><td>\(Self.prose(parameter.says))</td></tr>"
            }
            text += "</table>"
        }
        if let body = offered.body {
            text +=
                "<p>Body: <code>\(Self.escaped(body.type))</code>, \(value(.object(body.shape.json)))\(body.isRequired ? "" : " (may be left out)")</p>"
            if let example = body.example { text += "<pre>\(Self.escaped(String(decoding: example.encoded(), as: UTF8.self)))</pre>" }
        }
        text += "<table><tr><th>Answer</th><th></th><th></th></tr>"
        for answer in offered.answers {
            let shape = answer.shape.map { value(.object($0.json)) } ?? "no body"
            let headers = answer.headers.isEmpty ? "" : "; headers " + answer.headers.map { "<code>\($0)</code>" }.joined(separator: ", ")
            text += "<tr><td>\(answer.status)</td><td>\(Self.escaped(answer.says))</td><td>\(shape)\(headers)</td></tr>"
        }
        let statuses = Dictionary(grouping: operation.refusals) { Int(Problem.status($0).code) }
        for (status, codes) in statuses.sorted(by: { $0.key < $1.key }) {
            let words = codes.map(\.rawValue).sorted().map { "<code>\($0)</code>" }.joined(separator: ", ")
            text += "<tr><td>\(status)</td><td>a problem</td><td>\(words)</td></tr>"
        }
        return text + "</table></section>"
    }

    // MARK: Schemas

    private func schema(_ name: String, _ shape: Shape) -> String {
        var text = "<section id=\"schema-\(Self.escaped(name))\"><h3>\(Self.escaped(name))</h3>"
        if let says = shape.json["description"]?.stringValue { text += "<p>\(Self.prose(says))</p>" }
        let required = Set((shape.json["required"]?.arrayValue ?? []).compactMap(\.stringValue))
        text += "<table><tr><th>Member</th><th>Value</th><th></th></tr>"
        for member in shape.json["properties"]?.objectValue?.members ?? [] {
            let need = required.contains(member.name) ? " <em>always</em>" : ""
            let says = member.value.objectValue?["description"]?.stringValue ?? ""
            text += "<tr><td><code>\(Self.escaped(member.name))</code>\(need)</td><td>\(value(member.value))</td><td>\(Self.prose(says))</td></tr>"
        }
        return text + "</table></section>"
    }

    /// A schema in a few words.
    private func value(_ schema: JSONValue) -> String {
        guard let schema = schema.objectValue, !schema.isEmpty else { return "anything" }
        if let name = schema["$ref"]?.stringValue?.split(separator: "/").last {
            return "<a href=\"#schema-\(Self.escaped(String(name)))\">\(Self.escaped(String(name)))</a>"
        }
        for (member, word) in [("anyOf", " or "), ("allOf", " with ")] {
            if let parts = schema[member]?.arrayValue { return parts.map { value($0) }.joined(separator: word) }
        }
        if let words = schema["enum"]?.arrayValue {
            let shown = words.prefix(12).map { "<code>\(Self.escaped($0.stringValue ?? "null"))</code>" }.joined(separator: ", ")
            return words.count > 12 ? "\(shown) and \(words.count - 12) others" : shown
        }
        let types = schema["type"]?.arrayValue?.compactMap(\.stringValue) ?? [schema["type"]?.stringValue].compactMap { $0 }
        var text = types.joined(separator: " or ")
        if let items = schema["items"] { text += " of \(value(items))" }
        if let properties = schema["properties"]?.objectValue, !properties.isEmpty {
            text = "{ " + properties.members.map { "<code>\(Self.escaped($0.name))</code>" }.joined(separator: ", ") + " }"
        }
        if let format = schema["format"]?.stringValue { text += " (\(Self.escaped(format)))" }
        return text
    }

    // MARK: Words

    /// A sentence, with what stands between backticks as code.
    private static func prose(_ text: String) -> String {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .map { $0.offset.isMultiple(of: 2) ? escaped(String($0.element)) : "<code>\(escaped(String($0.element)))</code>" }.joined()
    }

    private static func anchor(_ section: String) -> String { escaped(section.lowercased().map { $0.isLetter ? String($0) : "-" }.joined()) }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }

    private static let style = """
        :root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0;display:flex;flex-wrap:wrap}\
        nav{flex:0 0 16rem;padding:1.5rem;box-sizing:border-box}nav ul{list-style:none;padding:0}\
        main{flex:1 1 30rem;max-width:62rem;padding:1.5rem;min-width:0}section{margin:0 0 2.5rem}h3{margin-bottom:.3rem}\
        .method{font:700 .8em ui-monospace,monospace;border:1px solid;border-radius:.3em;padding:.1em .4em}\
        table{border-collapse:collapse;width:100%;margin:.5rem 0}th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;\
        border-bottom:1px solid #8884}code,pre{font-family:ui-monospace,monospace;font-size:.9em}pre{overflow:auto}em{font-size:.8em}
        """
}
