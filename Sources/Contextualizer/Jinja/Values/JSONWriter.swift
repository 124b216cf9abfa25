/// Writes JSON as Python's `json.dumps` does.
struct JSONWriter {
    /// Width of one level; `nil`: everything on one line.
    var indent: Int?
    var sortsKeys = false
    var escapesNonASCII = true
    var itemSeparator = ", "
    var keySeparator = ": "
    private var output = ""
    private var level = 0

    init(
        indent: Int? = nil, sortsKeys: Bool = false, escapesNonASCII: Bool = true, itemSeparator: String? = nil,
        keySeparator: String? = nil
    ) {
        self.indent = indent
        self.sortsKeys = sortsKeys
        self.escapesNonASCII = escapesNonASCII
        self.itemSeparator = itemSeparator ?? (indent == nil ? ", " : ",")
        self.keySeparator = keySeparator ?? ": "
    }

    func text(of value: JinjaValue) throws(JinjaError) -> String {
        var writer = self
        try writer.write(value)
        return writer.output
    }

    private mutating func write(_ value: JinjaValue) throws(JinjaError) {
        switch value {
        case .none: output += "null"
        case .bool(let flag): output += flag ? "true" : "false"
        case .int(let number): output += String(number)
        case .double(let number): output += Self.text(of: number)
        case .string(let text): write(text)
        case .list(let items), .tuple(let items):
            try write(items.count, "[", "]") { (writer, index) throws(JinjaError) in try writer.write(items[index]) }
        case .dict(let dict): try write(dict)
        case .undefined(let message): throw .undefined(message)
        case .object(let reference) where reference.object is BigInteger: output += value.text
        case .object(let reference) where reference.object is DateTimeObject: write(DateTimeObject.isoText(value))
        case .object: throw .type("Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private mutating func write(
        _ count: Int, _ open: String, _ close: String, item: (inout JSONWriter, Int) throws(JinjaError) -> Void
    ) throws(JinjaError) {
        output += open
        guard count > 0 else {
            output += close
            return
        }
        level += 1
        for index in 0..<count {
            if index > 0 { output += itemSeparator }
            breakLine()
            try item(&self, index)
        }
        level -= 1
        breakLine()
        output += close
    }

    private mutating func breakLine() {
        guard let indent else { return }
        output += "\n" + String(repeating: " ", count: indent * level)
    }

    private mutating func write(_ dict: JinjaDict) throws(JinjaError) {
        var entries: [(key: String, value: JinjaValue)] = []
        entries.reserveCapacity(dict.count)
        for (key, value) in dict { entries.append((try Self.keyText(key), value)) }
        if sortsKeys { entries.sort { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) } }
        let separator = keySeparator
        try write(entries.count, "{", "}") { (writer, index) throws(JinjaError) in
            writer.write(entries[index].key)
            writer.output += separator
            try writer.write(entries[index].value)
        }
    }

    private static func keyText(_ key: JinjaValue) throws(JinjaError) -> String {
        switch key {
        case .string(let text): text
        case .int(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        case .none: "null"
        case .double(let number): text(of: number)
        default: throw .type("keys must be str, int, float, bool or None, not \(key.typeName)")
        }
    }

    private static func text(of number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return JinjaValue.text(of: number)
    }

    private mutating func write(_ text: String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case "\u{08}": output += "\\b"
            case "\u{0c}": output += "\\f"
            default:
                if scalar.value < 0x20 || (escapesNonASCII && scalar.value > 0x7e) {
                    for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
                        let digits = String(unit, radix: 16)
                        output += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                    }
                } else {
                    output.unicodeScalars.append(scalar)
                }
            }
        }
        output += "\""
    }
}

extension JinjaValue {
    /// JSON text of plain data, in Python's spacing (`{"a": [1, 2]}`).
    ///
    /// - Parameters:
    ///   - indent: width of one level; `nil` writes one line.
    ///   - sortsKeys: alphabetical order instead of the dict's own.
    ///   - escapesNonASCII: `\u00e9` instead of the character.
    public func json(indent: Int? = nil, sortsKeys: Bool = false, escapesNonASCII: Bool = false) throws(JinjaError)
        -> String
    {
        try JSONWriter(indent: indent, sortsKeys: sortsKeys, escapesNonASCII: escapesNonASCII).text(of: self)
    }
}
