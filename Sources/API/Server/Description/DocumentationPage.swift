import HTTPTypes

/// The description of the REST interface as a page that needs nothing beside itself.
struct DocumentationPage: Sendable {
    let document: OpenAPIDocument

    /// Nothing is loaded, and no script runs.
    static let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

    var html: String {
        let sections = RESTOperation.Section.allCases.map { section in
            (section, document.operations.filter { $0.section == section })
        }.filter { !$0.1.isEmpty }
        let contents = sections.map { section, operations in
            "<h2>\(escaped(section.rawValue))</h2><ul>"
                + operations.map { operation in
                    "<li><a href=\"#\(operation.name)\">\(badge(operation))"
                        + "<span>\(path(operation))</span></a></li>"
                }.joined() + "</ul>"
        }.joined()
        let body = sections.map { section, operations in
            "<section><h2>\(escaped(section.rawValue))</h2>" + operations.map(article).joined() + "</section>"
        }.joined()
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>Gantry: REST interface</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark"><style>\(Self.style)</style></head>
            <body><nav aria-label="Operations"><p class="name">Gantry</p>\(contents)</nav>
            <main><h1>REST interface</h1>
            <p>\(inline(OpenAPIDocument.introduction))</p>
            <pre>Authorization: type = InfrastructureManager; username = ada; password = one\\nid = dummy; type = Dummy</pre>
            <p>Version \(escaped(document.version)) of the interface of the Infrastructure Manager. For programs:
            <a href="\(escaped(document.rootPath))/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
            \(body)
            <section><h2>Refusals</h2><table>\(refusals)</table></section>
            </main></body></html>

            """
    }

    // MARK: Parts

    private func article(_ operation: RESTOperation) -> String {
        var text = "<article id=\"\(operation.name)\"><h3>\(badge(operation))<code>\(path(operation))</code></h3>"
        text += "<p>\(inline(operation.summary)).\(operation.details.isEmpty ? "" : " " + inline(operation.details))"
        text += operation.isOpen ? " <em>Without a login.</em></p>" : "</p>"
        let parts = OpenAPIDocument.partTexts.filter { operation.pathParameters.contains($0.name) }
            .map { row($0.name, "path", inline($0.text)) }
        let queries = operation.parameters.map { parameter in
            row(
                parameter.name, parameter.isRequired ? "query, required" : "query",
                inline(parameter.text) + values(parameter.schema))
        }
        let body = operation.body.map { body in
            [
                row(
                    "", body.isRequired ? "body, required" : "body",
                    inline(body.text) + "<br>" + body.contents.map { "<code>\($0.type)</code>" }.joined(separator: " "))
            ]
        }
        let rows = parts + queries + (body ?? [])
        if !rows.isEmpty { text += "<table>\(rows.joined())</table>" }
        let types = operation.answers.map { "<code>\(escaped($0.type))</code>" }.joined(separator: " or ")
        text += "<p class=\"answers\">"
        if !types.isEmpty { text += "<b>200</b> \(types)" }
        if operation.namesInfrastructure { text += " with the header <code>InfID</code>" }
        text += types.isEmpty ? "" : " · "
        text += "refusals \(operation.statuses.map(String.init).joined(separator: ", "))</p></article>"
        return text
    }

    private func row(_ name: String, _ place: String, _ text: String) -> String {
        "<tr><th scope=\"row\"><code>\(escaped(name))</code></th><td class=\"place\">\(place)</td><td>\(text)</td></tr>"
    }

    private func values(_ schema: OrderedJSON) -> String {
        guard case .text(let fallback)? = schema["default"] else { return "" }
        return " <code>yes</code> or <code>no</code>; without it: <code>\(escaped(fallback))</code>."
    }

    private var refusals: String {
        OpenAPIDocument.meanings.sorted { $0.key < $1.key }
            .map { "<tr><th scope=\"row\">\($0.key)</th><td>\(inline($0.value))</td></tr>" }.joined()
    }

    private func badge(_ operation: RESTOperation) -> String {
        "<b class=\"\(operation.method.rawValue.lowercased())\">\(operation.method.rawValue)</b>"
    }

    /// A line may end behind each part.
    private func path(_ operation: RESTOperation) -> String {
        escaped(operation.template).replacing("/", with: "/<wbr>")
    }

    /// What stands between grave accents is code.
    private func inline(_ text: String) -> String {
        escaped(text).split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .map { $0.offset % 2 == 1 ? "<code>\($0.element)</code>" : String($0.element) }.joined()
    }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }

    private static let style = """
        :root{--paper:#fff;--ink:#1c2024;--pale:#5b6570;--line:#dfe3e8;--code:#f3f5f7;--link:#0b5cad;\
        --get:#0b6b46;--post:#0b5cad;--put:#8a5300;--delete:#ab1f2d}
        @media (prefers-color-scheme:dark){:root{--paper:#15181c;--ink:#e3e7eb;--pale:#9aa5b1;--line:#2c333a;\
        --code:#1f252b;--link:#7db8f5;--get:#63d2a1;--post:#7db8f5;--put:#f0b35c;--delete:#ff8f99}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif;display:grid;\
        grid-template-columns:20rem minmax(0,1fr)}
        nav{position:sticky;top:0;height:100vh;overflow-y:auto;padding:1.5rem 1rem;border-right:1px solid var(--line);\
        font-size:.8125rem}
        nav .name{font-size:1.25rem;font-weight:700;margin:0}
        nav h2{font-size:.75rem;color:var(--pale);margin:1.25rem 0 .25rem}
        nav ul{list-style:none;margin:0;padding:0}
        nav a{display:flex;gap:.5rem;padding:.125rem 0;color:inherit;text-decoration:none}
        nav a:hover span{text-decoration:underline}
        nav b{flex:none;width:3.75rem;font-size:.6875rem;line-height:1.25rem}
        main{padding:2rem 3rem 4rem;max-width:60rem}
        h1{font-size:2rem;line-height:1.2;margin:0 0 1rem}
        section>h2{font-size:1.375rem;margin:3rem 0 0;padding-bottom:.375rem;border-bottom:1px solid var(--line)}
        article{padding:1.25rem 0;border-bottom:1px solid var(--line);scroll-margin-top:1rem}
        article:target h3 code{background:var(--line)}
        h3{display:flex;gap:.75rem;align-items:baseline;margin:0;font-size:1rem}
        h3 b{flex:none;min-width:4rem}
        p{margin:.5rem 0}
        a{color:var(--link)}
        code,pre{font:.875em/1.5 ui-monospace,monospace;background:var(--code);border-radius:4px}
        code{padding:.1em .3em;overflow-wrap:anywhere}
        pre{padding:.75rem 1rem;overflow-x:auto}
        table{border-collapse:collapse;width:100%;font-size:.9375rem;margin:.5rem 0}
        th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;font-weight:400}
        tr th{width:9rem}
        .place{width:8.5rem;color:var(--pale)}
        .answers{color:var(--pale);font-size:.875rem}
        .get{color:var(--get)}.post{color:var(--post)}.put{color:var(--put)}.delete{color:var(--delete)}
        @media (max-width:55rem){body{display:block}nav{position:static;height:auto;border-right:0;\
        border-bottom:1px solid var(--line)}main{padding:1.5rem 1rem}tr{display:block;padding:.25rem 0}\
        th,td,tr th,.place{display:block;width:auto;padding:0}}
        """
}
