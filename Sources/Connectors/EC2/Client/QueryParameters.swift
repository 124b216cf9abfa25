import HTTPTransport

/// Parameters of EC2's Query API in their order: `Filter.1.Name=…`.
struct QueryParameters: Sendable, Hashable {
    private(set) var pairs: [Pair] = []
    private var filterCount = 0

    struct Pair: Sendable, Hashable {
        var name: String
        var value: String
    }

    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        pairs.append(Pair(name: name, value: value))
    }

    mutating func add(_ name: String, _ value: Int?) {
        add(name, value.map(String.init))
    }

    /// `Name.1`, `Name.2`, …
    mutating func add(list name: String, _ values: [String]) {
        for (index, value) in values.enumerated() { add("\(name).\(index + 1)", value) }
    }

    /// Adds a filter: one of the values, in which `*` and `?` match themselves.
    mutating func filter(_ name: String, _ values: [String]) {
        filter(pattern: name, values.map(Self.escaped))
    }

    /// Adds a filter whose values may have `*` and `?`.
    mutating func filter(pattern name: String, _ values: [String]) {
        filterCount += 1
        add("Filter.\(filterCount).Name", name)
        add(list: "Filter.\(filterCount).Value", values)
    }

    /// Adds a filter for each tag.
    mutating func filter(tags: [String: String]) {
        for (key, value) in tags.sorted(by: { $0.key < $1.key }) { filter("tag:\(key)", [value]) }
    }

    /// `TagSpecification.N`: tags that are there from the creation on, so that nothing is ever without an owner.
    mutating func add(tagSpecification number: Int, _ type: String, _ tags: [String: String]) {
        guard !tags.isEmpty else { return }
        let prefix = "TagSpecification.\(number)"
        add("\(prefix).ResourceType", type)
        for (index, tag) in tags.sorted(by: { $0.key < $1.key }).enumerated() {
            add("\(prefix).Tag.\(index + 1).Key", tag.key)
            add("\(prefix).Tag.\(index + 1).Value", tag.value)
        }
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("*", with: "\\*").replacing("?", with: "\\?")
    }

    /// The body of the request.
    var form: String {
        PercentEncoding.form(pairs.map { ($0.name, $0.value) })
    }

    subscript(name: String) -> String? {
        pairs.first { $0.name == name }?.value
    }
}
