/// The replacement text of `re.sub`: `\1`, `\g<name>`, `\n`.
struct RegexReplacement {
    private enum Part {
        case text(String)
        case group(Int)
    }

    private var parts: [Part] = []

    init(_ template: String, for regex: PythonRegex) throws(JinjaError) {
        let scalars = template.scalars
        var index = 0
        var text = String.UnicodeScalarView()
        func group(_ number: Int?, _ shown: String) throws(JinjaError) -> Part {
            guard let number, number <= regex.groupCount else { throw .value("invalid group reference \(shown)") }
            return .group(number)
        }
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            guard scalar == "\\", index < scalars.count else {
                text.append(scalar)
                continue
            }
            let kind = scalars[index]
            index += 1
            var part: Part?
            switch kind {
            case "g":
                guard index < scalars.count, scalars[index] == "<", let end = scalars[index...].firstIndex(of: ">")
                else { throw .value("missing < in the replacement '\(template)'") }
                let name = String(scalars: scalars[(index + 1)..<end])
                part = try group(regex.number(ofGroup: name), name)
                index = end + 1
            case "1"..."9":
                var number = Int(kind.value - 0x30)
                if index < scalars.count, ("0"..."9").contains(scalars[index]) {
                    number = number * 10 + Int(scalars[index].value - 0x30)
                    index += 1
                }
                part = try group(number, String(number))
            case "n": text.append("\n")
            case "t": text.append("\t")
            case "r": text.append("\r")
            case "a": text.append("\u{07}")
            case "f": text.append("\u{0c}")
            case "v": text.append("\u{0b}")
            case "0": text.append("\0")
            case "\\": text.append("\\")
            default:
                if kind.isASCII, kind.properties.isAlphabetic { throw .value("bad escape \\\(kind)") }
                text.append("\\")
                text.append(kind)
            }
            if let part {
                parts.append(.text(String(text)))
                text = String.UnicodeScalarView()
                parts.append(part)
            }
        }
        parts.append(.text(String(text)))
    }

    func text(for match: PythonRegex.Match, in source: [Unicode.Scalar]) -> String {
        var output = ""
        for part in parts {
            switch part {
            case .text(let text): output += text
            case .group(let number):
                if let range = match.range(of: number) { output += String(scalars: source[range]) }
            }
        }
        return output
    }
}

extension PythonRegex {
    /// Python's `re.sub`. `limit` 0 replaces all.
    func replacing(
        in text: String, with template: String, limit: Int, _ context: JinjaContext
    ) throws(JinjaError) -> (String, count: Int) {
        let source = text.scalars
        let replacement = try RegexReplacement(template, for: self)
        let matches = try matches(in: source, limit: limit, context)
        var output = ""
        var last = 0
        for match in matches {
            output += String(scalars: source[last..<match.range.lowerBound])
            output += replacement.text(for: match, in: source)
            last = match.range.upperBound
            try context.checkSize(output.utf8.count)
        }
        return (output + String(scalars: source[last...]), matches.count)
    }
}
