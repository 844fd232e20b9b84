import Catalog
import NIOHTTP1

/// The pages that a download link leads to in a browser: nothing runs in them, and nothing is loaded.
enum DownloadPage {
    static let securityPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    /// Offers the download, the same for every link: programs that look at links in mails use none up, and learn nothing of any.
    static func offer(_ controller: ControllerParty) -> APIResponse {
        page(
            .ok, controller,
            """
            <h1>Your data</h1>
            <p>This link hands out the package that you asked for, sealed for you. It is good for <strong>one</strong> download; if that breaks \
            off, you can try again within an hour.</p>
            <form method="post"><button>Download</button></form>
            <p>The file opens with the program <code>age</code> (age-encryption.org) and your passphrase or key:</p>
            <pre>age -d -o export.zip export.zip.age</pre>
            """)
    }

    /// The same for a link that never was, that was used, and that has expired.
    static func leadsNowhere(_ controller: ControllerParty) -> APIResponse {
        page(
            .notFound, controller,
            "<h1>This link leads nowhere</h1><p>It was used already, it has expired, or a part of it is missing. Ask us for another one.</p>")
    }

    private static func page(_ status: HTTPResponseStatus, _ controller: ControllerParty, _ body: String) -> APIResponse {
        let text = """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex"><title>Your data</title>
            <style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}\
            button{font:inherit;padding:.5rem 1.5rem}pre{overflow:auto}</style></head><body>\(body)
            <p>\(escaped(controller.name)), \(escaped(controller.email))</p></body></html>
            """
        var response = APIResponse(status, contentType: "text/html; charset=utf-8", body: Array(text.utf8))
        response.headers.add(name: "Content-Security-Policy", value: securityPolicy)
        response.headers.add(name: "Referrer-Policy", value: "no-referrer")
        return response
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }
}
