/// Python's `'{0} {name:>8}'.format(…)`.
enum BraceFormat {
    static func format(
        _ template: String, _ arguments: JinjaArguments, _ context: JinjaContext
    ) throws(JinjaError) -> String {
        var formatter = Formatter(arguments: arguments, context: context)
        return try formatter.format(template.scalars, depth: 0)
    }

    private struct Formatter {
        let arguments: JinjaArguments
        let context: JinjaContext
        var automatic = 0

        mutating func format(_ template: [Unicode.Scalar], depth: Int) throws(JinjaError) -> String {
            guard depth < 3 else { throw .value("Max string recursion exceeded") }
            var output = ""
            var index = 0
            while index < template.count {
                let scalar = template[index]
                index += 1
                switch scalar {
                case "{":
                    if index < template.count, template[index] == "{" {
                        index += 1
                        output += "{"
                        continue
                    }
                    let field = try field(template, &index)
                    output += try replacement(field, depth: depth)
                    try context.checkSize(output.utf8.count)
                case "}":
                    guard index < template.count, template[index] == "}" else {
                        throw .value("Single '}' encountered in format string")
                    }
                    index += 1
                    output += "}"
                default: output.unicodeScalars.append(scalar)
                }
            }
            return output
        }

        private func field(
            _ template: [Unicode.Scalar], _ index: inout Int
        ) throws(JinjaError) -> [Unicode.Scalar] {
            let start = index
            var depth = 1
            while index < template.count {
                if template[index] == "{" { depth += 1 }
                if template[index] == "}" { depth -= 1 }
                index += 1
                if depth == 0 { return Array(template[start..<(index - 1)]) }
            }
            throw .value("expected '}' before end of string")
        }

        private mutating func replacement(_ field: [Unicode.Scalar], depth: Int) throws(JinjaError) -> String {
            let nameEnd = field.firstIndex { $0 == ":" || $0 == "!" } ?? field.count
            var rest = field[nameEnd...]
            var conversion: Unicode.Scalar?
            if rest.first == "!" {
                conversion = rest.dropFirst().first
                rest = rest.dropFirst(2)
            }
            if rest.first == ":" { rest = rest.dropFirst() }
            var value = try lookup(String(scalars: field[..<nameEnd]))
            switch conversion {
            case "r", "a": value = .string(value.repr)
            case "s": value = .string(value.text)
            default: break
            }
            let spec = try format(Array(rest), depth: depth + 1)
            return try apply(spec.scalars, to: value)
        }

        private mutating func lookup(_ name: String) throws(JinjaError) -> JinjaValue {
            let end = name.firstIndex { $0 == "." || $0 == "[" } ?? name.endIndex
            let first = String(name[..<end])
            var value: JinjaValue
            if first.isEmpty || Int(first) != nil {
                let position = Int(first) ?? automatic
                if first.isEmpty { automatic += 1 }
                guard arguments.positional.indices.contains(position) else {
                    throw .value("Replacement index \(position) out of range for positional args tuple")
                }
                value = arguments.positional[position]
            } else {
                guard let named = arguments[first] else { throw .value("KeyError: \(JinjaValue.repr(of: first))") }
                value = named
            }
            var rest = name[end...]
            while let separator = rest.first {
                rest = rest.dropFirst()
                if separator == "." {
                    let part = rest.prefix { $0 != "." && $0 != "[" }
                    guard case .object = value else {
                        throw .type("'\(value.typeName)' object has no attribute '\(part)'")
                    }
                    value = try context.attribute(value, String(part))
                    rest = rest.dropFirst(part.count)
                } else {
                    let part = rest.prefix { $0 != "]" }
                    value = try context.item(value, Int(part).map(JinjaValue.int) ?? .string(String(part)))
                    rest = rest.dropFirst(part.count + 1)
                }
            }
            return try context.plain(value)
        }

        private func apply(_ spec: [Unicode.Scalar], to value: JinjaValue) throws(JinjaError) -> String {
            if spec.isEmpty { return value.text }
            var layout = FormatSpec()
            var index = 0
            let alignments = "<>^=".unicodeScalars
            if spec.count > 1, alignments.contains(spec[1]) {
                (layout.fill, layout.align) = (spec[0], spec[1])
                index = 2
            } else if alignments.contains(spec[0]) {
                layout.align = spec[0]
                index = 1
            }
            if index < spec.count, "+- ".unicodeScalars.contains(spec[index]) {
                layout.sign = spec[index]
                index += 1
            }
            if index < spec.count, spec[index] == "#" {
                layout.alternate = true
                index += 1
            }
            if index < spec.count, spec[index] == "0" {
                if layout.align == nil { (layout.fill, layout.align) = ("0", "=") }
                index += 1
            }
            layout.width = number(spec, &index)
            if index < spec.count, ",_".unicodeScalars.contains(spec[index]) {
                layout.grouping = spec[index]
                index += 1
            }
            if index < spec.count, spec[index] == "." {
                index += 1
                layout.precision = number(spec, &index)
            }
            let kind = index < spec.count ? spec[index] : nil
            guard index + (kind == nil ? 0 : 1) == spec.count else { throw .value("Invalid format specifier") }
            try context.checkSize(max(layout.width ?? 0, layout.precision ?? 0))
            return try apply(layout, kind, to: value)
        }

        private func number(_ spec: [Unicode.Scalar], _ index: inout Int) -> Int? {
            var value: Int?
            while index < spec.count, ("0"..."9").contains(spec[index]) {
                value = min((value ?? 0) * 10 + Int(spec[index].value - 0x30), Int(Int32.max))
                index += 1
            }
            return value
        }

        private func apply(
            _ layout: FormatSpec, _ kind: Unicode.Scalar?, to value: JinjaValue
        ) throws(JinjaError) -> String {
            if let digits = value.digitsOfBigInteger, [nil, "d", "n"].contains(kind) {
                return layout.integer(digits: digits, prefix: "")
            }
            switch (value, kind) {
            case (.string(let text), nil), (.string(let text), "s"): return layout.text(text)
            case (.int(let number), nil), (.int(let number), "d"), (.int(let number), "n"):
                return layout.integer(number, "d")
            case (.bool(let flag), "d"): return layout.integer(flag ? 1 : 0, "d")
            case (.bool, nil): return layout.text(value.text)
            case (.int(let number), "x"), (.int(let number), "X"), (.int(let number), "o"), (.int(let number), "b"):
                return layout.integer(number, kind ?? "d")
            case (.int(let code), "c"):
                return layout.text(UInt32(exactly: code).flatMap(Unicode.Scalar.init).map { String($0) } ?? "")
            case (.double(let number), nil):
                if let precision = layout.precision {
                    var plain = layout
                    plain.precision = nil
                    plain.align = layout.align ?? ">"
                    let digits = Numbers.general(number, precision)
                    return plain.text(digits.contains(".") || digits.contains("e") ? digits : digits + ".0")
                }
                var plain = layout
                plain.align = layout.align ?? ">"
                return plain.text(JinjaValue.text(of: number))
            case (.double, "e"), (.double, "E"), (.double, "f"), (.double, "F"), (.double, "g"), (.double, "G"),
                (.double, "%"), (.int, "e"), (.int, "E"), (.int, "f"), (.int, "F"), (.int, "g"), (.int, "G"),
                (.int, "%"):
                return layout.float(value.number?.double ?? 0, kind ?? "f")
            default:
                guard kind == nil else {
                    throw .value("Unknown format code '\(kind ?? " ")' for object of type '\(value.typeName)'")
                }
                throw .type("unsupported format string passed to \(value.typeName).__format__")
            }
        }
    }
}
