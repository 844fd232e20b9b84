import Gateway
import NIOHTTP1
import Storage
import SubjectRights
import Vocabulary

/// A small page for people who followed a link: the words of the notice, a button, no script, nothing about the person.
struct ConsentPage {
    private let status: HTTPResponseStatus
    private let language: String
    private let title: String
    private let body: String

    /// Asks for the answer, which only a press of the button gives.
    static func ask(_ invitation: ConsentInvitation) -> ConsentPage {
        let isGerman = invitation.wording.language.hasPrefix("de")
        let buttons: String
        switch invitation.kind {
        case .confirm:
            buttons =
                button("yes", isGerman ? "Ich bin einverstanden" : "I agree") + button("no", isGerman ? "Nein, danke" : "No, thank you")
        case .withdraw: buttons = button("yes", isGerman ? "Einwilligung widerrufen" : "Take my consent back")
        }
        return ConsentPage(
            status: .ok, language: invitation.wording.language, title: invitation.wording.title,
            body: "<p class=\"who\">\(escaped(invitation.controller))</p>" + paragraphs(invitation.wording.text)
                + "<form method=\"post\">\(buttons)</form>")
    }

    /// Says what came of it.
    static func tell(_ outcome: ConsentOutcome) -> ConsentPage {
        let isGerman = outcome.invitation.wording.language.hasPrefix("de")
        var body: String
        switch outcome.state {
        case .given, .renewed:
            body = isGerman ? "<p>Danke. Ihre Einwilligung ist eingetragen.</p>" : "<p>Thank you. Your consent has been recorded.</p>"
        case .withdrawn: body = isGerman ? "<p>Ihre Einwilligung ist widerrufen.</p>" : "<p>Your consent has been taken back.</p>"
        case .refused, .requested, .expired:
            body = isGerman ? "<p>Ihre Antwort ist eingetragen: keine Einwilligung.</p>" : "<p>Your answer has been recorded: no consent.</p>"
        }
        if let path = outcome.withdrawal {
            let text = isGerman ? "Sie können sie jederzeit hier widerrufen." : "You can take it back here at any time."
            body += "<p><a href=\"\(escaped(path))\">\(text)</a></p>"
        }
        return ConsentPage(status: .ok, language: outcome.invitation.wording.language, title: outcome.invitation.wording.title, body: body)
    }

    static let invalid = ConsentPage(
        status: .notFound, language: "en", title: "This link cannot be used",
        body: """
            <p>It is unknown, was used already, or is too old. Please ask for a new one.</p>
            <p lang="de">Dieser Link ist unbekannt, schon benutzt oder zu alt. Bitte fordern Sie einen neuen an.</p>
            """)

    static let unavailable = ConsentPage(
        status: .serviceUnavailable, language: "en", title: "Not now",
        body: """
            <p>Nothing was changed. Please try again in a while.</p>
            <p lang="de">Es wurde nichts geändert. Bitte versuchen Sie es etwas später noch einmal.</p>
            """)

    var response: APIResponse {
        let html = """
            <!doctype html>
            <html lang="\(Self.escaped(language))"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">\
            <meta name="robots" content="noindex"><title>\(Self.escaped(title))</title><style>\(Self.style)</style></head>
            <body><main><h1>\(Self.escaped(title))</h1>
            \(body)
            </main></body></html>

            """
        var response = APIResponse(status, contentType: "text/html; charset=utf-8", body: Array(html.utf8))
        // The address is the secret: it goes nowhere, and nobody frames the page.
        response.headers.add(name: "Referrer-Policy", value: "no-referrer")
        response.headers.add(
            name: "Content-Security-Policy",
            value: "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
        return response
    }

    private static let style = """
        body{font:1.1rem/1.5 system-ui,sans-serif;margin:0;background:#f5f5f2;color:#1a1a1a}main{max-width:34rem;margin:10vh auto;padding:2rem;\
        background:#fff;border-radius:.5rem}h1{font-size:1.4rem;margin-top:0}.who{color:#555}button{font:inherit;padding:.6rem 1.2rem;\
        margin:.5rem .8rem 0 0;border:1px solid #1a1a1a;border-radius:.3rem;background:#fff;cursor:pointer}
        """

    /// Both answers look alike: neither is pushed.
    private static func button(_ value: String, _ label: String) -> String {
        "<button name=\"answer\" value=\"\(value)\">\(escaped(label))</button>"
    }

    private static func paragraphs(_ text: String) -> String {
        text.split(separator: "\n").map { "<p>\(escaped(String($0)))</p>" }.joined()
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}
