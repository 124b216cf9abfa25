import Orchestration
import RADL

extension DocumentFile {
    /// A document for the service, which opens no file: the included documents are put in. What cannot be read stays as it
    /// is, so that its mistakes are told where they stand.
    /// - Throws: ``ManagerError`` `invalidDocument` for mistakes of included documents, which the service would not find.
    static func text(_ text: String, of path: String) throws -> String {
        let source = RADLSource(text: text, file: path)
        guard !source.isJSON, text.contains("include") else { return text }
        let reading = RADLDocument.read(source)
        guard reading.errors.isEmpty, !reading.document.includes.isEmpty else { return text }
        let folder = IncludeFolder(document: path)
        let document: RADLDocument
        do throws(RADLErrors) {
            document = try reading.document.resolvingIncludes { include, _ in try folder.source(of: include) }
            try document.validate()
        } catch {
            throw ManagerError(code: .invalidDocument, message: error.description)
        }
        return document.undrawn.text()
    }
}
