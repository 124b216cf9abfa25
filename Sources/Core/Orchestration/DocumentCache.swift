import RADL
import Synchronization

/// Keeps the last documents parsed, since each action of an infrastructure reads the same one.
final class DocumentCache: Sendable {
    static let shared = DocumentCache(limit: 16)

    private let limit: Int
    private let documents = Mutex<[(text: String, document: RADLDocument)]>([])

    init(limit: Int) {
        self.limit = limit
    }

    /// The parsed document.
    /// - Throws: ``ManagerError`` `invalidDocument` with all positions.
    func document(_ text: String, name: String? = nil) throws -> RADLDocument {
        if let known = documents.withLock({ $0.first { $0.text == text }?.document }) { return known }
        let document = try DocumentReader.read(text, name: name)
        documents.withLock { documents in
            documents.append((text, document))
            if documents.count > limit { documents.removeFirst() }
        }
        return document
    }
}
