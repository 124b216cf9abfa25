/// Everything that can be said about a text without asking anybody: for editors and `gantry radl check`.
public struct RADLAnalysis: Sendable {
    /// As much of the document as could be understood.
    public var document: RADLDocument
    /// Errors and warnings in the order of the text; those without a place stand behind.
    public var diagnostics: [RADLError]
    /// Whether all of it, and of what it includes, could be read.
    public var isReadable: Bool

    /// Empty where the document is good.
    public var errors: [RADLError] { diagnostics.filter { $0.severity == .error } }
    /// What is probably not meant.
    public var warnings: [RADLError] { diagnostics.filter { $0.severity == .warning } }
}

extension RADLDocument {
    /// Reads a text, in RADL's text form or in its JSON form, and checks what could be understood of it.
    ///
    /// Mistakes that only follow from others are not told: a reference to a section that could not be read is none, nor is
    /// a feature missing from a section that is broken; an id that is there twice is told by its place alone. Opens no
    /// file itself; linear in time and memory.
    ///
    /// - Parameters:
    ///   - recipeProblem: As in ``check(recipeProblem:)``.
    ///   - resolver: Hands over what the document includes, also where the document has mistakes. Without it an include is
    ///     a mistake.
    public static func analyze(
        _ source: RADLSource, recipeProblem: ((String) -> String?)? = nil,
        including resolver: RADLIncludeResolver? = nil
    ) -> RADLAnalysis {
        let reading = source.isJSON ? readJSON(source) : read(source)
        var found = reading.errors + reading.warnings
        var document = reading.document
        var isComplete = true
        if let resolver, !document.includes.isEmpty {
            var warnings: [RADLError] = []
            do throws(RADLErrors) {
                document = try document.resolvingIncludes(warnings: &warnings, resolver)
            } catch {
                isComplete = false
                found += error.all
            }
            found += warnings
        }
        let damage = Damage(reading, isComplete: isComplete)
        found += document.check(recipeProblem: recipeProblem).filter { !damage.explains($0) }
        found += document.advice().filter { isComplete || !damage.explains($0) }
        return RADLAnalysis(
            document: document, diagnostics: sorted(found), isReadable: reading.errors.isEmpty && isComplete)
    }

    /// All that is wrong with a text, and what is probably not meant, in the order of the text.
    public static func diagnostics(of source: RADLSource) -> [RADLError] {
        analyze(source).diagnostics
    }

    /// Those of an included document stand where it is included.
    private static func sorted(_ errors: [RADLError]) -> [RADLError] {
        func place(_ error: RADLError) -> (Int, Int) {
            let inner = error.range?.offset ?? .max
            return error.inclusion.map { ($0.offset, inner) } ?? (inner, 0)
        }
        return errors.enumerated().map { (place: place($1), number: $0, error: $1) }
            .sorted { ($0.place.0, $0.place.1, $0.number) < ($1.place.0, $1.place.1, $1.number) }
            .map(\.error)
    }
}

/// What could not be read of a document, and which mistakes may come of that alone.
private struct Damage {
    private let isComplete: Bool
    private let isWhole: Bool
    /// Where sentences begin; empty where that is not told by their places.
    private var sentences: [Int] = []
    /// Where something could not be read.
    private var broken: [Int] = []

    init(_ reading: RADLReading, isComplete: Bool) {
        self.isComplete = isComplete
        isWhole = reading.errors.isEmpty
        let document = reading.document
        // Of values that disagree one is there.
        let lost = reading.errors.filter { $0.code != .conflict }
        guard !lost.isEmpty, document.source?.isJSON != true, !document.hasInheritance else {
            // Where features may be lost anywhere, all that lies behind the first byte is one sentence.
            if !lost.isEmpty { (sentences, broken) = ([0], [0]) }
            return
        }
        broken = lost.map { $0.range?.offset ?? 0 }.sorted()
        var places = [document.description?.source, document.contextualize?.source]
        places += document.networks.map(\.source) + document.systems.map(\.source)
        places += document.ansibleHosts.map(\.source) + document.configures.map(\.source)
        places += document.deploys.map(\.source) + document.includes.map(\.source)
        sentences = [0] + places.compactMap { $0?.offset }.sorted()
    }

    func explains(_ error: RADLError) -> Bool {
        if !isComplete { return [.include, .reference, .missing, .index, .unused].contains(error.code) }
        guard !isWhole else { return false }
        switch error.code {
        case .duplicate: return true
        case .missing, .index: return error.inclusion == nil && isBroken(at: error.range?.offset ?? 0)
        default: return false
        }
    }

    /// Whether something could not be read of the sentence at a place.
    private func isBroken(at offset: Int) -> Bool {
        let next = Self.firstIndex(in: sentences) { $0 > offset }
        let start = next > 0 ? sentences[next - 1] : 0
        let first = Self.firstIndex(in: broken) { $0 >= start }
        return first < broken.count && (next == sentences.count || broken[first] < sentences[next])
    }

    /// The first element that satisfies what all behind it do.
    private static func firstIndex(in sorted: [Int], where isFound: (Int) -> Bool) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if isFound(sorted[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
