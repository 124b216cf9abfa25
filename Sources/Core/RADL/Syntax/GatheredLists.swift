/// What EC3's `contains 'string'` gathers within one pair of parentheses: lists, and ports of networks, which are one
/// string.
///
/// IM reads both as `NAME = ['…', '…']` and `outports = '…,…'`.
struct GatheredLists {
    struct List {
        var name: String
        /// Of the feature that the list is the value of.
        var position: Int
        var texts: [String]
        var seen: Set<String>

        var value: Feature.Value {
            name == Feature.portsName
                ? .string(texts.joined(separator: ","), .equal) : .list(texts == [""] ? [] : texts, .equal)
        }
    }

    private(set) var lists: [List] = []
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

    /// Begins a list with what the feature holds already; false where that is no list and no string.
    mutating func begin(_ name: String, after value: Feature.Value?, at position: Int) -> Bool {
        let texts: [String]
        switch value {
        case nil: texts = []
        case .string(let text, .equal): texts = Self.items(text, name)
        case .list(let list, .equal): texts = list
        default: return false
        }
        positions[name] = lists.count
        lists.append(List(name: name, position: position, texts: texts, seen: Set(texts)))
        return true
    }

    private static func items(_ text: String, _ name: String) -> [String] {
        name == Feature.portsName ? text.split(separator: ",").map(String.init) : [text]
    }
}
