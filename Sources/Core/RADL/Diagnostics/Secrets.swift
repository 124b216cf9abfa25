/// Which features hold secrets.
enum Secrets {
    private static let words: [[UInt8]] = [
        "password", "passwd", "private_key", "secret", "token", "proxy_host", "proxy_key",
    ].map { Array($0.utf8) }

    /// Which words are names of secrets, found out once for each: those of a text repeat.
    struct Words {
        private static let most = 2000

        private var known: [String: Bool] = [:]

        mutating func isLikely(_ word: String) -> Bool {
            if let isLikely = known[word] { return isLikely }
            let isLikely = Secrets.isLikely(word)
            if known.count < Self.most { known[word] = isLikely }
            return isLikely
        }
    }

    /// Whether a feature of this name holds a secret.
    static func isSecret(_ name: String) -> Bool {
        // EC3's: the credentials that a cluster grows with.
        isNamed(in: Array(name.utf8)[...]) || name == "auth"
    }

    /// Whether a line names such a feature.
    static func isNamed(in line: ArraySlice<UInt8>) -> Bool {
        holds(one: words, Vocabulary.small(line))
    }

    /// Whether one of some words stands somewhere in a text; all in small letters.
    private static func holds(one words: [[UInt8]], _ text: [UInt8]) -> Bool {
        text.withUnsafeBufferPointer { text in
            words.contains { word in
                guard let first = word.first, text.count >= word.count else { return false }
                var start = 0
                while start <= text.count - word.count {
                    if text[start] == first {
                        var length = 1
                        while length < word.count, text[start + length] == word[length] { length += 1 }
                        if length == word.count { return true }
                    }
                    start += 1
                }
                return false
            }
        }
    }

    /// Replaces the values of features that hold secrets by stars, as many: what is quoted up to its end or that of the line,
    /// else up to a blank.
    static func mask(_ line: inout [Unicode.Scalar], _ words: inout Words) {
        maskMembers(&line)
        maskQuoted(&line, isWithinString: false, &words)
        // A line with a quote too few may begin within a string, or have one that is not closed.
        if !line.count(where: { $0 == "'" }).isMultiple(of: 2) {
            maskQuoted(&line, isWithinString: true, &words)
        }
        maskUsers(&line)
        // A line has the form `NAME SIGN VALUE and NAME …`, and may begin within a string.
        var start = 0
        while let sign = line[start...].firstIndex(of: "=") {
            let name = line[start..<sign].map { UInt8(truncatingIfNeeded: $0.value) }
            var index = line[line.index(after: sign)...].firstIndex { $0 != " " && $0 != "\t" } ?? line.endIndex
            start = index
            guard isNamed(in: name[...]) || words.isLikely(lastWord(name)), index < line.endIndex else { continue }
            // All that stands before the next feature: a value too many is the mistake that is shown.
            while index < line.endIndex, line[index] != ")", !isAnd(line, at: index) {
                let isQuoted = line[index] == "'"
                if isQuoted { index += 1 }
                var isEscaped = false
                while index < line.endIndex {
                    let scalar = line[index]
                    if isQuoted ? scalar == "'" && !isEscaped : scalar == " " || scalar == ")" { break }
                    if scalar != "\r" { line[index] = "*" }
                    isEscaped = isQuoted && scalar == "\\" && !isEscaped
                    index += 1
                }
                if isQuoted, index < line.endIndex { index += 1 }
                while index < line.endIndex, line[index] == " " || line[index] == "\t" { index += 1 }
            }
            start = index
        }
    }

    private static func isAnd(_ line: [Unicode.Scalar], at index: Int) -> Bool {
        let rest = line[index...]
        return rest.starts(with: "and".unicodeScalars)
            && (rest.count == 3 || " \t\r".unicodeScalars.contains(rest[index + 3]))
    }

    private static func lastWord(_ bytes: [UInt8]) -> String {
        let words = String(decoding: bytes, as: UTF8.self).split { " \t(>,<".contains($0) }
        return words.last.map(String.init) ?? ""
    }
}

// MARK: - Names that nearly are those of secrets

extension Secrets {
    private static let likelyParts = ["pass", "pwd", "secret", "token", "key", "credential"].map { Array($0.utf8) }
    private static let likelyWords = [
        "password", "passwd", "passphrase", "private_key", "credentials", "secret", "token",
    ].map(Vocabulary.Word.init)
    private static let key = Vocabulary.Word("key")
    private static let sections: [FeatureRule.Section] = [
        .system, .network, .application, .ansible, .description, .option,
    ]

    /// Whether a feature of this name probably was to hold a secret: also where nothing reads the name, which may be
    /// misspelled.
    static func isLikely(_ name: String) -> Bool {
        if isSecret(name) { return true }
        guard name.utf8.count <= 200 else { return false }
        let last = Vocabulary.small(
            Array(name.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: true).last ?? [])
        if last.elementsEqual("auth".utf8) { return true }
        guard last.count >= 3, !last.starts(with: "public".utf8), !last.elementsEqual("proxy".utf8) else {
            return false
        }
        let isNear =
            holds(one: likelyParts, last) || Vocabulary.isNear(last, among: likelyWords)
            || last.split(whereSeparator: { $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }).contains { part in
                part.count >= 3 && Vocabulary.isNear(Array(part), among: likelyWords + [key])
            }
        return isNear && !sections.contains { FeatureRule.rule(for: name, in: $0) != nil }
    }

    /// Whether such a name is among the last words before a place.
    static func isLikely(before place: ArraySlice<UInt8>, words: Int = 3) -> Bool {
        let line = place.suffix(200)
        let start = line.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? line.startIndex
        return line[start...].split { !isNamePart(UInt32($0)) }
            .suffix(words).contains { isLikely(String(decoding: $0, as: UTF8.self)) }
    }

    /// A letter, a digit, `.`, `_` or `-`, or what is not ASCII.
    private static func isNamePart(_ code: UInt32) -> Bool {
        (code | 0x20) &- 0x61 < 26 || code &- 0x30 < 10 || code == 0x2E || code == 0x5F || code == 0x2D || code >= 0x80
    }

    private static let sentences: Set<String> = [
        "system", "network", "ansible", "configure", "contextualize", "description", "deploy", "include",
    ]

    /// Stars for every quoted value behind a name that is, or nearly is, that of a secret, whatever stands between them, up
    /// to the next `and` or parenthesis.
    private static func maskQuoted(_ line: inout [Unicode.Scalar], isWithinString: Bool, _ words: inout Words) {
        var index = line.startIndex
        if isWithinString { index = (line.firstIndex(of: "'") ?? line.endIndex - 1) + 1 }
        var isSecret = false
        var isSentence = false
        while index < line.endIndex {
            let scalar = line[index]
            if isNamePart(scalar.value) {
                let start = index
                while index < line.endIndex, isNamePart(line[index].value) { index += 1 }
                let word = String(String.UnicodeScalarView(line[start..<index]))
                if word == "and" {
                    isSecret = false
                } else if sentences.contains(word) {
                    isSentence = true
                } else if !isSecret {
                    isSecret = words.isLikely(word)
                } else if !isSentence, word != "is", word != "contains" {
                    // A value without quotes.
                    for position in start..<index { line[position] = "*" }
                }
                continue
            }
            index += 1
            if scalar == ")" || scalar == "(" && isSentence { (isSecret, isSentence) = (false, false) }
            guard scalar == "'" || scalar == "\"" && line[index...].contains(scalar) else { continue }
            var isEscaped = false
            while index < line.endIndex, line[index] != scalar || isEscaped {
                isEscaped = line[index] == "\\" && !isEscaped
                if isSecret, line[index] != "\r" { line[index] = "*" }
                index += 1
            }
            index += 1
        }
    }

    /// Stars for the user information of URLs: `https://user:***@host`.
    private static func maskUsers(_ line: inout [Unicode.Scalar]) {
        let ends = Set("/?# \t\r,'\"".unicodeScalars)
        var index = line.startIndex
        while index + 2 < line.endIndex {
            guard line[index] == ":", line[index + 1] == "/", line[index + 2] == "/" else {
                index += 1
                continue
            }
            let start = index + 3
            let end = line[start...].firstIndex(where: ends.contains) ?? line.endIndex
            if let at = line[start..<end].lastIndex(of: "@") {
                let colon = line[start..<at].firstIndex(of: ":")
                let isWeb = line[..<index].suffix(5).map(String.init).joined().lowercased().contains("http")
                if colon != nil || isWeb {
                    for position in (colon.map { $0 + 1 } ?? start)..<at { line[position] = "*" }
                }
            }
            index = max(end, start)
        }
    }
}

// MARK: - JSON, and texts within values

extension Secrets {
    /// Members of JSON objects whose names are those of secrets: their values become stars, up to the end of the line.
    private static func maskMembers(_ line: inout [Unicode.Scalar]) {
        let quote: Unicode.Scalar = "\""
        var index = line.startIndex
        while let start = line[index...].firstIndex(of: quote) {
            let end = endOfString(line, from: start)
            index = min(end + 1, line.endIndex)
            let colon = line[index...].firstIndex { $0 != " " && $0 != "\t" } ?? line.endIndex
            guard colon < line.endIndex, line[colon] == ":" else { continue }
            let name = String(String.UnicodeScalarView(line[start + 1..<max(start + 1, end)]))
            index = line[(colon + 1)...].firstIndex { $0 != " " && $0 != "\t" } ?? line.endIndex
            // A recipe may hold some, and no mistake is shown within it.
            guard isSecret(name) || name == "recipes", index < line.endIndex else { continue }
            let stop: Int
            switch line[index] {
            case quote:
                stop = endOfString(line, from: index)
                index += 1
            case "[", "{":
                let close: Unicode.Scalar = line[index] == "[" ? "]" : "}"
                stop = line[index...].firstIndex(of: close) ?? line.endIndex
                index += 1
            default: stop = line[index...].firstIndex { ",]} ".unicodeScalars.contains($0) } ?? line.endIndex
            }
            for position in index..<max(index, stop) where line[position] != "\r" { line[position] = "*" }
            index = min(stop + 1, line.endIndex)
        }
    }

    /// Where the string that begins at `start` has its second quote; the end of the line where it has none.
    private static func endOfString(_ line: [Unicode.Scalar], from start: Int) -> Int {
        var index = start + 1
        while index < line.endIndex, line[index] != "\"" { index += line[index] == "\\" ? 2 : 1 }
        return min(index, line.endIndex)
    }

    private static let nameParts = [
        "password", "passwd", "passphrase", "_pass", "pwd", "secret", "token", "credential", "apikey", "_key", "-key",
    ]
    private static let names: Set<String> = ["pass", "key", "auth"]

    /// A text as it may be shown: of `NAME=VALUE` and `NAME: VALUE` whose name is that of a secret the value becomes
    /// `***`, and so does the password of a URL.
    static func masked(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }) else { return text }
        let ends = Set(",;\n\r \t'\"&|)}]".utf8)
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var wordStart = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            result.append(byte)
            index += 1
            if byte == UInt8(ascii: "="), hasSecretName(bytes[wordStart..<index - 1]) {
                while index < bytes.count, ends.contains(bytes[index]), bytes[index] != UInt8(ascii: ",") {
                    result.append(bytes[index])
                    index += 1
                }
                index = skip(bytes, from: index, to: ends, &result)
            } else if byte == UInt8(ascii: ":") {
                if bytes[index...].starts(with: "//".utf8) {
                    maskUser(bytes, &index, &result)
                } else if hasSecretName(bytes[wordStart..<index - 1]) {
                    while index < bytes.count, bytes[index] == 0x20 || bytes[index] == UInt8(ascii: "\"") {
                        result.append(bytes[index])
                        index += 1
                    }
                    index = skip(bytes, from: index, to: ends, &result)
                }
            }
            if index > 0, ends.contains(bytes[index - 1]) { wordStart = index }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func hasSecretName(_ word: ArraySlice<UInt8>) -> Bool {
        guard !word.isEmpty, word.count <= 200 else { return false }
        let lower = String(decoding: word, as: UTF8.self).lowercased()
        return names.contains(lower) || nameParts.contains { lower.contains($0) }
    }

    /// - Returns: Where the value ends.
    private static func skip(
        _ bytes: [UInt8], from start: Int, to ends: Set<UInt8>, _ result: inout [UInt8]
    ) -> Int {
        var index = start
        while index < bytes.count, !ends.contains(bytes[index]) { index += 1 }
        if index > start { result += "***".utf8 }
        return index
    }

    /// `//user:password@host`, and `//token@host` where it is a web address; the position is behind the colon.
    private static func maskUser(_ bytes: [UInt8], _ index: inout Int, _ result: inout [UInt8]) {
        let ends = Set("/?# \t\n\r,'\"".utf8)
        let start = index + 2
        var end = start
        while end < bytes.count, !ends.contains(bytes[end]), end - start < 1000 { end += 1 }
        guard let at = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")) else { return }
        if let colon = bytes[start..<at].firstIndex(of: UInt8(ascii: ":")) {
            result += bytes[index...colon]
        } else {
            let scheme = String(decoding: bytes[..<(index - 1)].suffix(5), as: UTF8.self).lowercased()
            guard scheme.hasSuffix("http") || scheme.hasSuffix("https") else { return }
            result += bytes[index..<start]
        }
        result += "***".utf8
        index = at
    }
}
