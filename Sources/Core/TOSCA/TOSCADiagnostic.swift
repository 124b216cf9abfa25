/// What is wrong with a template, or doubtful, and where.
package struct TOSCADiagnostic: Error, Sendable, Hashable {
    /// What kind of mistake it is.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private let value: String
        private init(_ value: String) { self.value = value }

        /// No YAML, or YAML that is not taken.
        package static let syntax = Code("syntax")
        /// Larger, deeper or slower than what is read.
        package static let limit = Code("limit")
        /// A version of TOSCA that is not known.
        package static let version = Code("version")
        /// A key that has no meaning here.
        package static let unknownField = Code("unknown-field")
        /// A type that nothing defines.
        package static let unknownType = Code("unknown-type")
        /// A node, input, property or another name that nothing defines.
        package static let unknownName = Code("unknown-name")
        /// Something that has to be there.
        package static let missing = Code("missing")
        /// A value of the wrong type.
        package static let type = Code("type")
        /// A value that a constraint excludes.
        package static let constraint = Code("constraint")
        /// Definitions that lead back to themselves.
        package static let cycle = Code("cycle")
        /// A function that is written wrongly or stands where it cannot be evaluated.
        package static let function = Code("function")
        /// An import or an artifact that cannot be read.
        package static let `import` = Code("import")
        /// A requirement that nothing fulfils.
        package static let requirement = Code("requirement")
        /// A recipe that cannot be run.
        package static let recipe = Code("recipe")
        /// Something that has no translation.
        package static let translation = Code("translation")

        package var description: String { value }
    }

    package enum Severity: String, Sendable, Hashable { case error, warning }

    package var code: Code
    package var severity: Severity
    /// What is wrong, on one line. Holds neither a secret nor a path of the server.
    package var message: String
    /// What was expected instead; nil where nothing can be told.
    package var expected: String?
    /// The name that was probably meant.
    package var nearest: String?
    /// What the document is called.
    package var file: String?
    /// From 1; nil where the mistake has no place in a text, such as an input of the request.
    package var line: Int?
    /// In Unicode scalars, from 1.
    package var column: Int?
    /// Where it stands in the document, such as `topology_template.node_templates.front.type`; empty for the document.
    package var path: String
}

extension TOSCADiagnostic: CustomStringConvertible {
    /// `FILE:LINE:COLUMN: error: MESSAGE`, then the path and what was expected, on lines of their own.
    package var description: String {
        var head = file ?? "template"
        if let line { head += ":\(line):\(column ?? 1)" }
        var lines = ["\(head): \(severity.rawValue): \(message)"]
        if !path.isEmpty { lines.append("    at \(path)") }
        if let expected { lines.append("    expected \(expected)") }
        if let nearest { lines.append("    did you mean '\(nearest)'?") }
        return lines.joined(separator: "\n")
    }
}

/// All that is wrong with a template: at least one error, in the order of the text as far as possible.
package struct TOSCAErrors: Error, Sendable, Hashable, CustomStringConvertible {
    /// Errors and the warnings that came with them.
    package let diagnostics: [TOSCADiagnostic]

    /// Nil where no error is among them.
    package init?(_ diagnostics: [TOSCADiagnostic]) {
        guard diagnostics.contains(where: { $0.severity == .error }) else { return nil }
        self.diagnostics = diagnostics
    }

    /// Errors only.
    package var errors: [TOSCADiagnostic] { diagnostics.filter { $0.severity == .error } }

    package var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

/// Where a value stands within a document; a chain from the value to the root, made into text for messages only.
final class DocumentPath: Sendable {
    let parent: DocumentPath?
    let step: String

    static let root = DocumentPath(nil, "")

    private init(_ parent: DocumentPath?, _ step: String) {
        self.parent = parent
        self.step = step
    }

    func key(_ name: String) -> DocumentPath { DocumentPath(self, name) }
    func index(_ number: Int) -> DocumentPath { DocumentPath(self, "[\(number)]") }

    var text: String {
        var steps: [String] = []
        var place: DocumentPath? = self
        while let current = place, current.parent != nil {
            steps.append(current.step)
            place = current.parent
        }
        var result = ""
        for step in steps.reversed() {
            if !result.isEmpty, !step.hasPrefix("[") { result += "." }
            result += step
        }
        return result
    }
}

/// Gathers diagnostics of one pass over a template. Not shared between tasks.
final class Report {
    private static let maximum = 200
    private static let maximumSuggestions = 24

    private(set) var diagnostics: [TOSCADiagnostic] = []
    private(set) var hasErrors = false
    /// How often an error was told, also one that was told before.
    private(set) var mistakes = 0
    private var suggestions = 0
    private var left = 0
    private var seen: Set<TOSCADiagnostic> = []
    /// File, line and column of each, for the order.
    private var places: [TOSCAPosition] = []
    /// Names of the documents that positions refer to.
    var files: [String] = []

    /// Values of secret inputs: no message holds one, however it came there.
    var secrets: [String] = []

    /// Name of the document of inputs.
    var inputsName = "inputs"

    init() {}

    init(files: [String]) { self.files = files }

    private func name(of file: UInt16) -> String? {
        file == TOSCAPosition.inputs ? inputsName : files.indices.contains(Int(file)) ? files[Int(file)] : nil
    }

    func error(
        _ code: TOSCADiagnostic.Code, _ message: String, at position: TOSCAPosition?, _ path: DocumentPath,
        expected: String? = nil, nearest: String? = nil
    ) {
        hasErrors = true
        mistakes += 1
        add(code, .error, message, position, path.text, expected, nearest)
    }

    func warning(
        _ code: TOSCADiagnostic.Code, _ message: String, at position: TOSCAPosition?, _ path: DocumentPath,
        expected: String? = nil, nearest: String? = nil
    ) {
        add(code, .warning, message, position, path.text, expected, nearest)
    }

    /// An error about a name, with the nearest one that is known.
    func unknown(
        _ code: TOSCADiagnostic.Code, _ message: String, _ name: String, among known: @autoclosure () -> [String],
        at position: TOSCAPosition?, _ path: DocumentPath
    ) {
        var expected: String?
        var nearest: String?
        suggestions += 1
        if suggestions <= Self.maximumSuggestions {
            var seen: Set<String> = []
            let known = known().filter { seen.insert($0).inserted }
            nearest = NearestName.find(name, among: known)
            if nearest == nil, !known.isEmpty, known.count <= 40 {
                expected = "one of: " + known.joined(separator: ", ")
            }
        }
        error(code, message, at: position, path, expected: expected, nearest: nearest)
    }

    private func add(
        _ code: TOSCADiagnostic.Code, _ severity: TOSCADiagnostic.Severity, _ message: String,
        _ position: TOSCAPosition?, _ path: String, _ expected: String?, _ nearest: String?
    ) {
        guard diagnostics.count < Self.maximum else {
            left += 1
            return
        }
        let place = position?.line == 0 ? nil : position
        let diagnostic = TOSCADiagnostic(
            code: code, severity: severity, message: Self.oneLine(hiding(message)), expected: expected.map(hiding),
            nearest: nearest,
            file: position.flatMap { name(of: $0.file) },
            line: place.map { Int($0.line) }, column: place.map { Int($0.column) }, path: path)
        if seen.insert(diagnostic).inserted {
            diagnostics.append(diagnostic)
            places.append(position ?? .none)
        }
    }

    private func hiding(_ text: String) -> String {
        secrets.isEmpty ? text : TOSCASecret.hiding(secrets, in: text)
    }

    /// Takes what another pass over the same documents found.
    func take(from other: Report, where isWanted: (TOSCADiagnostic) -> Bool) {
        for (diagnostic, place) in zip(other.diagnostics, other.places)
        where isWanted(diagnostic) && diagnostics.count < Self.maximum && seen.insert(diagnostic).inserted {
            diagnostics.append(diagnostic)
            places.append(place)
            if diagnostic.severity == .error { hasErrors = true }
        }
    }

    /// How many errors there are.
    var errorCount: Int { diagnostics.count { $0.severity == .error } }

    private static func oneLine(_ text: String) -> String {
        guard text.utf8.contains(0x0a) else { return text }
        return text.split(separator: "\n").joined(separator: " ")
    }

    /// What was gathered, in the order of the documents, and how many were left out.
    var all: [TOSCADiagnostic] {
        let order = diagnostics.indices.sorted { first, second in
            let (left, right) = (places[first], places[second])
            return (left.file, left.line, left.column, first) < (right.file, right.line, right.column, second)
        }
        let sorted = order.map { diagnostics[$0] }
        guard left > 0 else { return sorted }
        return sorted + [
            TOSCADiagnostic(
                code: .limit, severity: .warning, message: "\(left) more are not shown", expected: nil, nearest: nil,
                file: nil, line: nil, column: nil, path: "")
        ]
    }

    func throwErrors() throws(TOSCAErrors) {
        if hasErrors, let errors = TOSCAErrors(all) { throw errors }
    }
}

/// Finds the name that somebody probably meant.
enum NearestName {
    /// The nearest name if one is near: few letters differ, or it ends in the same last part (`Compute` for
    /// `tosca.nodes.Compute`).
    static func find(_ name: String, among known: [String]) -> String? {
        let letters = Array(name.lowercased().utf8.prefix(120))
        guard letters.count > 1 else { return nil }
        let limit = letters.count <= 4 ? 1 : letters.count <= 12 ? 2 : 3
        var best: (name: String, distance: Int)?
        for candidate in known {
            let other = Array(candidate.lowercased().utf8)
            guard abs(other.count - letters.count) <= limit else { continue }
            let distance = distance(letters, other, limit: min(limit, (best?.distance ?? .max) - 1))
            if let distance { best = (candidate, distance) }
        }
        if let best { return best.name }
        let last = name.lowercased().split(separator: ".").last.map(String.init) ?? name.lowercased()
        let same = known.filter { $0.lowercased().split(separator: ".").last.map(String.init) == last }
        return same.min { $0.utf8.count < $1.utf8.count }
    }

    /// Edits between two words, two swapped neighbours being one; nil for more than the limit.
    private static func distance(_ left: [UInt8], _ right: [UInt8], limit: Int) -> Int? {
        guard limit >= 0, !left.isEmpty, !right.isEmpty else { return nil }
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in 1...left.count {
            var current = [row] + [Int](repeating: 0, count: right.count)
            var least = row
            for column in 1...right.count {
                let cost = left[row - 1] == right[column - 1] ? 0 : 1
                var value = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + cost)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    value = min(value, beforeLast[column - 2] + 1)
                }
                current[column] = value
                least = min(least, value)
            }
            if least > limit { return nil }
            (beforeLast, last) = (last, current)
        }
        return last[right.count] <= limit ? last[right.count] : nil
    }
}
