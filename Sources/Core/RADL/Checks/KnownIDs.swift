/// Ids that a document defines, and what to say about one that it does not.
struct KnownIDs {
    /// Ids that are compared with unknown ones, all together: ten thousand unknown ones must not meet ten thousand known.
    private static let mostComparisons = 500_000

    private let ids: Set<String>
    private var sorted: [String]?
    private var comparisons = 0

    init(_ ids: some Sequence<String>) {
        self.ids = Set(ids)
    }

    var count: Int { ids.count }

    func contains(_ id: String) -> Bool { ids.contains(id) }

    private mutating func inOrder() -> [String] {
        if let sorted { return sorted }
        let new = ids.sorted()
        sorted = new
        return new
    }

    /// `a` or `an`.
    static func article(_ what: String) -> String { what.first.map { "aeiou".contains($0) } == true ? "an" : "a" }

    /// The nearest id, and advice for people.
    mutating func advice(for id: String, what: String) -> (nearest: String?, hint: String, some: [String]) {
        let known = inOrder()
        comparisons += known.count
        let nearest =
            comparisons <= Self.mostComparisons || known.count < 100 ? Vocabulary.nearest(to: id, among: known) : nil
        let some = Array(known.prefix(20))
        if let nearest { return (nearest, "did you mean '\(nearest)'?", some) }
        if known.isEmpty { return (nil, "the document has no \(what): add '\(id)'", some) }
        return (
            nil, "add \(Self.article(what)) \(what) '\(id)', or use one of \(known.prefix(8).joined(separator: ", "))",
            some
        )
    }
}
