extension VersionKey {
    /// A version of PEP 440, `EPOCH!RELEASE{a|b|rc}N.postN.devN+LOCAL`, with the other spellings that it allows.
    static func python(_ text: String) throws(JinjaError) -> [VersionKey] {
        let invalid = JinjaError.value("Invalid version: '\(text)'")
        var reader = PythonVersionReader(StringMethods.strip(text, nil, left: true, right: true).lowercased())
        _ = reader.skip("v")
        guard var number = reader.number() else { throw invalid }
        var epoch = 0
        if reader.skip("!") {
            epoch = number
            guard let first = reader.number() else { throw invalid }
            number = first
        }
        var release = [number]
        while let next = reader.numberAfterPoint() { release.append(next) }
        // Zeros at the end say nothing.
        while release.count > 1, release.last == 0 { release.removeLast() }
        let stages = [
            "alpha": 0, "a": 0, "beta": 1, "b": 1, "preview": 2, "pre": 2, "rc": 2, "c": 2,
        ]
        let stage = reader.marked(["alpha", "a", "beta", "b", "preview", "pre", "rc", "c"])
        var after = reader.marked(["post", "rev", "r"])?.number
        if after == nil, reader.skip("-") {
            guard let bare = reader.number() else { throw invalid }
            after = bare
        }
        let development = reader.marked(["dev"])?.number
        var local: [VersionKey] = []
        if reader.skip("+") {
            guard let parts = reader.local() else { throw invalid }
            // In a local version numbers go after words, and none goes before any.
            for part in parts {
                if let number = Int(part) {
                    local += [.number(2), .number(number)]
                } else {
                    local += [.number(1), .word(part)]
                }
            }
        }
        guard reader.isAtEnd else { throw invalid }
        var keys: [VersionKey] = [.number(epoch)]
        for part in release { keys += [.number(1), .number(part)] }
        keys.append(.number(0))
        if let stage {
            keys += [.number(stages[stage.word] ?? 2), .number(stage.number)]
        } else {
            // A mere development release goes before all stages.
            keys += [.number(after == nil && development != nil ? -1 : 3), .number(0)]
        }
        keys += [.number(after.map { $0 + 1 } ?? 0), .number(development ?? Int.max)]
        return keys + local
    }
}

/// Reads the parts of a version of PEP 440.
private struct PythonVersionReader {
    private let scalars: [Unicode.Scalar]
    private var position = 0

    init(_ text: String) { scalars = text.scalars }

    var isAtEnd: Bool { position == scalars.count }

    mutating func skip(_ word: String) -> Bool {
        let part = word.scalars
        guard scalars.hasPart(part, at: position) else { return false }
        position += part.count
        return true
    }

    mutating func number() -> Int? {
        let start = position
        while position < scalars.count, (0x30...0x39).contains(scalars[position].value) { position += 1 }
        return Int(String(scalars: scalars[start..<position]))
    }

    mutating func numberAfterPoint() -> Int? {
        let start = position
        if skip("."), let number = number() { return number }
        position = start
        return nil
    }

    private mutating func skipSeparator() { _ = skip(".") || skip("-") || skip("_") }

    /// One of these words with a number behind it, 0 where there is none.
    mutating func marked(_ words: [String]) -> (word: String, number: Int)? {
        let start = position
        skipSeparator()
        for word in words where skip(word) {
            let end = position
            skipSeparator()
            if let number = number() { return (word, number) }
            position = end
            return (word, 0)
        }
        position = start
        return nil
    }

    mutating func local() -> [String]? {
        let rest = scalars[position...]
        position = scalars.count
        let parts = rest.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "-" || $0 == "_" }
        let isValid = parts.allSatisfy { part in
            !part.isEmpty && part.allSatisfy { $0.value < 0x80 && $0.isWord && $0 != "_" }
        }
        return isValid ? parts.map { String(scalars: $0) } : nil
    }
}
