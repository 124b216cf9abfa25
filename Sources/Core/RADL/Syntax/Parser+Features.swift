extension Parser {
    /// `( features )`; the current token is the parenthesis.
    /// After a mistake `features` holds what was read before it.
    mutating func parenthesizedFeatures(
        into features: inout Features, level: Int, using generator: inout some RandomNumberGenerator
    ) throws(Stop) {
        let open = token
        guard level <= Self.deepestNesting else {
            report(
                .nesting, "parentheses are nested more than \(Self.deepestNesting) levels deep", at: open,
                imText: "Line \(open.line): too many nested features")
            throw Stop()
        }
        _ = try expect(.leftParenthesis)
        if token.kind == .rightParenthesis { return advance() }
        if token.kind == .and { advance() }
        var frame = stack.begin()
        defer { features = stack.end(frame) }
        while true {
            do throws(Stop) {
                try feature(into: &frame, level: level, using: &generator)
            } catch {
                try skipFeature(depth: open.depth)
            }
            guard try separator(open: open) else { return }
        }
    }

    /// What stands behind a feature. False at the end of the features.
    private mutating func separator(open: Token) throws(Stop) -> Bool {
        switch token.kind {
        case .and:
            let word = range(of: token)
            advance()
            if token.kind == .rightParenthesis {
                report(
                    .syntax, "expected a feature behind 'and', found ')'", hint: "remove the last 'and'",
                    expected: ["a feature"], suggestion: .init(range: word, replacement: ""), at: token)
                advance()
                return false
            }
            return true
        case .rightParenthesis:
            advance()
            return false
        case .comma:
            report(
                .syntax, "expected 'and' or ')', found ','", hint: "features are separated by 'and'",
                expected: ["'and'", "')'"], replacement: " and", at: token)
            advance()
            return true
        case .name, .soft:
            if mendString() { return try separatorBehindString(open: open) }
            return try missingAnd(open: open)
        default:
            if token.kind == .end || token.beginsSentence { throw unclosed(open) }
            if mendString() { return try separatorBehindString(open: open) }
            _ = unexpected("'and' or ')'", options: ["'and'", "')'"])
            try skipFeature(depth: open.depth)
            return try separator(open: open)
        }
    }

    /// Reading goes on behind a string that was not what was meant.
    private mutating func separatorBehindString(open: Token) throws(Stop) -> Bool {
        let isFine = [.and, .rightParenthesis].contains(token.kind) || isFollowedByComparison
        if !isFine { try skipFeature(depth: open.depth) }
        return try separator(open: open)
    }

    /// A name in the place of `and`: it is misspelled, or missing.
    private mutating func missingAnd(open: Token) throws(Stop) -> Bool {
        let beginsFeature = token.kind == .soft || isFollowedByComparison
        let word = text(ofName: token)
        if !beginsFeature, word.lowercased() == "or" {
            report(
                .syntax, "there is no 'or'",
                hint: "all features hold together: write 'and', or a wish: soft WEIGHT (…)",
                expected: ["'and'", "')'"], replacement: "and", at: token)
            advance()
            return true
        }
        if !beginsFeature, Vocabulary.nearest(to: word, among: ["and"]) != nil {
            _ = unexpected(
                "'and' or ')'", hint: "did you mean 'and'?", options: ["'and'", "')'"], replacement: "and")
            advance()
            return true
        }
        _ = unexpected(
            "'and' or ')'", hint: "features are separated by 'and'", options: ["'and'", "')'"],
            replacement: beginsFeature ? "and \(word)" : nil)
        if beginsFeature { return true }
        try skipFeature(depth: open.depth)
        return try separator(open: open)
    }

    private var isFollowedByComparison: Bool {
        var ahead = lexer
        let next = ahead.next().kind
        return next.comparison != nil || next == .contains
    }

    /// After a mistake: goes on to the next `and` or `)` of the same parentheses.
    private mutating func skipFeature(depth: Int) throws(Stop) {
        while !isFull {
            switch token.kind {
            case .end: throw Stop()
            case .and where token.depth == depth: return
            case .rightParenthesis where token.depth < depth: return
            default:
                if token.beginsSentence { throw Stop() }
                advance()
            }
        }
        throw Stop()
    }

    private mutating func feature(
        into frame: inout FeatureStack.Frame, level: Int, using generator: inout some RandomNumberGenerator
    ) throws(Stop) {
        let start = token
        switch token.kind {
        case .soft:
            advance()
            let weight = try number(of: try expect(.number, hint: "write: soft WEIGHT ( features )"))
            let place = range(of: start)
            var wishes = Features()
            try parenthesizedFeatures(into: &wishes, level: level + 1, using: &generator)
            let source = place.extended(to: previousEnd)
            stack.add(soft: SoftGroup(weight: weight, features: wishes, source: source), to: &frame)
        case .name:
            let number = names.number(token.start..<token.end, in: source.bytes)
            let name = names.text(number)
            let place = range(of: token)
            advance()
            if token.kind == .contains || isMisspelledContains {
                try contained(name, number, place, into: &frame, level: level, using: &generator)
                return
            }
            drawnLength = 0
            let value = try value(of: name, using: &generator)
            var feature = Feature(name, value, source: place.extended(to: previousEnd))
            feature.drawnLength = drawnLength
            add(feature, number, to: &frame)
        default:
            let isReserved = token.kind.reservedWord != nil && isFollowedByComparison
            throw unexpected(
                "a feature", hint: isReserved ? "reserved words cannot name features; choose another name" : nil)
        }
    }

    /// `contian (` is noted, and read as what is meant.
    private var isMisspelledContains: Bool {
        token.kind == .name && Vocabulary.nearest(to: word(token), among: ["contains"]) != nil
    }

    /// `contains ( features )`, or EC3's `contains 'string'`.
    private mutating func contained(
        _ name: String, _ number: Int, _ place: SourceRange, into frame: inout FeatureStack.Frame, level: Int,
        using generator: inout some RandomNumberGenerator
    ) throws(Stop) {
        if token.kind == .name {
            _ = unexpected(
                "'=', '<=', '>=', '<', '>' or 'contains' behind '\(name)'", hint: "did you mean 'contains'?",
                options: Self.comparisonWords, replacement: "contains")
        }
        let keyword = range(of: token)
        advance()
        switch token.kind {
        case .leftParenthesis:
            var inner = Features()
            try parenthesizedFeatures(into: &inner, level: level + 1, using: &generator)
            var sets = FeatureSets()
            // One element disagrees with nothing.
            try? sets.add(FeatureSet(inner, source: keyword.extended(to: previousEnd)))
            add(Feature(name, .set(sets), source: place.extended(to: previousEnd)), number, to: &frame)
        case .string:
            let text = text(ofString: token)
            advance()
            let feature = Feature(name, .list([text], .equal), source: place.extended(to: previousEnd))
            do throws(FeatureConflict) {
                try stack.gather(text, feature, number, in: &frame)
            } catch {
                report(conflict: error)
            }
        default:
            throw unexpected(
                "'(' or a string behind 'contains'", hint: "write: \(name) contains (name = '…')",
                options: ["'('", "a string"])
        }
    }

    static let comparisonWords = ["'='", "'<='", "'>='", "'<'", "'>'", "'contains'"]

    private mutating func value(
        of name: String, using generator: inout some RandomNumberGenerator
    ) throws(Stop) -> Feature.Value {
        guard var comparison = token.kind.comparison else {
            throw unexpected(
                "'=', '<=', '>=', '<', '>' or 'contains' behind '\(name)'",
                hint: token.kind == .string || token.kind == .number ? "write: \(name) = …" : nil,
                options: Self.comparisonWords)
        }
        let sign = token
        advance()
        if let second = token.kind.comparison, token.start == sign.end {
            comparison = wrongSign(sign, comparison, second)
        }
        switch token.kind {
        case .number: return .number(Interval(comparison, try quantity()))
        case .string:
            let text = text(ofString: token)
            advance()
            return .string(text, comparison)
        case .random:
            return .string(try random(name, using: &generator), comparison)
        case .leftBracket:
            return .list(try list(), comparison)
        case .system, .network, .ansible, .configure:
            if let reference = reference() { return .string(reference, comparison) }
            fallthrough
        default: return .string(try bareWord(name), comparison)
        }
    }

    private mutating func quantity() throws(Stop) -> Quantity {
        let number = try number(of: token)
        advance()
        guard token.kind == .name, !(token.isFirstOfLine && isFollowedByComparison), !isMisspelledAnd else {
            return Quantity(number)
        }
        let unit = RADLUnit(text(ofName: token))
        advance()
        return Quantity(number, unit: unit)
    }

    /// `x = 1 AND y = 2`, `x = 1 or y = 2`: what stands in the place of the unit is no unit.
    private var isMisspelledAnd: Bool {
        let word = word(token)
        guard token.end - token.start >= 2,
            word.lowercased() == "or" || Vocabulary.nearest(to: word, among: ["and"]) != nil
        else { return false }
        var ahead = lexer
        guard ahead.next().kind == .name else { return false }
        let next = ahead.next().kind
        return next.comparison != nil || next == .contains
    }

    /// `=>`, `=<`, `==` and the like: noted, and read as what is meant.
    private mutating func wrongSign(_ first: Token, _ left: Comparison, _ right: Comparison) -> Comparison {
        let meant: Comparison =
            switch (left, right) {
            case (.equal, .greater), (.greater, .equal), (.equal, .greaterOrEqual): .greaterOrEqual
            case (.equal, .less), (.less, .equal), (.equal, .lessOrEqual): .lessOrEqual
            default: left
            }
        let place = range(of: first).extended(to: token.end)
        report(
            .syntax, "'\(source.text(of: place))' compares nothing", hint: "did you mean '\(meant.sign)'?",
            expected: Self.comparisonWords, suggestion: .init(range: place, replacement: meant.sign), at: place,
            imText: imText(unexpected: token))
        advance()
        return meant
    }

    /// EC3's `system wn` as a value: two words on one line.
    private mutating func reference() -> String? {
        var ahead = lexer
        let next = ahead.next()
        guard next.kind == .name, !next.isFirstOfLine, let keyword = token.kind.reservedWord else { return nil }
        advance()
        let id = text(ofName: token)
        advance()
        return "\(keyword) \(id)"
    }

    /// Something that is no value: a word without quotes is noted and taken for a string.
    private mutating func bareWord(_ name: String) throws(Stop) -> String {
        let expected = "a number, a string or a list as the value of '\(name)'"
        let options = ["a number", "a string", "a list"]
        guard token.kind == .name else { throw unexpected(expected, options: options) }
        // Suggestions are printed, and this one would hold the value.
        let isSecret = Secrets.isLikely(name)
        if let quoted = doubleQuoted() {
            report(
                .syntax, "strings stand in single quotes", hint: "write '…' in the place of \"…\"", expected: options,
                suggestion: isSecret ? nil : .init(range: quoted.range, replacement: "'\(quoted.text)'"),
                at: quoted.range,
                imText: imText(unexpected: token))
            resume(at: quoted.range.end)
            return quoted.text
        }
        let word = word(token)
        _ = unexpected(
            expected, hint: "strings stand in single quotes", options: options,
            replacement: isSecret ? nil : "'\(word)'")
        if !token.isFirstOfLine { advance() }
        return word
    }

    /// A string in double quotes whose first word is the current token.
    private mutating func doubleQuoted() -> (text: String, range: SourceRange)? {
        let quote = UInt8(ascii: "\"")
        let bytes = source.bytes
        guard token.start > 0, bytes[token.start - 1] == quote else { return nil }
        var end = token.start
        while end < bytes.count, bytes[end] != quote, bytes[end] != UInt8(ascii: "\n"), end - token.start < 4096 {
            if bytes[end] == UInt8(ascii: "'") || bytes[end] == UInt8(ascii: "\\") || bytes[end] == 0 { return nil }
            end += 1
        }
        guard end < bytes.count, bytes[end] == quote else { return nil }
        var first = token
        first.start -= 1
        return (
            String(decoding: bytes[token.start..<end], as: UTF8.self), range(of: first).extended(to: end + 1)
        )
    }

    private mutating func list() throws(Stop) -> [String] {
        advance()
        var texts: [String] = []
        if token.kind == .rightBracket {
            advance()
            return texts
        }
        while true {
            guard token.kind == .string else {
                throw unexpected(
                    "a string", hint: token.kind == .number ? "lists hold strings: put it in single quotes" : nil)
            }
            texts.append(text(ofString: token))
            advance()
            switch token.kind {
            case .comma: advance()
            case .rightBracket:
                advance()
                // So IM prints an empty list.
                return texts == [""] ? [] : texts
            default: throw unexpected("',' or ']'")
            }
        }
    }

    private mutating func random(
        _ name: String, using generator: inout some RandomNumberGenerator
    ) throws(Stop) -> String {
        let digits = source.bytes[(token.start + 8)..<(token.end - 2)]
        guard digits.count <= 6, let count = Int(String(decoding: digits, as: UTF8.self)),
            count <= Self.longestRandom
        else {
            report(
                .number, "at most \(Self.longestRandom) random characters are drawn", at: token,
                imText: "Line \(token.line): random() is too long")
            throw Stop()
        }
        advance()
        drawnLength = UInt16(truncatingIfNeeded: count)
        let isPassword = FeatureRule.rule(for: name, in: .system)?.kind == .strongPassword
        return RandomText.draw(count, isPassword: isPassword, using: &generator)
    }

    private mutating func add(_ feature: Feature, _ name: Int, to frame: inout FeatureStack.Frame) {
        do throws(FeatureConflict) {
            try stack.add(feature, name, to: &frame)
        } catch {
            report(conflict: error)
        }
    }

    private mutating func report(conflict: FeatureConflict) {
        let place = conflict.added.source ?? range(of: token)
        let name = conflict.added.name
        let old = conflict.existing
        let before = old.source.map { " in line \($0.line)" } ?? ""
        let isSecret = Secrets.isLikely(name)
        switch conflict.kind {
        case .disjoint:
            report(
                .conflict, "no number is both '\(conflict.added.maskedText)' and '\(old.maskedText)'\(before)",
                hint: "change or remove one of them", at: place,
                imText: "Line \(place.line): Disjoint intervals!. Involved features: \(old.imBounds)")
        case .different:
            let shown = isSecret || old.drawnLength > 0 ? "" : ": '\(old.maskedText)'"
            report(
                .conflict, "'\(name)' has another value already\(before)\(shown)",
                hint: "keep one of them", at: place,
                imText: "Line \(place.line): Conflict adding `\(conflict.added.maskedText)` because"
                    + " `\(old.maskedText)` is already set and conflict is error")
        }
    }
}
