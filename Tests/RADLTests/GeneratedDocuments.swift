import RADL

/// Documents drawn from a generator: every sentence, every kind of value, names and texts of all sorts.
struct GeneratedDocuments {
    var generator: CountingGenerator

    init(seed: UInt64) {
        generator = CountingGenerator(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
        for _ in 0..<8 { _ = generator.next() }
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    mutating func one<Element>(of elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &generator)]
    }

    // MARK: - Texts

    static let ids = ["a", "front", "wn", "node-1", "_x", ".hidden", "b.c-d_e", "Übung9", "systems", "include", "ñ1"]
        .filter { $0.first?.isASCII == true }
    static let names = [
        "x", "cpu.count", "memory.size", "disk.0.size", "disk.1.size", "net_interface.0.ip", "price", "a.b.c", "y_min",
        "z_max", "e3", "andy", "soften", "disk.0.os.name", "step1", "class", "id",
    ]
    static let texts = [
        "", "x", "linux", "with blank", "l1\nl2", "#", "a\\nb", "C:\\dir", "ñ€🎉", "(", ")", "and", "\"double\"", "a=b",
        "[1]", "@end", "\t", "yes", "10G",
    ]
    static let units = ["", "", "", "M", "GB", "KiB", "MI", "m", "ECU", "zz"]

    mutating func text() -> String { one(of: Self.texts) }

    /// A feature as text; `level` bounds the nesting.
    mutating func feature(_ name: String, level: Int) -> String {
        let sign = one(of: ["=", "<=", ">=", "<", ">"])
        switch number(0...9) {
        case 0...2: return "\(name) \(sign) \(number(0...5000))\(one(of: Self.units))"
        case 3: return "\(name) \(sign) \(number(0...99)).\(number(0...99))\(one(of: Self.units))"
        case 4...6: return "\(name) \(chance(80) ? "=" : sign) '\(text())'"
        case 7:
            let texts = (0..<number(0...3)).map { _ in "'\(text())'" }
            return "\(name) = [\(texts.joined(separator: ", "))]"
        case 8 where level < 3:
            return
                "\(name) contains (\(one(of: ["name = 'n\(number(0...2))'", ""]))\(features(level: level + 1, leadingAnd: true)))"
        case 9 where level < 3:
            return "soft \(number(0...100)) ( \(features(level: level + 1)) )"
        default: return "\(name) = \(number(0...9))"
        }
    }

    /// Features with different names, so that nothing conflicts.
    mutating func features(level: Int, leadingAnd: Bool = false) -> String {
        var left = Self.names.shuffled(using: &generator)[...]
        let pieces = (0..<number(0...4)).compactMap { _ in left.popFirst() }.map { feature($0, level: level) }
        let blank = one(of: [" ", "\n", "\n\t", " # comment\n"])
        let joined = pieces.joined(separator: " and\(blank)")
        // A leading "and" is part of the language.
        return joined.isEmpty || !leadingAnd ? joined : " and \(joined)"
    }

    // MARK: - Documents

    mutating func document() -> String {
        var sentences: [String] = []
        let ids = Self.ids.shuffled(using: &generator)
        let systems = Array(ids.prefix(number(0...3)))
        let networks = Array(ids.suffix(number(0...2)))
        for id in networks {
            sentences.append(chance(15) ? "network \(id)" : "network \(id) (\(features(level: 0)))")
        }
        for id in systems { sentences.append(chance(10) ? "system \(id)" : "system \(id) (\(features(level: 0)))") }
        if chance(20) { sentences.append("ansible host1 (\(features(level: 0)))") }
        for id in systems where chance(50) {
            switch number(0...3) {
            case 0: sentences.append("configure \(id)")
            case 1: sentences.append("configure \(id) ()")
            default:
                let recipe = one(of: ["- tasks: []", "x: y\n  @end", "# (\n- 'quo'te", ""])
                sentences.append("configure \(id) (\n@begin\n\(recipe)\n@end\n)")
            }
        }
        if chance(30) {
            let time = chance(50) ? "\(number(0...900)) " : ""
            var lines = chance(30) ? ["option ansible_version = '2.9'"] : []
            for id in systems {
                let rest = one(of: ["", " step \(number(0...4))", " with cloud_init"])
                lines.append("system \(id) configure \(id)\(rest)")
            }
            sentences.append("contextualize \(time)(\n\(lines.joined(separator: "\n"))\n)")
        }
        for id in systems where chance(70) {
            sentences.append("deploy \(id) \(number(0...5))\(chance(30) ? " cloud\(number(1...2))" : "")")
        }
        sentences.shuffle(using: &generator)
        if sentences.isEmpty { return "" }
        if chance(30) { sentences.insert("description d (name = '\(text())')", at: 0) }
        return sentences.joined(separator: one(of: ["\n", "\n\n", " # end\n"])) + one(of: ["", "\n"])
    }
}
