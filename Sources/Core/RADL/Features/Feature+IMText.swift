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
        if case .number = value { return Secrets.isSecret(name) ? "\(name) = ***" : imText }
        if Secrets.isLikely(name) { return "\(name) = '***'" }
        // Variables and tags hold names and values of their own.
        return switch value {
        case .string(let text, let sign): "\(name) \(sign.sign) '\(Secrets.masked(text))'"
        case .list(let texts, let sign):
            "\(name) \(sign.sign) ['\(texts.map(Secrets.masked).joined(separator: "','"))']"
        default: imText
        }
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
