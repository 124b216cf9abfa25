import Foundation
import Jinja

extension PythonPattern {
    /// The same pattern as an extended regular expression for `grep -E`.
    ///
    /// - Throws: ``ModuleError`` for what such an expression cannot say (lookaround, back references by name).
    static func extendedExpression(of pattern: String) throws(ModuleError) -> String {
        var result = ""
        var rest = Substring(pattern)
        while let character = rest.first {
            rest = rest.dropFirst()
            switch character {
            case "\\":
                guard let next = rest.first else { break }
                rest = rest.dropFirst()
                switch next {
                case "d": result += "[0-9]"
                case "D": result += "[^0-9]"
                case "s": result += "[[:space:]]"
                case "S": result += "[^[:space:]]"
                case "w": result += "[[:alnum:]_]"
                case "W": result += "[^[:alnum:]_]"
                case "A": result += "^"
                case "Z": result += "$"
                default: result += "\\" + String(next)
                }
            case "(" where rest.first == "?":
                if rest.hasPrefix("?:") {
                    rest = rest.dropFirst(2)
                } else if rest.hasPrefix("?P<"), let end = rest.firstIndex(of: ">") {
                    rest = rest[rest.index(after: end)...]
                } else {
                    throw ModuleError(
                        code: .invalidArgument,
                        message: "search_regex '\(pattern)': (?\(rest.dropFirst().prefix(1)) is not supported here")
                }
                result.append("(")
            case "*", "+", "?", "}":
                result.append(character)
                if rest.first == "?" { rest = rest.dropFirst() }
            default: result.append(character)
            }
        }
        return result
    }

    /// The groups of the first match: all in order, and those with a name.
    func groups(of text: String) -> (all: [JinjaValue], named: JinjaDict)? {
        guard let match = firstMatch(in: text) else { return nil }
        let all = (1..<max(1, match.numberOfRanges)).map { index -> JinjaValue in
            Range(match.range(at: index), in: text).map { .string(String(text[$0])) } ?? .none
        }
        var named = JinjaDict()
        for name in names {
            named[name] =
                Range(match.range(withName: name), in: text).map { .string(String(text[$0])) } ?? JinjaValue.none
        }
        return (all, named)
    }

    private var names: [String] {
        source.split(separator: "(?<").dropFirst(source.hasPrefix("(?<") ? 0 : 1).compactMap { part in
            part.firstIndex(of: ">").map { String(part[..<$0]) }
        }.filter { !$0.isEmpty && $0.first != "=" && $0.first != "!" }
    }
}
