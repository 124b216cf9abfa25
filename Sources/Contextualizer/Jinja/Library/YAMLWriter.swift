/// Writes YAML in the form that Ansible gives it (PyYAML over libyaml's emitter), which recipes compare files with: same
/// quoting, same folding at the width, lists in mappings not indented.
struct YAMLWriter {
    enum Style: Sendable {
        case block
        case flow
        /// Collections of scalars on one line, the others in blocks.
        case mixed
    }

    var style = Style.block
    var indent = 2
    var width = 80
    var sortsKeys = true
    var hasDocumentStart = false

    func text(of value: JinjaValue) throws(JinjaError) -> String {
        var emitter = YAMLEmitter(
            style: style, bestIndent: (2..<10).contains(indent) ? indent : 2,
            bestWidth: width > indent * 2 ? width : 80, sortsKeys: sortsKeys)
        return try emitter.document(value, hasStart: hasDocumentStart)
    }
}

/// The state of one document being written. The names of the fields follow the emitter that it reproduces: where the
/// text stands, and whether only whitespace or indentation was written on the line.
struct YAMLEmitter {
    struct Place {
        var isMapping = false
        var isSimpleKey = false
    }

    let style: YAMLWriter.Style
    let bestIndent: Int
    let bestWidth: Int
    let sortsKeys: Bool
    private(set) var output = String.UnicodeScalarView()
    private(set) var column = 0
    private(set) var hasWhitespace = true
    private(set) var hasIndentation = true
    private var indent: Int?
    private var flowLevel = 0

    init(style: YAMLWriter.Style, bestIndent: Int, bestWidth: Int, sortsKeys: Bool) {
        self.style = style
        self.bestIndent = bestIndent
        self.bestWidth = bestWidth
        self.sortsKeys = sortsKeys
    }

    mutating func document(_ value: JinjaValue, hasStart: Bool) throws(JinjaError) -> String {
        if hasStart {
            writeIndicator("---", needsSpace: true)
        }
        try node(value, Place())
        writeIndent()
        return String(output)
    }

    // MARK: Nodes

    private mutating func node(_ value: JinjaValue, _ place: Place) throws(JinjaError) {
        switch value {
        case .list(let items), .tuple(let items): try sequence(items, place)
        case .dict(let dict): try mapping(sorted(dict), place)
        default: try scalar(value, place)
        }
    }

    private func sorted(_ dict: JinjaDict) -> [(JinjaValue, JinjaValue)] {
        let entries = dict.map { ($0.key, $0.value) }
        guard sortsKeys else { return entries }
        // Keys that have no order among them stay as they are, as PyYAML leaves them.
        return (try? entries.sorted { try $0.0.isLess(than: $1.0) }) ?? entries
    }

    private func isScalar(_ value: JinjaValue) -> Bool {
        switch value {
        case .list, .tuple, .dict: false
        default: true
        }
    }

    private func isFlow(_ children: [JinjaValue]) -> Bool {
        if flowLevel > 0 || children.isEmpty { return true }
        switch style {
        case .block: return false
        case .flow: return true
        case .mixed: return children.allSatisfy(isScalar)
        }
    }

    private mutating func indented<Result>(
        inFlow: Bool, isIndentless: Bool = false, _ body: (inout YAMLEmitter) throws(JinjaError) -> Result
    ) throws(JinjaError) -> Result {
        let outer = indent
        if let current = indent {
            if !isIndentless { indent = current + bestIndent }
        } else {
            indent = inFlow ? bestIndent : 0
        }
        defer { indent = outer }
        return try body(&self)
    }

    private mutating func sequence(_ items: [JinjaValue], _ place: Place) throws(JinjaError) {
        if isFlow(items) {
            writeIndicator("[", needsSpace: true, isWhitespace: true)
            flowLevel += 1
            try indented(inFlow: true) { (emitter) throws(JinjaError) in
                for (index, item) in items.enumerated() {
                    if index > 0 { emitter.writeIndicator(",", needsSpace: false) }
                    if emitter.column > emitter.bestWidth { emitter.writeIndent() }
                    try emitter.node(item, Place())
                }
            }
            flowLevel -= 1
            writeIndicator("]", needsSpace: false)
            return
        }
        let isIndentless = place.isMapping && !hasIndentation
        try indented(inFlow: false, isIndentless: isIndentless) { (emitter) throws(JinjaError) in
            for item in items {
                emitter.writeIndent()
                emitter.writeIndicator("-", needsSpace: true, isIndentation: true)
                try emitter.node(item, Place())
            }
        }
    }

    private mutating func mapping(
        _ entries: [(JinjaValue, JinjaValue)], _ place: Place
    ) throws(JinjaError) {
        if isFlow(entries.flatMap { [$0.0, $0.1] }) {
            writeIndicator("{", needsSpace: true, isWhitespace: true)
            flowLevel += 1
            try indented(inFlow: true) { (emitter) throws(JinjaError) in
                for (index, entry) in entries.enumerated() {
                    if index > 0 { emitter.writeIndicator(",", needsSpace: false) }
                    if emitter.column > emitter.bestWidth { emitter.writeIndent() }
                    try emitter.flowEntry(entry.0, entry.1)
                }
            }
            flowLevel -= 1
            writeIndicator("}", needsSpace: false)
            return
        }
        try indented(inFlow: false) { (emitter) throws(JinjaError) in
            for (key, value) in entries {
                emitter.writeIndent()
                if emitter.isSimpleKey(key) {
                    try emitter.node(key, Place(isMapping: true, isSimpleKey: true))
                    emitter.writeIndicator(":", needsSpace: false)
                } else {
                    emitter.writeIndicator("?", needsSpace: true, isIndentation: true)
                    try emitter.node(key, Place(isMapping: true))
                    emitter.writeIndent()
                    emitter.writeIndicator(":", needsSpace: true, isIndentation: true)
                }
                try emitter.node(value, Place(isMapping: true))
            }
        }
    }

    private mutating func flowEntry(_ key: JinjaValue, _ value: JinjaValue) throws(JinjaError) {
        if isSimpleKey(key) {
            try node(key, Place(isMapping: true, isSimpleKey: true))
            writeIndicator(":", needsSpace: false)
        } else {
            writeIndicator("?", needsSpace: true)
            try node(key, Place(isMapping: true))
            if column > bestWidth { writeIndent() }
            writeIndicator(":", needsSpace: true)
        }
        try node(value, Place(isMapping: true))
    }

    private func isSimpleKey(_ key: JinjaValue) -> Bool {
        switch key {
        case .string(let text):
            return text.utf8.count <= 128 && !text.unicodeScalars.contains(where: YAMLText.isBreak)
        case .list(let items), .tuple(let items): return items.isEmpty
        case .dict(let dict): return dict.isEmpty
        default: return true
        }
    }

    // MARK: Scalars

    private mutating func scalar(_ value: JinjaValue, _ place: Place) throws(JinjaError) {
        switch value {
        case .none: try write("null", as: .plain, place)
        case .bool(let flag): try write(flag ? "true" : "false", as: .plain, place)
        case .int(let number): try write(String(number), as: .plain, place)
        case .double(let number): try write(Self.text(of: number), as: .plain, place)
        case .string(let text):
            try write(text, as: YAMLText(text).style(inFlow: flowLevel > 0, isKey: place.isSimpleKey), place)
        case .undefined(let message): throw .undefined(message)
        case .object where value.digitsOfBigInteger != nil || value.python is DateTimeObject:
            try write(value.text, as: .plain, place)
        default: throw .type("cannot represent an object of type \(value.typeName) in YAML")
        }
    }

    private static func text(of number: Double) -> String {
        if number.isNaN { return ".nan" }
        if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
        let text = JinjaValue.text(of: number)
        guard !text.contains("."), let mark = text.firstIndex(of: "e") else { return text }
        return text[..<mark] + ".0" + text[mark...]
    }

    private mutating func write(_ text: String, as style: YAMLText.Style, _ place: Place) throws(JinjaError) {
        try indented(inFlow: true) { (emitter) throws(JinjaError) in
            switch style {
            case .plain: emitter.writePlain(text.scalars, mayFold: !place.isSimpleKey)
            case .singleQuoted: emitter.writeSingleQuoted(text.scalars, mayFold: !place.isSimpleKey)
            case .doubleQuoted: emitter.writeDoubleQuoted(text.scalars, mayFold: !place.isSimpleKey)
            }
        }
    }

    private mutating func write(_ scalars: some Sequence<Unicode.Scalar>) {
        for scalar in scalars {
            output.append(scalar)
            column += 1
        }
    }

    private mutating func writePlain(_ text: [Unicode.Scalar], mayFold: Bool) {
        guard !text.isEmpty else { return }
        if !hasWhitespace { write(" ".unicodeScalars) }
        hasWhitespace = false
        hasIndentation = false
        for run in YAMLText.runs(text) {
            if text[run.lowerBound] == " ", run.count == 1, column > bestWidth, mayFold {
                writeIndent()
                hasWhitespace = false
                hasIndentation = false
            } else {
                write(text[run])
            }
        }
    }

    private mutating func writeSingleQuoted(_ text: [Unicode.Scalar], mayFold: Bool) {
        writeIndicator("'", needsSpace: true)
        for run in YAMLText.runs(text) {
            let first = text[run.lowerBound]
            if first == " " {
                let isInside = run.lowerBound != 0 && run.upperBound != text.count
                if run.count == 1, column > bestWidth, mayFold, isInside { writeIndent() } else { write(text[run]) }
            } else if YAMLText.isBreak(first) {
                if first == "\n" { writeLineBreak("\n") }
                for scalar in text[run] { writeLineBreak(scalar) }
                writeIndent()
            } else {
                for scalar in text[run] {
                    if scalar == "'" { write("''".unicodeScalars) } else { write(CollectionOfOne(scalar)) }
                }
            }
        }
        writeIndicator("'", needsSpace: false)
    }

    private mutating func writeDoubleQuoted(_ text: [Unicode.Scalar], mayFold: Bool) {
        writeIndicator("\"", needsSpace: true)
        var start = 0
        var end = 0
        while end <= text.count {
            let scalar = end < text.count ? text[end] : nil
            if scalar.map(YAMLText.needsEscape) ?? true {
                if start < end {
                    write(text[start..<end])
                    start = end
                }
                if let scalar {
                    write(YAMLText.escape(scalar).unicodeScalars)
                    start = end + 1
                }
            }
            if end > 0, end < text.count - 1, scalar == " " || start >= end, column + (end - start) > bestWidth, mayFold
            {
                if start < end { write(text[start..<end]) }
                write("\\".unicodeScalars)
                if start < end { start = end }
                writeIndent()
                hasWhitespace = false
                hasIndentation = false
                if text[start] == " " { write("\\".unicodeScalars) }
            }
            end += 1
        }
        writeIndicator("\"", needsSpace: false)
    }

    // MARK: Marks and lines

    private mutating func writeIndicator(
        _ indicator: String, needsSpace: Bool, isWhitespace: Bool = false, isIndentation: Bool = false
    ) {
        if !hasWhitespace, needsSpace { write(" ".unicodeScalars) }
        hasWhitespace = isWhitespace
        hasIndentation = hasIndentation && isIndentation
        write(indicator.unicodeScalars)
    }

    private mutating func writeIndent() {
        let indent = indent ?? 0
        if !hasIndentation || column > indent || (column == indent && !hasWhitespace) { writeLineBreak("\n") }
        if column < indent {
            hasWhitespace = true
            write(repeatElement(" ", count: indent - column))
        }
    }

    private mutating func writeLineBreak(_ scalar: Unicode.Scalar) {
        hasWhitespace = true
        hasIndentation = true
        output.append(scalar)
        column = 0
    }
}
