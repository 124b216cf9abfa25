/// Everything that can be said about a text without asking anybody: for editors and `gantry radl check`.
public struct RADLAnalysis: Sendable {
    /// As much of the document as could be understood.
    public var document: RADLDocument
    /// Errors and warnings in the order of the text; those without a place stand behind.
    public var diagnostics: [RADLError]

    /// Empty where the document is good.
    public var errors: [RADLError] { diagnostics.filter { $0.severity == .error } }
    /// What is probably not meant.
    public var warnings: [RADLError] { diagnostics.filter { $0.severity == .warning } }
}

extension RADLDocument {
    /// Reads a text and checks what could be understood of it.
    ///
    /// Mistakes that only follow from others are not told: a reference to a section that could not be read is none, nor is
    /// a feature missing from a section that is broken; an id that is there twice is told by its place alone. Opens no file; linear in time and memory.
    ///
    /// - Parameter recipeProblem: As in ``check(recipeProblem:)``.
    public static func analyze(
        _ source: RADLSource, recipeProblem: ((String) -> String?)? = nil
    ) -> RADLAnalysis {
        let reading = read(source)
        var found = reading.errors + reading.warnings
        let isWhole = reading.errors.isEmpty
        for error in reading.document.check(recipeProblem: recipeProblem)
        where isWhole || ![.missing, .index, .duplicate].contains(error.code) {
            found.append(error)
        }
        found += reading.document.advice()
        return RADLAnalysis(document: reading.document, diagnostics: sorted(found))
    }

    /// All that is wrong with a text, and what is probably not meant, in the order of the text.
    public static func diagnostics(of source: RADLSource) -> [RADLError] {
        analyze(source).diagnostics
    }

    private static func sorted(_ errors: [RADLError]) -> [RADLError] {
        errors.enumerated()
            .sorted { ($0.element.range?.offset ?? .max, $0.offset) < ($1.element.range?.offset ?? .max, $1.offset) }
            .map(\.element)
    }
}
