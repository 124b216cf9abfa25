/// Values of secrets that lie behind the line of their feature's name, as keys do that have many lines: excerpts of those
/// lines show no name that would tell.
///
/// Found by two readings of the text, each linear. One knows where strings begin and end; the other takes every quote
/// behind `NAME SIGN` for the beginning of a value, since a text with mistakes may have a quote too few.
struct SecretSpans {
    /// What lies between quotes, in order; one list for each reading.
    private var readings: [[Range<Int>]]

    init(_ bytes: [UInt8]) {
        let isJSON = RADLSource.isJSON(bytes)
        readings = bytes.withUnsafeBufferPointer { bytes in
            let ways: [SecretReading.Way] = isJSON ? [.json] : [.strings, .quotes]
            return ways.map { way in
                var reading = SecretReading(bytes, way)
                reading.read()
                return reading.found
            }
        }
    }

    /// Those that have bytes in a range.
    func within(_ range: Range<Int>) -> [Range<Int>] {
        readings.flatMap { spans in
            var (low, high) = (0, spans.count)
            while low < high {
                let middle = (low + high) / 2
                if spans[middle].upperBound <= range.lowerBound { low = middle + 1 } else { high = middle }
            }
            return spans[low...].prefix { $0.lowerBound < range.upperBound }
        }
    }
}

/// One reading of a text.
private struct SecretReading {
    enum Way {
        /// Strings and what lies between them.
        case strings
        /// Every quote may begin a value.
        case quotes
        case json
    }

    /// Names that are looked at: behind so many all values are taken for secrets.
    private static let mostNames = 20_000

    private let bytes: UnsafeBufferPointer<UInt8>
    private let way: Way
    private var index = 0
    private var lastNewline = -1
    /// The last name, and whether a sign stands behind it.
    private var name: Range<Int>?
    private var hasSign = false
    /// No quote of the kind follows that ends a string.
    private var isOpen: [Bool] = [false, false]
    /// No recipe that begins here has an end.
    private var endless = false
    private var names = 0
    private var words = Secrets.Words()
    private(set) var found: [Range<Int>] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ way: Way) {
        self.bytes = bytes
        self.way = way
    }

    mutating func read() {
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\n"):
                lastNewline = index
                index += 1
            case UInt8(ascii: "'") where way != .json, UInt8(ascii: "\""): quote(byte)
            case _ where way == .json: index += 1
            case UInt8(ascii: "#") where way == .strings || index == 0 || bytes[index - 1] <= 0x20:
                while index < bytes.count, bytes[index] != 0x0A { index += 1 }
            case UInt8(ascii: "@") where hasWord("@begin", at: index): skipRecipe()
            case UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: ">"):
                hasSign = name != nil
                index += 1
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "]"):
                forget()
                index += 1
            case _ where Lexer.isNamePart(byte): word()
            default: index += 1
            }
        }
    }

    private mutating func forget() { (name, hasSign) = (nil, false) }

    private mutating func word() {
        let start = index
        while index < bytes.count, Lexer.isNamePart(bytes[index]) { index += 1 }
        let word = start..<index
        if isText(word, "and") { return forget() }
        if name != nil, !hasSign, isText(word, "is") || isText(word, "contains") { return }
        (name, hasSign) = (word, false)
    }

    private func isText(_ word: Range<Int>, _ text: StaticString) -> Bool {
        word.count == text.utf8CodeUnitCount && hasWord(text, at: word.lowerBound)
    }

    private func hasWord(_ word: StaticString, at start: Int) -> Bool {
        start + word.utf8CodeUnitCount <= bytes.count && Self.isWord(word, bytes, start)
    }

    private static func isWord(_ word: StaticString, _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        word.withUTF8Buffer { wanted in
            for offset in 0..<wanted.count where bytes[start + offset] != wanted[offset] { return false }
            return true
        }
    }

    private mutating func skipRecipe() {
        var line = endless ? bytes.count : index
        while line < bytes.count {
            while line < bytes.count, bytes[line] != 0x0A { line += 1 }
            line += 1
            guard line < bytes.count, bytes[line] == UInt8(ascii: "@"), hasWord("@end", at: line) else { continue }
            (index, lastNewline) = (line + 4, line - 1)
            return forget()
        }
        // Nor does a later one.
        endless = true
        index += 6
    }

    // MARK: - Values

    private mutating func quote(_ kind: UInt8) {
        let start = index
        if way == .json { return member(start) }
        let isValue = name != nil && (hasSign || way == .strings)
        // A string in double quotes is a mistake that is made.
        guard isValue || way == .strings && kind == UInt8(ascii: "'") else {
            index += 1
            return
        }
        let end = end(ofStringAt: start, kind)
        let isLeftOpen = end.map { OpenString.endsWithFeature(bytes[start + 1..<$0]) } ?? true
        let newline = end.map { lastNewline(from: start, to: $0) } ?? bytes.count
        if isValue, let name, newline > name.lowerBound, isSecret(name) {
            // Reading goes on behind it: nothing is looked at twice.
            let stop = isLeftOpen ? lineEnd(ofOpen: start + 1, before: end ?? bytes.count) : end ?? bytes.count
            found.append(start + 1..<stop)
            lastNewline = isLeftOpen ? lastNewline(from: start, to: stop) : newline
            index = stop == end ? stop + 1 : stop
            return
        }
        guard way == .strings, kind == UInt8(ascii: "'"), let end, !isLeftOpen else {
            index += 1
            return
        }
        lastNewline = newline
        index = end + 1
    }

    /// A string of JSON: with a colon behind it a name, else a value.
    private mutating func member(_ start: Int) {
        let end = end(ofStringAt: start, UInt8(ascii: "\"")) ?? bytes.count
        var next = end + 1
        while next < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[next]) { next += 1 }
        if next < bytes.count, bytes[next] == UInt8(ascii: ":") {
            (name, hasSign) = (start + 1..<end, true)
        } else if let name {
            lastNewline = lastNewline(from: start, to: end)
            if lastNewline > name.lowerBound, isSecret(name) { found.append(start + 1..<end) }
        }
        index = end + 1
    }

    private func lastNewline(from start: Int, to end: Int) -> Int {
        var position = end - 1
        while position > start {
            if bytes[position] == 0x0A { return position }
            position -= 1
        }
        return lastNewline
    }

    private mutating func isSecret(_ name: Range<Int>) -> Bool {
        names += 1
        guard names <= Self.mostNames else { return true }
        return words.isLikely(String(decoding: UnsafeBufferPointer(rebasing: bytes[name]), as: UTF8.self))
    }

    /// Where the second quote is; nil where there is none.
    private mutating func end(ofStringAt start: Int, _ kind: UInt8) -> Int? {
        let number = kind == UInt8(ascii: "'") ? 0 : 1
        guard !isOpen[number] else { return nil }
        var position = start + 1
        while position < bytes.count, bytes[position] != kind {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        if position >= bytes.count { isOpen[number] = true }
        return position < bytes.count ? position : nil
    }

    /// Where a value without an end probably has its end: before the first line that goes on with RADL.
    private func lineEnd(ofOpen start: Int, before limit: Int) -> Int {
        var end = start
        while end < limit {
            while end < limit, bytes[end] != 0x0A { end += 1 }
            if end >= limit || bytes[max(start, end - 4)..<end].elementsEqual(" and".utf8) { break }
            var next = end + 1
            while next < limit, bytes[next] == 0x20 || bytes[next] == 0x09 { next += 1 }
            if next >= limit || goesOn(at: next, isIndented: next > end + 1) { break }
            end += 1
        }
        return min(end, limit)
    }

    private static let words: [StaticString] = [
        "system ", "network ", "deploy ", "configure ", "contextualize", "ansible ", "description ", "include ",
    ]

    private func goesOn(at start: Int, isIndented: Bool) -> Bool {
        switch bytes[start] {
        case UInt8(ascii: ")"): true
        case UInt8(ascii: "a") where hasWord("and ", at: start): true
        case UInt8(ascii: "a")...UInt8(ascii: "s") where !isIndented: Self.words.contains { hasWord($0, at: start) }
        default: false
        }
    }
}

/// Strings whose quote was left open, so that they take the first quote of the next string for their end.
enum OpenString {
    /// Whether a text ends with `NAME SIGN`, as one does that such a string holds; keys end with `=` too.
    static func endsWithFeature(_ content: some BidirectionalCollection<UInt8>) -> Bool {
        var rest = content[...]
        func drop(while isDropped: (UInt8) -> Bool) -> Int {
            var count = 0
            while let last = rest.last, count < 200, isDropped(last) {
                rest.removeLast()
                count += 1
            }
            return count
        }
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        _ = drop(while: isBlank)
        _ = drop { $0 == UInt8(ascii: "[") }
        _ = drop(while: isBlank)
        guard (1...2).contains(drop { [UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: ">")].contains($0) }) else {
            return false
        }
        let blanks = drop(while: isBlank)
        let end = rest.endIndex
        guard (1..<200).contains(drop(while: Lexer.isNamePart)) else { return false }
        let name = String(decoding: content[rest.endIndex..<end], as: UTF8.self)
        guard let first = name.utf8.first, first | 0x20 >= 0x61, first | 0x20 <= 0x7A else { return false }
        // `and NAME =`, `(NAME =`: nothing else looks like it.
        if rest.last == UInt8(ascii: "(") { return true }
        guard drop(while: isBlank) > 0 || rest.isEmpty || rest.last == 0x0A else { return false }
        if rest.suffix(3).elementsEqual("and".utf8), rest.dropLast(3).last.map({ $0 <= 0x20 }) ?? true { return true }
        return blanks > 0 || name.utf8.contains(UInt8(ascii: "."))
            || FeatureRule.Section.allCases.contains { FeatureRule.rule(for: name, in: $0) != nil }
    }
}
