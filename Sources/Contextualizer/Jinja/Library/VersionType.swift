/// How the test `version` reads versions.
enum VersionType: String {
    case loose, strict, semver, semantic, pep440

    init(strict: JinjaValue, name: JinjaValue) throws(JinjaError) {
        guard name.isTrue else {
            self = strict.isTrue ? .strict : .loose
            return
        }
        guard strict.isNone else { throw .value("Cannot specify both 'strict' and 'version_type'") }
        guard let known = VersionType(rawValue: name.text) else {
            throw .value(
                "Invalid version type (\(name.text)). Must be one of loose, strict, semver, semantic, pep440")
        }
        self = known
    }

    /// Negative, zero or positive.
    func compare(_ left: String, _ right: String) throws(JinjaError) -> Int {
        guard !left.isEmpty else { throw .value("Input version value cannot be empty") }
        guard !right.isEmpty else { throw .value("Version parameter to compare against cannot be empty") }
        switch self {
        case .loose: return try LooseVersion.compare(left, right)
        case .strict: return VersionKey.order(try VersionKey.strict(left), try VersionKey.strict(right))
        case .semver, .semantic:
            return VersionKey.order(try VersionKey.semantic(left), try VersionKey.semantic(right))
        case .pep440: return VersionKey.order(try VersionKey.python(left), try VersionKey.python(right))
        }
    }
}

/// A version as parts that are compared one after the other; a version whose parts are all those of another, and then
/// some, is greater.
enum VersionKey: Hashable {
    case number(Int)
    case word(String)

    /// Numbers go before words.
    static func order(_ left: [VersionKey], _ right: [VersionKey]) -> Int {
        for (one, two) in zip(left, right) where one != two {
            switch (one, two) {
            case (.number(let one), .number(let two)): return one < two ? -1 : 1
            case (.word(let one), .word(let two)):
                return one.unicodeScalars.lexicographicallyPrecedes(two.unicodeScalars) ? -1 : 1
            case (.number, .word): return -1
            case (.word, .number): return 1
            }
        }
        return left.count - right.count
    }

    /// Parts between points; `nil` when one is empty or has other characters than letters, digits and hyphens.
    private static func identifiers(_ text: Substring) -> [String]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let isValid = parts.allSatisfy { part in
            !part.isEmpty && part.unicodeScalars.allSatisfy { ($0.value < 0x80 && $0.isWord && $0 != "_") || $0 == "-" }
        }
        return isValid ? parts : nil
    }

    private static func digits(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    /// Without zeros in front.
    private static func plainNumber(_ text: some StringProtocol) -> Int? {
        text.utf8.count > 1 && text.utf8.first == 0x30 ? nil : digits(text)
    }

    /// `MAJOR.MINOR.PATCH-PRERELEASE+BUILD` of semver.org, ordered by its rule 11; the build says nothing.
    static func semantic(_ text: String) throws(JinjaError) -> [VersionKey] {
        let invalid = JinjaError.value("invalid semantic version '\(text)'")
        let halves = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        if halves.count > 1, identifiers(halves[1]) == nil { throw invalid }
        let parts = halves[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let core = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard core.count == 3 else { throw invalid }
        var keys: [VersionKey] = []
        for part in core {
            guard let number = plainNumber(part) else { throw invalid }
            keys.append(.number(number))
        }
        // A version with a pre-release goes before the one without.
        guard parts.count > 1 else { return keys + [.number(1)] }
        guard let identifiers = identifiers(parts[1]) else { throw invalid }
        keys.append(.number(0))
        for identifier in identifiers {
            let isNumber = identifier.utf8.allSatisfy { (0x30...0x39).contains($0) }
            if isNumber, plainNumber(identifier) == nil { throw invalid }
            keys.append(plainNumber(identifier).map { .number($0) } ?? .word(identifier))
        }
        return keys
    }

    /// Python's `StrictVersion`: two or three numbers, then perhaps `a` or `b` and a number.
    static func strict(_ text: String) throws(JinjaError) -> [VersionKey] {
        let invalid = JinjaError.value("invalid version number '\(text)'")
        var core = text[...]
        var suffix: [VersionKey] = [.word("c"), .number(0)]
        if let place = text.firstIndex(where: { $0 == "a" || $0 == "b" }) {
            guard let number = digits(text[text.index(after: place)...]) else { throw invalid }
            core = text[..<place]
            suffix = [.word(String(text[place])), .number(number)]
        }
        let parts = core.split(separator: ".", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count) else { throw invalid }
        var keys: [VersionKey] = []
        for part in parts {
            guard let number = digits(part) else { throw invalid }
            keys.append(.number(number))
        }
        if keys.count == 2 { keys.append(.number(0)) }
        return keys + suffix
    }
}
