import RADL

/// Reads and checks a document, with every error in one message.
enum DocumentReader {
    static func read(_ text: String, name: String?) throws -> RADLDocument {
        do {
            let document = try RADLDocument(parsing: text, file: name)
            try document.validate()
            return document
        } catch {
            throw ManagerError(code: .invalidDocument, message: error.description)
        }
    }
}
