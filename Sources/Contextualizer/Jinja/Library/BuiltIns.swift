/// The filters, tests and globals that every environment has.
enum BuiltIns {
    static let filters: [String: JinjaFunction] = [
        textFilters, numberFilters, sequenceFilters, selectionFilters, htmlFilters, ansibleDataFilters,
        ansibleTextFilters, ansibleSetFilters, pathFilters, serializationFilters, digestFilters, timeFilters,
    ].reduce(into: [:]) { all, part in all.merge(part) { _, new in new } }

    static let tests: [String: JinjaFunction] = jinjaTests.merging(ansibleTests) { _, ansible in ansible }
}

extension JinjaArguments {
    /// The filtered value.
    var subject: JinjaValue { positional.first ?? .none }

    func text(_ position: Int, _ name: String) throws(JinjaError) -> String? {
        switch value(position, name) {
        case nil, .some(.none): return nil
        case let value?: return value.text
        }
    }

    func int(_ position: Int, _ name: String) throws(JinjaError) -> Int? {
        guard let value = value(position, name), !value.isNone else { return nil }
        switch value.number {
        case .int(let number): return number
        case .double(let number): return try Numbers.truncated(.double(number))
        case nil:
            throw .type("argument '\(name)' must be an integer, not \(value.typeName)")
        }
    }

    func flag(_ position: Int, _ name: String, default fallback: Bool = false) -> Bool {
        value(position, name)?.isTrue ?? fallback
    }
}

extension JinjaValue {
    static func strings(_ texts: some Sequence<String>) -> JinjaValue { .list(texts.map(JinjaValue.string)) }
}

/// The `attribute` argument of filters: `a.b`, `0`, or several after commas.
struct AttributePath {
    private let parts: [JinjaValue]
    private let fallback: JinjaValue?

    init(_ value: JinjaValue, fallback: JinjaValue? = nil) {
        self.fallback = fallback
        if case .string(let text) = value {
            parts = text.split(separator: ".", omittingEmptySubsequences: false).map {
                Int($0).map(JinjaValue.int) ?? .string(String($0))
            }
        } else {
            parts = value.isNone ? [] : [value]
        }
    }

    /// Paths of `a,b`.
    static func several(_ value: JinjaValue) -> [AttributePath] {
        guard case .string(let text) = value else { return [AttributePath(value)] }
        return text.split(separator: ",").map { AttributePath(.string(String($0))) }
    }

    func get(_ item: JinjaValue, _ context: JinjaContext) throws(JinjaError) -> JinjaValue {
        var value = item
        for part in parts {
            value = try context.item(value, part)
            if value.isUndefined, let fallback { value = fallback }
        }
        return value
    }
}

/// Compares text without regard to case where a filter says so.
enum CaseFolding {
    static func fold(_ value: JinjaValue) -> JinjaValue {
        if case .string(let text) = value { return .string(text.lowercased()) }
        return value
    }
}
