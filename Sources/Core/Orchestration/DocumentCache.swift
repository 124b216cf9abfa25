import RADL
import Support

/// Keeps the last documents parsed, since each action of an infrastructure reads the same one.
final class DocumentCache: Sendable {
    static let shared = DocumentCache(limit: 16)

    private let limit: Int
    private let documents = LockedValue<[(text: String, index: RADLIndex)]>([])

    init(limit: Int) {
        self.limit = limit
    }

    /// The parsed document.
    /// - Throws: ``ManagerError`` `invalidDocument` with all positions.
    func index(_ text: String) throws -> RADLIndex {
        if let known = documents.withLock({ $0.first { $0.text == text }?.index }) { return known }
        let index = RADLIndex(try DocumentReader.read(text, name: nil))
        documents.withLock { documents in
            documents.append((text, index))
            if documents.count > limit { documents.removeFirst() }
        }
        return index
    }
}
