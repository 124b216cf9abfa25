/// Looks for recipes that nothing runs.
struct RecipeAdviser {
    private static let mostWarnings = 100
    /// Bytes of recipes that are looked through for names of others.
    private static let mostBytes = 16 << 20

    private let document: RADLDocument
    private var systems: KnownIDs
    private(set) var warnings: [RADLError] = []
    private var searched = 0

    init(_ document: RADLDocument) {
        self.document = document
        systems = KnownIDs(document.systems.lazy.map(\.id))
    }

    mutating func advise() {
        let items = document.contextualize?.items ?? []
        // A list of recipes alone is for machines that run; includes may bring what runs them.
        guard document.contextualize?.isDisabling != true, !document.systems.isEmpty, document.includes.isEmpty else {
            return
        }
        let listed = Set(items.map(\.configure))
        for section in document.configures where section.recipe != nil && warnings.count < Self.mostWarnings {
            guard items.isEmpty ? !systems.contains(section.id) : !listed.contains(section.id) else { continue }
            guard !isMentioned(section.id) else { continue }
            if items.isEmpty { noteWithoutSystem(section) } else { noteUnlisted(section) }
        }
    }

    private mutating func noteWithoutSystem(_ section: RADLConfigure) {
        let advice = systems.advice(for: section.id, what: "system")
        // Parts of clusters have recipes for systems of other documents.
        guard advice.nearest != nil || !document.deploys.isEmpty else { return }
        note(
            section, "nothing runs the recipe '\(section.id)': there is no such system", hint: advice.hint,
            replacement: advice.nearest)
    }

    private mutating func noteUnlisted(_ section: RADLConfigure) {
        let system = systems.contains(section.id) ? section.id : systems.advice(for: section.id, what: "system").nearest
        note(
            section, "nothing runs the recipe '\(section.id)': contextualize does not list it",
            hint: "add to contextualize: system \(system ?? "SYSTEM") configure \(section.id)")
    }

    private mutating func note(
        _ section: RADLConfigure, _ message: String, hint: String, replacement: String? = nil
    ) {
        let place = document.source?.tokenRange(1, in: section.source)
        var suggestion: RADLError.Suggestion?
        if let replacement, let place { suggestion = .init(range: place, replacement: replacement) }
        warnings.append(
            RADLError(
                .unused, message, hint: hint, suggestion: suggestion, at: section.source, in: document.source,
                imText: "", severity: .warning))
    }

    /// Whether another recipe has the name in it: `include: NAME.yml` takes the recipe of that section.
    private mutating func isMentioned(_ id: String) -> Bool {
        let wanted = Array(id.utf8)
        guard let first = wanted.first else { return true }
        for section in document.configures where section.id != id {
            guard let text = section.recipe?.utf8 else { continue }
            searched += text.count
            guard searched <= Self.mostBytes else { return true }
            var rest = text[...]
            while let start = rest.firstIndex(of: first) {
                if rest[start...].starts(with: wanted) { return true }
                rest = rest[rest.index(after: start)...]
            }
        }
        return false
    }
}
