extension TemplateReader {
    /// `copy: NODE`: the fields of that node, with those that are given in their places.
    func copied(_ entry: TOSCAMap.Entry, _ nodes: TOSCAMap, _ path: DocumentPath) -> TOSCAMap.Entry {
        guard var map = entry.value.map, let source = map["copy"], !source.isNull else { return entry }
        let place = path.key(entry.key).key("copy")
        map["copy"] = nil
        var result = entry
        result.value = TOSCAValue(.map(map), at: entry.value.position)
        guard let name = source.string, let other = nodes[name]?.map, name != entry.key else {
            report.unknown(
                .unknownName, "'copy' is \(source.brief), which is no other node", source.string ?? "",
                among: nodes.keys.filter { $0 != entry.key }, at: source.position, place)
            return result
        }
        guard other["copy"] == nil else {
            report.error(
                .translation, "'copy' is '\(name)', which is a copy itself", at: source.position, place,
                expected: "a node that is described itself")
            return result
        }
        for field in other.entries where map[field.key] == nil {
            map.set(field.key, field.value, at: field.keyPosition)
        }
        result.value = TOSCAValue(.map(map), at: entry.value.position)
        return result
    }

    private static let longestName = 200
    /// Words that mean something else where machines are told apart.
    private static let reservedNames: Set<String> = ["all", "ungrouped", "localhost"]

    /// Names become those of machines, groups of machines and files.
    func checkName(_ entry: TOSCAMap.Entry, _ path: DocumentPath) -> Bool {
        let name = entry.key
        let expected = "a name of letters, digits, '_', '.' and '-'"
        let message: String
        if name.isEmpty {
            message = "a node has an empty name"
        } else if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
            message = "the name of a node holds a control character"
        } else if name.utf8.count > Self.longestName {
            message =
                "the name '\(name.prefix(40))…' of a node has \(name.utf8.count) bytes, more than \(Self.longestName)"
        } else if !name.utf8.contains(where: { $0 >= 0x80 || $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a || $0 &- 0x30 <= 9 }
        ) {
            message = "the name '\(name)' of a node has neither letter nor digit"
        } else if Self.reservedNames.contains(name) {
            message = "'\(name)' cannot be the name of a node: to recipes it means something else"
        } else {
            return true
        }
        report.error(.translation, message, at: entry.keyPosition, path, expected: expected)
        return false
    }
}
