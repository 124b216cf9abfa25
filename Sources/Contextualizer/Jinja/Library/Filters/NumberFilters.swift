extension BuiltIns {
    static let numberFilters: [String: JinjaFunction] = [
        "int": JinjaFunction(["value", "default", "base"]) { arguments, _ in
            try toInt(
                arguments.subject, base: try arguments.int(2, "base") ?? 10) ?? arguments.value(1, "default") ?? .int(0)
        },
        "float": JinjaFunction(["value", "default"]) { arguments, _ in
            let fallback = arguments.value(1, "default") ?? .double(0)
            if let number = arguments.subject.number { return .double(number.double) }
            if let number = arguments.subject.python as? BigInteger { return .double(number.double) }
            guard case .string(let text) = arguments.subject else { return fallback }
            return Numbers.double(text).map(JinjaValue.double) ?? fallback
        },
        "abs": JinjaFunction(["x"]) { arguments, _ in
            switch arguments.subject.number {
            case .int(let number): return number < 0 ? try Arithmetic.negate(.int(number)) : .int(number)
            case .double(let number): return .double(abs(number))
            case nil:
                guard let number = BigInteger.of(arguments.subject) else {
                    throw JinjaError.type("bad operand type for abs(): '\(arguments.subject.typeName)'")
                }
                return (number.isNegative ? number.negated : number).value
            }
        },
        "round": JinjaFunction(["value", "precision", "method"], round),
        "filesizeformat": JinjaFunction(["value", "binary"], fileSize),
        "sum": JinjaFunction(["iterable", "attribute", "start"]) { arguments, context in
            let path = arguments.value(1, "attribute").map { AttributePath($0) }
            var total = arguments.value(2, "start") ?? .int(0)
            for item in try context.items(of: arguments.subject) {
                total = try context.arithmetic(.add, total, try path?.get(item, context) ?? item)
            }
            return total
        },
        "max": JinjaFunction(["value", "case_sensitive", "attribute"]) { arguments, context in
            try extreme(arguments, context) { left, right in try right.isLess(than: left, swapped: ">") }
        },
        "min": JinjaFunction(["value", "case_sensitive", "attribute"]) { arguments, context in
            try extreme(arguments, context) { left, right in try left.isLess(than: right) }
        },
        "log": JinjaFunction(["x", "base"]) { arguments, _ in
            guard let number = arguments.subject.number?.double, number > 0 else {
                throw JinjaError.type("log() can only be used on positive numbers")
            }
            guard let base = arguments.value(1, "base")?.number?.double else {
                return .double(naturalLogarithm(number))
            }
            return .double(base == 10 ? decimalLogarithm(number) : naturalLogarithm(number) / naturalLogarithm(base))
        },
        "pow": JinjaFunction(["x", "y"]) { arguments, _ in
            guard let base = arguments.subject.number?.double, let exponent = arguments.value(1, "y")?.number?.double
            else { throw JinjaError.type("pow() can only be used on numbers") }
            return .double(realPower(base, exponent))
        },
        "root": JinjaFunction(["x", "base"]) { arguments, _ in
            guard let number = arguments.subject.number?.double else {
                throw JinjaError.type("root() can only be used on numbers")
            }
            let base = arguments.value(1, "base")?.number?.double ?? 2
            return .double(base == 2 ? number.squareRoot() : realPower(number, 1 / base))
        },
        "human_readable": JinjaFunction(["size", "isbits", "unit"]) { arguments, _ in
            .string(
                try HumanSize.readable(
                    arguments.subject, isBits: arguments.flag(1, "isbits"), unit: try arguments.text(2, "unit")))
        },
        "human_to_bytes": JinjaFunction(["size", "default_unit", "isbits"]) { arguments, _ in
            .int(
                try HumanSize.bytes(
                    arguments.subject.text, defaultUnit: try arguments.text(1, "default_unit"),
                    isBits: arguments.flag(2, "isbits")))
        },
    ]

    /// Python's `int(value)`; `nil` when the value is no number.
    static func toInt(_ value: JinjaValue, base: Int = 10) throws(JinjaError) -> JinjaValue? {
        if let number = value.number {
            if case .double(let double) = number, !double.isFinite { return nil }
            return try Numbers.whole(number)
        }
        if value.python is BigInteger { return value }
        guard case .string(let text) = value else { return nil }
        if let number = try Numbers.integer(text, base: base) { return number }
        guard let number = Numbers.double(text), number.isFinite else { return nil }
        return try Numbers.whole(.double(number))
    }

    private static func round(_ arguments: JinjaArguments, _ context: JinjaContext) throws -> JinjaValue {
        let precision = try arguments.int(1, "precision") ?? 0
        let method = try arguments.text(2, "method") ?? "common"
        guard ["common", "ceil", "floor"].contains(method) else {
            throw JinjaError.value("method must be common, ceil or floor")
        }
        if arguments.subject.python is BigInteger, precision >= 0, method == "common" { return arguments.subject }
        guard let number = arguments.subject.number else {
            throw JinjaError.type("type \(arguments.subject.typeName) doesn't define __round__ method")
        }
        if method == "common" {
            if case .int(let int) = number, precision >= 0 { return .int(int) }
            guard precision >= 0 else {
                let scale = realPower(10, Double(-precision))
                let rounded = (number.double / scale).rounded(.toNearestOrEven) * scale
                if case .int = number { return .int(try Numbers.truncated(.double(rounded))) }
                return .double(rounded)
            }
            // printf rounds the exact binary value, as Python's round does.
            return .double(Double(Numbers.fixed(number.double, precision)) ?? number.double)
        }
        let scale = realPower(10, Double(precision))
        return .double((number.double * scale).rounded(method == "ceil" ? .up : .down) / scale)
    }

    private static func fileSize(_ arguments: JinjaArguments, _ context: JinjaContext) throws -> JinjaValue {
        let value = arguments.subject
        guard let bytes = value.number?.double ?? value.stringValue.flatMap(Numbers.double) else {
            throw JinjaError.type("filesizeformat() needs a number, not \(value.typeName)")
        }
        let isBinary = arguments.flag(1, "binary")
        let base: Double = isBinary ? 1024 : 1000
        let units = ["k", "M", "G", "T", "P", "E", "Z", "Y"].map {
            isBinary ? "\($0.uppercased())iB" : "\($0)B"
        }
        if bytes == 1 { return "1 Byte" }
        if bytes < base { return .string("\(Int(bytes)) Bytes") }
        var unit = base
        for name in units {
            unit *= base
            if bytes < unit || name == units.last {
                return .string("\(Numbers.fixed(base * bytes / unit, 1)) \(name)")
            }
        }
        return .none
    }

    private static func extreme(
        _ arguments: JinjaArguments, _ context: JinjaContext, isBetter: (JinjaValue, JinjaValue) throws -> Bool
    ) throws -> JinjaValue {
        let isCaseSensitive = arguments.flag(1, "case_sensitive")
        let path = arguments.value(2, "attribute").map { AttributePath($0) }
        func key(_ item: JinjaValue) throws(JinjaError) -> JinjaValue {
            let value = try path?.get(item, context) ?? item
            return isCaseSensitive ? value : CaseFolding.fold(value)
        }
        var best: (key: JinjaValue, item: JinjaValue)?
        for item in try context.items(of: arguments.subject) {
            let candidate = try context.plain(try key(item))
            if let current = best {
                if try isBetter(candidate, current.key) { best = (candidate, item) }
            } else {
                best = (candidate, item)
            }
        }
        return best?.item ?? .undefined("No aggregated item, sequence was empty.")
    }
}

/// `human_readable` and `human_to_bytes`.
enum HumanSize {
    private static let units = ["Y", "Z", "E", "P", "T", "G", "M", "K", "B"]

    private static func factor(_ unit: String) -> Double {
        guard let index = units.firstIndex(of: unit) else { return 1 }
        return realPower(1024, Double(units.count - 1 - index))
    }

    static func readable(_ value: JinjaValue, isBits: Bool, unit: String?) throws(JinjaError) -> String {
        guard let size = value.number?.double ?? value.stringValue.flatMap(Numbers.double) else {
            throw .type("human_readable() failed on bad input: \(value.repr)")
        }
        let base = isBits ? "bits" : "Bytes"
        let chosen =
            units.first { name in unit.map { $0.uppercased() == name } ?? (size >= factor(name)) } ?? "B"
        let suffix = chosen == "B" ? base : chosen + (isBits ? "b" : "B")
        return "\(Numbers.fixed(size / factor(chosen), 2)) \(suffix)"
    }

    static func bytes(_ text: String, defaultUnit: String?, isBits: Bool) throws(JinjaError) -> Int {
        let trimmed = StringMethods.strip(text, nil, left: true, right: true)
        let digits = trimmed.prefix { $0.isNumber || $0 == "." }
        var unit = StringMethods.strip(String(trimmed.dropFirst(digits.count)), nil, left: true, right: true)
        if unit.isEmpty { unit = defaultUnit ?? "" }
        guard let number = Double(digits) else {
            throw .value("human_to_bytes() can't interpret following string: \(text)")
        }
        let letter = unit.prefix(1).uppercased()
        guard unit.isEmpty || units.contains(letter) else {
            throw .value(
                "human_to_bytes() failed to convert \(text) (unit = \(unit)). The suffix must be one of Y, Z, E, P, T, G, M, K, B"
            )
        }
        return try Numbers.truncated(.double((number * factor(letter)).rounded()))
    }
}
