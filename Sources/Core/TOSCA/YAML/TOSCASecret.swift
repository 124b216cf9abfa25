/// Names that say that what is behind them is nobody's business.
enum TOSCASecret {
    private static let words: [[UInt8]] = [
        "password", "passwd", "passphrase", "secret", "token", "private_key", "api_key", "access_key",
    ].map { Array($0.utf8) }
    /// These only tell what a secret is like.
    private static let harmless: Set<String> = ["token_type", "tokens"]

    /// Whether a name is one such as `admin_password` or `token`.
    static func isSecret(_ name: String) -> Bool {
        var text = name
        let isNamed = text.withUTF8 { bytes in
            // Called for each key of a document: most letters begin no word.
            var start = 0
            while start < bytes.count {
                switch bytes[start] | 0x20 {
                case UInt8(ascii: "p"), UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "a"):
                    if words.contains(where: { isWord($0, bytes, start) }) { return true }
                default: break
                }
                start += 1
            }
            return false
        }
        return isNamed && !harmless.contains(name)
    }

    private static func isWord(_ word: [UInt8], _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        guard bytes[start] | 0x20 == word[0], start + word.count <= bytes.count else { return false }
        return word.indices.allSatisfy { isSame(bytes[start + $0], word[$0]) }
    }

    private static func isSame(_ byte: UInt8, _ letter: UInt8) -> Bool {
        letter == UInt8(ascii: "_") ? byte == letter || byte == UInt8(ascii: "-") : byte | 0x20 == letter
    }

    /// Shorter ones are words that occur anywhere.
    private static let shortest = 6

    /// Texts that secret inputs have as values.
    static func texts(_ inputs: [TOSCAInput], _ values: [String: TOSCAValue]) -> [String] {
        inputs.filter(\.isSecret).compactMap { values[$0.name]?.scalarText }.filter { $0.utf8.count >= shortest }
    }

    /// A message with each secret in it replaced.
    static func hiding(_ secrets: [String], in text: String) -> String {
        secrets.reduce(text) { text, secret in text.splitting(secret).joined(separator: "…") }
    }

    /// The value of a key, hidden where the key's name asks for it.
    static func value(_ value: TOSCAValue, of name: String) -> TOSCAValue { isSecret(name) ? value.hidden : value }
}

extension TOSCAValue {
    /// The value, with all that it holds, as one that no message shows. Of the definition of an input or property only
    /// what it gives is hidden; calls of functions are no secrets.
    var hidden: TOSCAValue {
        guard !isSecret, TOSCAFunction(self) == nil else { return self }
        var copy = self
        switch content {
        case .list(let list):
            copy.isSecret = true
            copy.content = .list(list.map(\.hidden))
        case .map(let map):
            let isDefinition = map["type"]?.string != nil
            copy.isSecret = !isDefinition
            copy.content = .map(
                TOSCAMap(
                    map.entries.map { entry in
                        var entry = entry
                        if !isDefinition || entry.key == "default" || entry.key == "value" {
                            entry.value = entry.value.hidden
                        }
                        return entry
                    }))
        default: copy.isSecret = true
        }
        return copy
    }
}

extension TOSCADiagnostic {
    /// A line of a template as far as anybody may see it; nil where nothing of it may be shown, or where the place that the
    /// diagnostic is about is hidden.
    package func excerpt(of line: String) -> String? {
        let steps = path.split { $0 == "." || $0 == "[" || $0 == "]" }.map(String.init)
        if steps.contains(where: TOSCASecret.isSecret) { return nil }
        guard let end = Self.startOfSecret(line) else { return line }
        guard (column ?? 1) <= line.unicodeScalars.distance(from: line.startIndex, to: end) else { return nil }
        return String(line[..<end]) + " …"
    }

    /// Behind the colon of the first key that names a secret and has something behind it.
    private static func startOfSecret(_ line: String) -> String.Index? {
        var word = ""
        var index = line.startIndex
        while index < line.endIndex {
            let character = line[index]
            let next = line.index(after: index)
            if character == ":", TOSCASecret.isSecret(word) {
                let rest = line[next...].prefix { $0 != "#" }
                if rest.contains(where: { !$0.isWhitespace }) { return next }
            }
            if character.isLetter || character.isNumber || "_-.'\"".contains(character) {
                word.append(character)
            } else {
                word = ""
            }
            index = next
        }
        return nil
    }
}
