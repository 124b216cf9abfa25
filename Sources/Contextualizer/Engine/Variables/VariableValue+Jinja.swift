import ContextualizationAPI
import Jinja

extension VariableValue {
    /// As the templates' value. Texts that are secret are added to `secrets`.
    func jinja(secrets: inout [String]) -> JinjaValue {
        switch self {
        case .null: return .none
        case .bool(let flag): return .bool(flag)
        case .integer(let number): return .int(number)
        case .number(let number): return .double(number)
        case .string(let text): return .string(text)
        case .secret(let text):
            secrets.append(text)
            return .string(text)
        case .list(let items):
            var values: [JinjaValue] = []
            for item in items { values.append(item.jinja(secrets: &secrets)) }
            return .list(values)
        case .dictionary(let entries):
            return .dict(Self.dict(entries, secrets: &secrets))
        }
    }

    /// A table of variables, in order of their names.
    static func dict(_ entries: [String: VariableValue], secrets: inout [String]) -> JinjaDict {
        var dict = JinjaDict()
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) { dict[key] = value.jinja(secrets: &secrets) }
        return dict
    }
}
