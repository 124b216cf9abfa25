extension Parser {
    /// `( features )`; the current token is the parenthesis.
    mutating func parenthesizedFeatures(
        level: Int, using generator: inout some RandomNumberGenerator
    ) throws(Stop) -> Features {
        let open = token
        guard level <= Self.deepestNesting else {
            report(
                .nesting, "parentheses are nested more than \(Self.deepestNesting) levels deep", at: open,
                imText: "Line \(open.line): too many nested features")
            throw Stop()
        }
        _ = try expect(.leftParenthesis)
        var features = Features()
        if token.kind == .rightParenthesis {
            advance()
            return features
        }
        if token.kind == .and { advance() }
        while true {
            do throws(Stop) {
                try feature(into: &features, level: level, using: &generator)
            } catch {
                try skipFeature(depth: open.depth)
            }
            if try separator(open: open) { continue }
            features.shrink()
            return features
        }
    }

    /// What stands behind a feature. False at the end of the features.
    private mutating func separator(open: Token) throws(Stop) -> Bool {
        switch token.kind {
        case .and:
            advance()
            if token.kind == .rightParenthesis {
                report(.syntax, "expected a feature behind 'and', found ')'", hint: "remove the last 'and'", at: token)
                advance()
                return false
            }
            return true
        case .rightParenthesis:
            advance()
            return false
        case .comma:
            report(.syntax, "expected 'and' or ')', found ','", hint: "features are separated by 'and'", at: token)
            advance()
            return true
        case .name, .soft:
            let hint =
                Vocabulary.nearest(to: text(ofName: token), among: ["and"]) != nil
                ? "did you mean 'and'?" : "features are separated by 'and'"
            _ = unexpected("'and' or ')'", hint: hint)
            if token.isFirstOfLine, token.kind == .soft || isFollowedByComparison { return true }
            try skipFeature(depth: open.depth)
            return try separator(open: open)
        default:
            if token.kind == .end || beginsSentence { throw unclosed(open) }
            _ = unexpected("'and' or ')'")
            try skipFeature(depth: open.depth)
            return try separator(open: open)
        }
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
                if beginsSentence { throw Stop() }
                advance()
            }
        }
        throw Stop()
    }

    private mutating func feature(
        into features: inout Features, level: Int, using generator: inout some RandomNumberGenerator
    ) throws(Stop) {
        let start = token
        switch token.kind {
        case .soft:
            advance()
            let weight = try number(of: try expect(.number, hint: "write: soft WEIGHT ( features )"))
            let place = range(of: start)
            let wishes = try parenthesizedFeatures(level: level + 1, using: &generator)
            let source = place.extended(to: previousEnd)
            let group = SoftGroup(weight: weight, features: wishes, source: source)
            add(Feature(Feature.softName, .softs([group]), source: source), to: &features)
        case .name:
            let name = text(ofName: token)
            let place = range(of: token)
            advance()
            let value = try value(of: name, level: level, using: &generator)
            add(Feature(name, value, source: place.extended(to: previousEnd)), to: &features)
        default:
            let isReserved = token.kind.reservedWord != nil && isFollowedByComparison
            throw unexpected(
                "a feature", hint: isReserved ? "reserved words cannot name features; choose another name" : nil)
        }
    }

    private mutating func value(
        of name: String, level: Int, using generator: inout some RandomNumberGenerator
    ) throws(Stop) -> Feature.Value {
        if token.kind == .contains {
            let place = range(of: token)
            advance()
            guard token.kind == .leftParenthesis else {
                throw unexpected("'(' behind 'contains'", hint: "write: \(name) contains (name = '…')")
            }
            let inner = try parenthesizedFeatures(level: level + 1, using: &generator)
            var sets = FeatureSets()
            do throws(FeatureConflict) {
                try sets.add(FeatureSet(inner, source: place.extended(to: previousEnd)))
            } catch {
                throw Stop()
            }
            return .set(sets)
        }
        guard let comparison = token.kind.comparison else {
            let word = token.kind == .name ? text(ofName: token) : ""
            let nearest = Vocabulary.nearest(to: word, among: ["contains"])
            throw unexpected(
                "'=', '<=', '>=', '<', '>' or 'contains' behind '\(name)'",
                hint: nearest.map { "did you mean '\($0)'?" })
        }
        advance()
        switch token.kind {
        case .number:
            let number = try number(of: token)
            advance()
            var unit = RADLUnit.none
            if token.kind == .name, !(token.isFirstOfLine && isFollowedByComparison) {
                unit = RADLUnit(text(ofName: token))
                advance()
            }
            return .number(Interval(comparison, Quantity(number, unit: unit)))
        case .string:
            let text = text(ofString: token)
            advance()
            return .string(text, comparison)
        case .random:
            return .string(try random(using: &generator), comparison)
        case .leftBracket:
            return .list(try list(), comparison)
        default:
            let isWord = token.kind == .name
            throw unexpected(
                "a number, a string or a list as the value of '\(name)'",
                hint: isWord ? "strings stand in single quotes" : nil)
        }
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
            // IM leaves empty strings out, and prints an empty list as [''].
            let text = text(ofString: token)
            if !text.isEmpty { texts.append(text) }
            advance()
            switch token.kind {
            case .comma: advance()
            case .rightBracket:
                advance()
                return texts
            default: throw unexpected("',' or ']'")
            }
        }
    }

    private mutating func random(using generator: inout some RandomNumberGenerator) throws(Stop) -> String {
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
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        let drawn = (0..<count).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] }
        return String(decoding: drawn, as: UTF8.self)
    }

    private mutating func add(_ feature: Feature, to features: inout Features) {
        do throws(FeatureConflict) {
            try features.add(feature)
        } catch {
            report(conflict: error, in: feature)
        }
    }

    private mutating func report(conflict: FeatureConflict, in feature: Feature) {
        let place = feature.source ?? range(of: token)
        let name = conflict.added.name
        let old = conflict.existing
        let before = old.source.map { " in line \($0.line)" } ?? ""
        let isSecret = Secrets.isSecret(name)
        switch conflict.kind {
        case .disjoint:
            report(
                .conflict, "no number is both '\(conflict.added.imText)' and '\(old.imText)'\(before)",
                hint: "change or remove one of them", at: place,
                imText: "Line \(place.line): Disjoint intervals!. Involved features: \(old.imBounds)")
        case .different:
            let shown = isSecret ? "" : ": '\(old.imText)'"
            report(
                .conflict, "'\(name)' has another value already\(before)\(shown)",
                hint: "keep one of them", at: place,
                imText: "Line \(place.line): Conflict adding `\(conflict.added.maskedText)` because"
                    + " `\(old.maskedText)` is already set and conflict is error")
        }
    }
}

extension Feature {
    /// One feature as IM prints it in messages.
    var imText: String {
        switch value {
        case .number(let interval):
            interval.bounds.map { "\(name) \($0.comparison.sign) \($0.quantity)" }.joined(separator: " and ")
        case .string(let text, let sign): "\(name) \(sign.sign) '\(text)'"
        case .list(let texts, let sign): "\(name) \(sign.sign) ['\(texts.joined(separator: "','"))']"
        case .set: "\(name) contains (…)"
        case .softs: "soft"
        }
    }

    /// ``imText`` without the value of a secret.
    var maskedText: String {
        if case .number = value { return imText }
        return Secrets.isSecret(name) ? "\(name) = '***'" : imText
    }

    /// The ends of a number as IM prints them.
    var imBounds: String {
        guard case .number(let interval) = value else { return "[]" }
        let ends = [interval.lower, interval.upper].map { bound in
            bound.map { "'\(name) \($0.comparison.sign) \($0.quantity)'" } ?? "'None'"
        }
        return "[\(ends.joined(separator: ", "))]"
    }
}
