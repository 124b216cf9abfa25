import Assembly
import Foundation
import Logging
import Orchestration
import RADL

/// A document that a command was given, read with what it includes, and checked.
struct ExaminedDocument {
    /// As messages name it.
    var name: String
    var source: RADLSource
    /// With the included ones in it; as much as could be understood.
    var document: RADLDocument
    /// Errors and warnings, in the order of the text.
    var findings: [RADLError]
    /// Whether all of it could be read.
    var isReadable: Bool

    var errors: [RADLError] { findings.filter { $0.severity == .error } }

    /// - Parameters:
    ///   - path: As the user wrote it; includes are looked for beside it.
    ///   - checksRecipes: Also looks into the recipes, whose YAML the library does not know.
    init(_ source: RADLSource, path: String, checksRecipes: Bool) async {
        name = source.file ?? path
        self.source = source
        let folder = IncludeFolder(document: path)
        let analysis = RADLDocument.analyze(source, including: { include, _ in try folder.source(of: include) })
        document = analysis.document
        isReadable = analysis.isReadable
        findings = analysis.diagnostics
        if checksRecipes {
            findings += await DocumentCheck.mistakes(
                inRecipesOf: document,
                ContextualizerAssembly.checker(logger: StandardErrorLog.logger(label: "gantry", level: .error)))
        }
        findings = Self.sorted(findings)
    }

    /// In the order of the text; those of an included document where it is included.
    private static func sorted(_ findings: [RADLError]) -> [RADLError] {
        func place(_ error: RADLError) -> (Int, Int) {
            let inner = error.range?.offset ?? .max
            return error.inclusion.map { ($0.offset, inner) } ?? (inner, 0)
        }
        return findings.enumerated().map { (place: place($1), number: $0, error: $1) }
            .sorted { ($0.place.0, $0.place.1, $0.number) < ($1.place.0, $1.place.1, $1.number) }
            .map(\.error)
    }
}

/// What becomes of a command that works on several documents: the worst of what happened to one.
struct RADLEnding {
    private var isUnreadable = false
    private var isRefused = false
    private var isFailed = false

    mutating func refused() { isRefused = true }
    mutating func failed() { isFailed = true }
    mutating func unwritable() { isUnreadable = true }

    /// The bytes of a document; nil where they cannot be had, which is told.
    mutating func source(_ file: String) -> RADLSource? {
        do {
            return RADLSource(bytes: try DocumentFile.bytes(file), file: file == "-" ? "standard input" : file)
        } catch {
            Terminal.error("\(error)")
            isUnreadable = true
            return nil
        }
    }

    /// A document with all that is wrong with it.
    mutating func examined(_ file: String, checksRecipes: Bool) async throws -> ExaminedDocument? {
        guard let source = source(file) else { return nil }
        return await ExaminedDocument(source, path: file, checksRecipes: checksRecipes)
    }

    /// A document that can be read; nil where it cannot, which is told.
    mutating func readable(_ file: String) async throws -> ExaminedDocument? {
        guard let examined = try await examined(file, checksRecipes: false) else { return nil }
        guard examined.isReadable else {
            for error in examined.errors { FindingText.tell(error) }
            isRefused = true
            return nil
        }
        return examined
    }

    /// - Throws: The exit status, where it is not 0.
    func end() throws {
        if isUnreadable { throw Status.usage }
        if isRefused { throw Status.refused }
        if isFailed { throw Status.failed }
    }
}
