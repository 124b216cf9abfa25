/// Types of the Language Server Protocol 3.17, as far as they are used.
struct LSPPosition: Sendable, Hashable, Codable {
    /// From 0.
    var line: Int
    /// From 0, in UTF-16 code units.
    var character: Int
}

struct LSPRange: Sendable, Hashable, Codable {
    var start: LSPPosition
    /// Not part of it.
    var end: LSPPosition
}

struct LSPTextEdit: Sendable, Hashable, Codable {
    var range: LSPRange
    var newText: String
}

struct LSPContentChange: Sendable, Decodable {
    /// Nil: the whole text.
    var range: LSPRange?
    var text: String
}

struct LSPLocation: Sendable, Hashable, Codable {
    var uri: String
    var range: LSPRange
}

struct LSPMarkup: Sendable, Hashable, Encodable {
    var kind = "markdown"
    var value: String
}

struct LSPDiagnostic: Sendable, Hashable, Codable {
    struct Related: Sendable, Hashable, Codable {
        var location: LSPLocation
        var message: String
    }

    var range: LSPRange
    /// 1 error, 2 warning.
    var severity: Int
    var code: String?
    var source: String?
    var message: String
    var relatedInformation: [Related]?
}

struct LSPHover: Sendable, Encodable {
    var contents: LSPMarkup
    var range: LSPRange
}

struct LSPCompletionItem: Sendable, Hashable, Encodable {
    /// The numbers of the protocol.
    enum Kind: Int, Sendable, Encodable {
        case property = 10, unit = 11, value = 12, keyword = 14, snippet = 15, reference = 18, operation = 24
    }

    var label: String
    var kind: Kind
    var detail: String?
    var documentation: LSPMarkup?
    var sortText: String?
    var filterText: String?
    /// 1 plain text, 2 snippet.
    var insertTextFormat = 1
    var textEdit: LSPTextEdit
}

struct LSPCompletionList: Sendable, Encodable {
    var isIncomplete = false
    var items: [LSPCompletionItem]
}

struct LSPDocumentSymbol: Sendable, Encodable {
    /// The numbers of the protocol.
    enum Kind: Int, Sendable, Encodable {
        case module = 2, function = 12, interface = 11, object = 19, event = 24, structure = 23, key = 20, package = 4
    }

    var name: String
    var detail: String?
    var kind: Kind
    var range: LSPRange
    var selectionRange: LSPRange
    var children: [LSPDocumentSymbol]?
}

struct LSPFoldingRange: Sendable, Encodable {
    var startLine: Int
    var endLine: Int
}

struct LSPDocumentHighlight: Sendable, Encodable {
    var range: LSPRange
}

struct LSPWorkspaceEdit: Sendable, Encodable {
    var changes: [String: [LSPTextEdit]]
}

struct LSPCodeAction: Sendable, Encodable {
    var title: String
    var kind = "quickfix"
    var diagnostics: [LSPDiagnostic]
    var isPreferred = true
    var edit: LSPWorkspaceEdit
}

// MARK: - Parameters

struct LSPTextDocument: Sendable, Decodable {
    var uri: String
    var version: Int?
    var text: String?
}

/// The parameters of every request about a document, members that it does not have nil.
struct LSPDocumentParameters: Sendable, Decodable {
    struct Context: Sendable, Decodable {
        var diagnostics: [LSPDiagnostic]?
        var includeDeclaration: Bool?
    }

    struct FormattingOptions: Sendable, Decodable {
        var tabSize: Int?
        var insertSpaces: Bool?
    }

    var textDocument: LSPTextDocument
    var position: LSPPosition?
    var range: LSPRange?
    var contentChanges: [LSPContentChange]?
    var context: Context?
    var newName: String?
    var options: FormattingOptions?
}

struct LSPInitializeParameters: Sendable, Decodable {
    struct Capabilities: Sendable, Decodable {
        struct TextDocument: Sendable, Decodable {
            struct Completion: Sendable, Decodable {
                struct Item: Sendable, Decodable { var snippetSupport: Bool? }
                var completionItem: Item?
            }
            struct Symbol: Sendable, Decodable { var hierarchicalDocumentSymbolSupport: Bool? }
            var completion: Completion?
            var documentSymbol: Symbol?
        }
        var textDocument: TextDocument?
    }

    var capabilities: Capabilities?
}

struct LSPCancelParameters: Sendable, Decodable {
    var id: JSONRPCID
}
