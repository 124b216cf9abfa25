/// What EC3's `contains 'string'` gathers within one pair of parentheses: lists, and ports of networks, which are one string.
///
/// IM reads both as `NAME = ['…', '…']` and `outports = '…,…'`.
struct GatheredLists {
    private struct List {
        var name: String
        var texts: [String]
        var seen: Set<String>
    }

    private var lists: [List] = []
    private var positions: [String: Int] = [:]

    var isEmpty: Bool { lists.isEmpty }

    /// Adds to a list that has begun; false where none has.
    mutating func add(_ text: String, _ name: String) -> Bool {
        guard !lists.isEmpty, let position = positions[name] else { return false }
        if lists[position].seen.insert(text).inserted { lists[position].texts.append(text) }
        return true
    }

    /// Adds `NAME = '…'` or `NAME = […]` to a list that has begun; false where none has, or where it is something else.
    mutating func add(_ feature: Feature) -> Bool {
        guard positions[feature.name] != nil else { return false }
        switch feature.value {
        case .string(let text, .equal):
            for item in Self.items(text, feature.name) { _ = add(item, feature.name) }
        case .list(let texts, .equal):
            for text in texts { _ = add(text, feature.name) }
        default: return false
        }
        return true
    }

    /// Begins a list, with what the feature has already.
    ///
    /// - Returns: The conflict where it is something else.
    mutating func begin(
        _ name: String, _ text: String, _ source: SourceRange, in features: inout Features
    ) -> FeatureConflict? {
        let added = Feature(name, Self.value([text], name), source: source)
        var list = List(name: name, texts: [], seen: [])
        if let old = features[name] {
            switch old.value {
            case .string(let text, .equal): list.texts = Self.items(text, name)
            case .list(let texts, .equal): list.texts = texts
            default: return FeatureConflict(kind: .different, existing: old, added: added)
            }
        } else {
            features.append(added)
        }
        list.seen = Set(list.texts)
        positions[name] = lists.count
        lists.append(list)
        _ = add(text, name)
        return nil
    }

    /// Puts the whole lists in the places of their beginnings.
    func finish(_ features: inout Features) {
        for list in lists {
            guard let position = features.position(of: list.name) else { continue }
            features.replaceValue(at: position, with: Self.value(list.texts, list.name))
        }
    }

    private static func items(_ text: String, _ name: String) -> [String] {
        name == Feature.portsName ? text.split(separator: ",").map(String.init) : [text]
    }

    private static func value(_ texts: [String], _ name: String) -> Feature.Value {
        name == Feature.portsName
            ? .string(texts.joined(separator: ","), .equal) : .list(texts.filter { !$0.isEmpty }, .equal)
    }
}
