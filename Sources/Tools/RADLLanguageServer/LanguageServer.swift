package import RADL

/// A language server for RADL: bytes in, bytes out (Language Server Protocol 3.17). It reads no file and no clock.
///
/// Any input is safe: what is no message is answered with an error, and the server goes on. One value serves one editor;
/// its methods are called one after the other.
package struct LanguageServer: Sendable {
    /// Finds all that is wrong with a text, in its order; the second parameter is the document's URI. For who knows more than
    /// the library: what is included, what recipes may hold.
    package typealias Examination = @Sendable (RADLSource, String) async -> [RADLError]

    enum State: Sendable {
        case started, running, shutDown
    }

    private let version: String
    private let examine: Examination
    private var framing = MessageFraming()
    var writer = JSONRPCWriter()
    var state = State.started
    var documents: [String: TextDocument] = [:]
    /// Outlines of documents as they are now.
    var outlines: [String: SourceOutline] = [:]
    /// What was told last of each document.
    var findings: [String: [RADLError]] = [:]
    /// Documents that changed since they were looked at.
    var changed: [String] = []
    var usesSnippets = false

    /// How the process has to end, once the editor has asked for it: 0, or 1 where it did not say `shutdown` before.
    package private(set) var exitStatus: Int32?

    /// - Parameter version: Of the program, for the editor's log.
    package init(
        version: String, examine: @escaping Examination = { source, _ in RADLDocument.diagnostics(of: source) }
    ) {
        self.version = version
        self.examine = examine
    }

    /// Takes bytes in, and answers every request that is whole.
    ///
    /// - Returns: Bytes to send, possibly none.
    package mutating func receive(_ bytes: [UInt8]) -> [UInt8] {
        framing.receive(bytes)
        var messages: [JSONRPCMessage] = []
        while let item = framing.next() {
            switch item {
            case .malformed(let reason): writer.refuse(nil, JSONRPCError(.parse, reason))
            case .message(let bytes):
                do throws(JSONRPCError) {
                    messages.append(try JSONRPCMessage(bytes))
                } catch {
                    writer.refuse(nil, error)
                }
            }
        }
        // A request that is cancelled before it was begun is not begun.
        let cancelled = Set(
            messages.compactMap { message in
                message.method == "$/cancelRequest" ? try? message.parameters(LSPCancelParameters.self).id : nil
            })
        for message in messages where exitStatus == nil {
            if let id = message.id, message.method != nil, cancelled.contains(id) {
                writer.refuse(id, JSONRPCError(.requestCancelled, "the request was cancelled"))
            } else {
                handle(message)
            }
        }
        return writer.take()
    }

    /// Whether documents changed that were not looked at since.
    package var hasChanges: Bool { !changed.isEmpty }

    /// Looks at the documents that changed: to be called when nothing else is to be done.
    ///
    /// - Returns: Bytes to send, possibly none.
    package mutating func publishDiagnostics() async -> [UInt8] {
        let uris = changed
        changed = []
        for uri in uris {
            guard let document = documents[uri] else {
                publish([], uri: uri, version: nil, in: nil)
                continue
            }
            let found = await examine(document.source, uri)
            findings[uri] = found
            publish(found, uri: uri, version: document.version, in: document)
        }
        return writer.take()
    }

    private mutating func publish(_ errors: [RADLError], uri: String, version: Int?, in document: TextDocument?) {
        struct Parameters: Encodable {
            var uri: String
            var version: Int?
            var diagnostics: [LSPDiagnostic]
        }
        let diagnostics = document.map { document in errors.map { Self.diagnostic($0, in: document) } } ?? []
        writer.notify(
            "textDocument/publishDiagnostics",
            Parameters(uri: uri, version: version, diagnostics: diagnostics))
    }

    /// An error as editors show it.
    ///
    /// What is wrong in an included document stands where the open one includes it.
    static func diagnostic(_ error: RADLError, in document: TextDocument) -> LSPDiagnostic {
        var message = error.message + (error.hint.map { "\n\($0)" } ?? "")
        if error.inclusion != nil {
            let place = error.range.map { ":\($0.line):\($0.column)" } ?? ""
            message = "\(error.file ?? "included")\(place): \(message)"
        }
        return LSPDiagnostic(
            range: (error.inclusion ?? error.range).map(document.range) ?? document.range(0, 0),
            severity: error.severity == .error ? 1 : 2, code: error.code.description, source: "gantry",
            message: message)
    }

    // MARK: - Messages

    private mutating func handle(_ message: JSONRPCMessage) {
        // Answers: this server asks nothing.
        guard let method = message.method else {
            if let id = message.id, state == .started {
                writer.refuse(id, JSONRPCError(.invalidRequest, "the message has no method"))
            }
            return
        }
        guard let id = message.id else {
            notification(method, message)
            return
        }
        do throws(JSONRPCError) {
            try request(id, method, message)
        } catch {
            writer.refuse(id, error)
        }
    }

    private mutating func notification(_ method: String, _ message: JSONRPCMessage) {
        if method == "exit" {
            exitStatus = state == .shutDown ? 0 : 1
            return
        }
        guard state == .running, method.hasPrefix("textDocument/"),
            let parameters = try? message.parameters(LSPDocumentParameters.self)
        else { return }
        let uri = parameters.textDocument.uri
        switch method {
        case "textDocument/didOpen":
            documents[uri] = TextDocument(
                uri: uri, version: parameters.textDocument.version, text: parameters.textDocument.text ?? "")
        case "textDocument/didChange":
            documents[uri]?.apply(parameters.contentChanges ?? [], version: parameters.textDocument.version)
        case "textDocument/didClose":
            documents[uri] = nil
            findings[uri] = nil
        default: return
        }
        outlines[uri] = nil
        if !changed.contains(uri) { changed.append(uri) }
    }

    private mutating func request(
        _ id: JSONRPCID, _ method: String, _ message: JSONRPCMessage
    ) throws(JSONRPCError) {
        if method == "initialize" {
            guard state == .started else { throw JSONRPCError(.invalidRequest, "the server is initialized already") }
            let parameters = try message.parameters(LSPInitializeParameters.self)
            usesSnippets =
                parameters.capabilities?.textDocument?.completion?.completionItem?.snippetSupport ?? false
            state = .running
            writer.answer(id, ServerDescription(version: version))
            return
        }
        guard state != .started else { throw JSONRPCError(.serverNotInitialized, "'initialize' comes first") }
        guard state == .running else { throw JSONRPCError(.invalidRequest, "the server was shut down") }
        if method == "shutdown" {
            state = .shutDown
            writer.answer(id, Bool?.none)
            return
        }
        try documentRequest(id, method, message)
    }
}

/// The answer to `initialize`.
private struct ServerDescription: Encodable {
    struct Capabilities: Encodable {
        struct Synchronization: Encodable {
            var openClose = true
            /// Incremental.
            var change = 2
        }

        struct Completions: Encodable {
            var triggerCharacters = ["'", ".", " ", "="]
        }

        struct CodeActions: Encodable {
            var codeActionKinds = ["quickfix"]
        }

        var positionEncoding = "utf-16"
        var textDocumentSync = Synchronization()
        var hoverProvider = true
        var completionProvider = Completions()
        var definitionProvider = true
        var referencesProvider = true
        var documentHighlightProvider = true
        var documentSymbolProvider = true
        var foldingRangeProvider = true
        var documentFormattingProvider = true
        var renameProvider = true
        var codeActionProvider = CodeActions()
    }

    struct Server: Encodable {
        var name = "gantry radl lsp"
        var version: String
    }

    var capabilities = Capabilities()
    var serverInfo: Server

    init(version: String) {
        serverInfo = Server(version: version)
    }
}
