/// A change laid over a stored template. Remembers where everything stood: nobody but Gantry sees the lines of the whole.
package struct TOSCAMerged: Sendable {
    /// The merged document.
    package let text: String
    private let value: TOSCAValue
    /// What the change and the stored template are called: positions in ``value`` refer to them.
    private let files: [String]
    private let limits: TOSCALimits

    init(_ value: TOSCAValue, files: [String], limits: TOSCALimits) {
        self.value = value
        self.files = files
        self.limits = limits
        text = YAMLWriter.text(of: value)
    }

    /// The same diagnostics with the places in the texts that ``text`` was made of.
    ///
    /// - Parameter diagnostics: Of ``text``, read by the name of the change. Those of other documents stay as they are.
    package func located(_ diagnostics: [TOSCADiagnostic]) -> [TOSCADiagnostic] {
        guard diagnostics.contains(where: { $0.file == files[0] && $0.line != nil }) else { return diagnostics }
        var places: [Place: [Origin]] = [:]
        var reader = YAMLReader(file: 0, limits: limits, report: Report())
        if let read = reader.read(text) { Self.gather(read, value, .root, &places) }
        return diagnostics.map { diagnostic in
            guard diagnostic.file == files[0], let line = diagnostic.line else { return diagnostic }
            var result = diagnostic
            result.line = nil
            result.column = nil
            // A mapping begins where its first key does.
            let origins = places[Place(line: line, column: diagnostic.column ?? 1)] ?? []
            let origin = origins.first { $0.path.text == diagnostic.path } ?? origins.first
            guard let position = origin?.position, position.line > 0 else { return result }
            result.file = files[Int(position.file)]
            result.line = Int(position.line)
            result.column = Int(position.column)
            return result
        }
    }

    /// The same errors with the places in the texts that ``text`` was made of.
    package func located(_ errors: TOSCAErrors) -> TOSCAErrors {
        TOSCAErrors(located(errors.diagnostics)) ?? errors
    }

    private struct Place: Hashable {
        var line: Int
        var column: Int

        init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }

        init(_ position: TOSCAPosition) {
            self.init(line: Int(position.line), column: Int(position.column))
        }
    }

    private struct Origin {
        var path: DocumentPath
        var position: TOSCAPosition
    }

    /// Goes through what was read of the merged text and what that was written of, which are alike.
    private static func gather(
        _ read: TOSCAValue, _ origin: TOSCAValue, _ path: DocumentPath, _ places: inout [Place: [Origin]]
    ) {
        places[Place(read.position), default: []].append(Origin(path: path, position: origin.position))
        if let first = read.map, let second = origin.map {
            for entry in first.entries {
                guard let other = second.entry(entry.key) else { continue }
                let place = path.key(entry.key)
                places[Place(entry.keyPosition), default: []].append(Origin(path: place, position: other.keyPosition))
                gather(entry.value, other.value, place, &places)
            }
        } else if let first = read.list, let second = origin.list {
            for (number, pair) in zip(first, second).enumerated() {
                gather(pair.0, pair.1, path.index(number), &places)
            }
        }
    }
}
