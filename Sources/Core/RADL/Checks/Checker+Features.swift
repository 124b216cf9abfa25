/// What a feature holds against its rule.
extension Checker {
    mutating func check(_ feature: Feature, _ rule: FeatureRule) {
        switch rule.kind {
        case .any: break
        case .inheritance:
            // That the other one is there is found where it is looked for: that is an error.
            _ = string(feature)
        case .string(let allowed):
            guard let text = string(feature) else { return }
            if let allowed, !allowed.contains(where: { Self.isSame($0, text) }) { notAllowed(feature, text, allowed) }
        case .flag: checkFlag(feature)
        case .stringOrList:
            if case .list = feature.value { return }
            _ = string(feature)
        case .list:
            if case .list = feature.value { return }
            wrongType(feature, "list")
        case .nonEmptyString:
            if let text = string(feature), text.isEmpty { invalidValue(feature, "is empty") }
        case .version(let mayBeEmpty):
            guard case .string(let text, _) = feature.value else { return wrongType(feature, "str") }
            if !Self.isVersion(text), !(mayBeEmpty && text.isEmpty) {
                invalidValue(feature, "has to be numbers with points between, such as '22.04'")
            }
        case .number(let units): checkNumber(feature, units, needsInteger: false)
        case .integer(let units): checkNumber(feature, units, needsInteger: true)
        case .address:
            if let text = string(feature), !text.isEmpty, !Self.isAddress(text) {
                invalidValue(
                    feature, "is no IP address", hint: "write four numbers from 0 to 255, such as '10.0.0.5', or IPv6")
            }
        case .outports:
            guard let text = string(feature) else { return }
            do throws(Outport.Failure) {
                _ = try Outport.list(parsing: text)
            } catch {
                let isFormat = error == .format
                let tight = String(text.filter { $0 != " " && $0 != "\t" && $0 != "\n" })
                let mends = isFormat && tight != text && (try? Outport.list(parsing: tight)) != nil
                invalidValue(
                    feature,
                    isFormat ? "is no list of ports" : "leads a port to one of another protocol",
                    hint: (mends ? "" : Self.wrongItems(of: text))
                        + "write for example '22,8080-80,9000:9100/udp', without"
                        + " blanks",
                    replacement: mends ? "'\(tight)'" : nil)
            }
        case .strongPassword:
            if let text = string(feature), !Self.isStrong(text) {
                invalidValue(
                    feature, "is too weak",
                    hint: feature.drawnLength > 0
                        ? "write 'random(\(RandomText.shortestPassword))' or more"
                        : "use 7 characters or more, with an upper case letter, a digit and a special character")
            }
        case .ansibleHost: checkReference(feature, \.ansibleHosts, "ansible host")
        case .network: checkReference(feature, \.networks, "network")
        case .system: checkReference(feature, \.systems, "system")
        case .applications:
            guard case .set(let sets) = feature.value else { return wrongType(feature, "radl.radl.Features") }
            for element in sets.elements {
                for inner in element.features.all {
                    if let rule = FeatureRule.rule(for: inner.name, in: .application) { check(inner, rule) }
                }
            }
        }
    }

    private static let mostItems = 5

    /// Which items are none, and why.
    private static func wrongItems(of text: String) -> String {
        let items = text.split(separator: ",", omittingEmptySubsequences: false)
        var wrong: [String] = []
        for item in items {
            guard wrong.count <= mostItems, let problem = problem(ofItem: String(item), isOnly: items.count == 1) else {
                continue
            }
            if !wrong.contains(problem) { wrong.append(problem) }
        }
        if wrong.count > mostItems { wrong[mostItems] = "there are more" }
        return wrong.isEmpty ? "" : wrong.joined(separator: "; ") + ": "
    }

    private static func problem(ofItem item: String, isOnly: Bool) -> String? {
        do throws(Outport.Failure) {
            _ = try Outport.list(parsing: item)
            return nil
        } catch {
            if error == .differentProtocols { return isOnly ? nil : "'\(item.prefix(40))' has two protocols" }
        }
        if item.isEmpty { return isOnly ? nil : "there is a comma too many" }
        let range = item.prefix { $0 != "-" }
        if range.contains(where: { $0 == "." }) {
            let isRange = (try? Outport.list(parsing: "\(range)-1")) != nil
            if !isRange { return "'\(range.prefix(40))' is no range of IPv4 addresses" }
        }
        let ports = range.contains(".") ? item.dropFirst(range.count) : item[...]
        if let port = ports.split(whereSeparator: { !$0.isASCII || !$0.isNumber }).first(where: {
            Int($0).map { $0 > 65_535 } ?? true
        }) {
            return "\(port.prefix(40)) is larger than 65535"
        }
        return isOnly ? nil : "'\(item.prefix(40))' is none"
    }

    private mutating func notAllowed(_ feature: Feature, _ text: String, _ allowed: [String]) {
        let list = allowed.filter { !Self.beyondIM.contains($0) }.map { "'\($0)'" }.joined(separator: ", ")
        let words = allowed.map { "'\($0.lowercased())'" }
        let nearest = Self.nearest(to: text, among: allowed)
        report(
            .value, "'\(feature.name)' cannot be '\(text)'",
            hint: nearest.map { "did you mean '\($0)'?" } ?? "write one of \(words.joined(separator: ", "))",
            expected: words, replacement: nearest.map { "'\($0)'" }, at: place(ofValue: feature),
            imText: "Invalid value; expected one of [\(list)]")
    }

    /// Words that IM refuses; its messages do not name them.
    private static let beyondIM: Set<String> = ["AARCH64"]
    /// Other names of architectures.
    private static let architectures = [
        "arm64": "aarch64", "amd64": "x86_64", "x64": "x86_64", "i686": "i386", "i586": "i386", "x86": "i386",
    ]
    private static let yesWords: Set<String> = ["on", "y", "true", "1", "enabled", "enable"]
    private static let noWords: Set<String> = ["off", "n", "false", "0", "disabled", "disable", "none", "never"]

    /// The word that is probably meant. Short words are near to each other: `on` is no misspelled `no`.
    private static func nearest(to text: String, among allowed: [String]) -> String? {
        if allowed.contains("AARCH64"), let name = architectures[text.lowercased()] { return name }
        guard allowed == ["YES", "NO"] else { return Vocabulary.nearest(to: text, among: allowed)?.lowercased() }
        let word = text.lowercased()
        if yesWords.contains(word) { return "yes" }
        if noWords.contains(word) { return "no" }
        guard word.count > 2 || word.hasPrefix("ye") else { return nil }
        return Vocabulary.nearest(to: text, among: ["YES"])?.lowercased()
    }

    private mutating func checkFlag(_ feature: Feature) {
        let words = ["YES", "NO", "TRUE", "FALSE", "1", "0"]
        switch feature.value {
        case .number(let interval) where interval.value.number.integerValue.map { $0 == 0 || $0 == 1 } == true: break
        case .string(let text, _) where words.contains(where: { Self.isSame($0, text) }): break
        case .string(let text, _): notAllowed(feature, text, ["YES", "NO"])
        case .number(let interval) where interval.isExact:
            notAllowed(feature, interval.value.description, ["YES", "NO"])
        default: wrongType(feature, "str")
        }
    }

    private mutating func checkReference(
        _ feature: Feature, _ ids: WritableKeyPath<Checker, KnownIDs>, _ what: String
    ) {
        guard let id = string(feature), !self[keyPath: ids].contains(id), !countUntold() else { return }
        let advice = self[keyPath: ids].advice(for: id, what: what)
        report(
            .reference, "'\(feature.name)' names the \(what) '\(id)', which the document does not have",
            hint: advice.hint, expected: advice.some, replacement: advice.nearest.map { "'\($0)'" },
            at: place(ofValue: feature), imText: "Invalid value in property '\(feature.name)'")
    }

    private mutating func checkNumber(_ feature: Feature, _ units: FeatureRule.Units, needsInteger: Bool) {
        guard case .number(let interval) = feature.value else {
            return wrongType(feature, needsInteger ? "int" : "float")
        }
        for bound in interval.bounds {
            if needsInteger, !bound.quantity.number.isInteger { return wrongType(feature, "int") }
            if bound.quantity.number.doubleValue < 0 { return invalidValue(feature, "is negative") }
            guard units.allows(bound.quantity.unit) else { return wrongUnit(feature, bound.quantity, units) }
            if units == .memory, bound.quantity.scaledValue >= Self.tooLargeSize {
                return invalidValue(feature, "is larger than any size", hint: "write less than 8000000TiB")
            }
        }
    }

    private mutating func wrongUnit(_ feature: Feature, _ quantity: Quantity, _ units: FeatureRule.Units) {
        let unit = quantity.unit.text
        let list = units.allowed.map { "'\($0)'" }.joined(separator: ", ")
        let written = unit.isEmpty ? "needs a unit" : "cannot have the unit '\(unit)'"
        let hint =
            switch units {
            case .none: "write the number alone"
            case .performance: "use ECU, GCEU or HRZ"
            case .memory: unit.uppercased() == "TI" ? "write TiB" : "use B, K, M, G, T, KiB, MiB, GiB or TiB"
            }
        let mended: String? =
            switch units {
            case .none: quantity.number.description
            case .memory: unit.uppercased() == "TI" ? "\(quantity.number)TiB" : nil
            case .performance: nil
            }
        report(
            .unit, "'\(feature.name)' \(written)", hint: hint, expected: units.allowed.filter { !$0.isEmpty },
            replacement: mended, at: place(ofValue: feature),
            imText: units.allowed.isEmpty ? "Invalid unit; expected none" : "Invalid unit; expected one of [\(list)]")
    }

    /// The text of a feature that has to be a string with `=`; nil after a report.
    private mutating func string(_ feature: Feature) -> String? {
        guard case .string(let text, let sign) = feature.value else {
            wrongType(feature, "str")
            return nil
        }
        return isEqual(sign, feature) ? text : nil
    }

    private mutating func isEqual(_ sign: Comparison, _ feature: Feature) -> Bool {
        if sign == .equal { return true }
        report(
            .operator, "'\(feature.name)' can only be set with '=', not '\(sign.sign)'", hint: "write '='",
            expected: ["'='"], at: feature.source, imText: "Invalid operator; expected '='")
        return false
    }

    private mutating func invalidValue(
        _ feature: Feature, _ problem: String, hint: String? = nil, replacement: String? = nil
    ) {
        report(
            .value, "'\(feature.name)' \(problem)", hint: hint, replacement: replacement, at: place(ofValue: feature),
            imText: "Invalid value in property '\(feature.name)'")
    }

    private mutating func wrongType(_ feature: Feature, _ expected: String) {
        let (words, hint) =
            switch expected {
            case "int":
                (
                    "a whole number",
                    isJSON
                        ? "write bytes, without quotes and point: 536870912"
                        : "write digits, without quotes and point, and a unit: 512M"
                )
            case "float": ("a number", "write digits, without quotes")
            case "str": ("a string", isJSON ? "put the value in double quotes" : "put the value in single quotes")
            case "list":
                ("a list of strings", isJSON ? #"write ["…", "…"]"# : "write: \(feature.name) = ['…', '…']")
            default:
                isJSON
                    ? ("a list of objects", #"write [{"name": "…"}]"#)
                    : ("set with 'contains'", "write: \(feature.name) contains (name = '…')")
            }
        report(
            .type, "'\(feature.name)' has to be \(words)", hint: hint, expected: [words],
            replacement: Secrets.isLikely(feature.name) ? nil : mended(feature, expected), at: place(ofValue: feature),
            imText: "Invalid type; expected <class '\(expected)'>")
    }

    /// The value in the type that is wanted, where that is plain.
    private func mended(_ feature: Feature, _ expected: String) -> String? {
        switch (feature.value, expected) {
        case (.string(let text, _), "float"), (.string(let text, _), "int"):
            let body = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            let unit = text.dropFirst(body.count).drop { $0 == " " }
            guard let first = body.first, first != ".", unit.allSatisfy({ $0.isASCII && $0.isLetter }) else {
                return nil
            }
            return expected == "int" && body.contains(".") ? nil : text
        case (.number(let interval), "str") where interval.bounds.count == 1: return "'\(interval.value)'"
        default: return nil
        }
    }

    /// Sizes are counted in bytes, with 63 bits.
    static let tooLargeSize = 9.2e18

    // MARK: - Texts

    /// Whether a text is a word but for the case of its letters.
    static func isSame(_ upper: String, _ text: String) -> Bool {
        upper.utf8.elementsEqual(text.utf8) { $0 == ($1 >= 0x61 && $1 <= 0x7A ? $1 - 0x20 : $1) }
    }

    static func isVersion(_ text: String) -> Bool {
        var digits = 0
        for byte in text.utf8 {
            if byte &- 0x30 <= 9 {
                digits += 1
            } else if byte == UInt8(ascii: "."), digits > 0 {
                digits = 0
            } else {
                return false
            }
        }
        return digits > 0
    }

    /// Four numbers up to 255 with points between, or an IPv6 address.
    static func isAddress(_ text: String) -> Bool {
        if text.utf8.contains(UInt8(ascii: ":")) { return isAddress6(text) }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy { $0 &- 0x30 <= 9 }
                    && part.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
            }
    }

    private static func isAddress6(_ text: String) -> Bool {
        guard text.utf8.count <= 45 else { return false }
        var groups = text.split(separator: ":", omittingEmptySubsequences: false)
        // An IPv4 address may stand in the place of the last two groups.
        var count = 0
        if let last = groups.last, last.contains(".") {
            guard isAddress(String(last)) else { return false }
            groups.removeLast()
            count = 2
        }
        let isShortened = text.contains("::")
        if isShortened, text.contains(":::") || text.split(separator: "::", omittingEmptySubsequences: false).count > 2
        {
            return false
        }
        if !isShortened, text.hasPrefix(":") || text.hasSuffix(":") { return false }
        if text.hasPrefix(":"), !text.hasPrefix("::") { return false }
        if text.hasSuffix(":"), !text.hasSuffix("::") { return false }
        for group in groups where !group.isEmpty {
            guard group.utf8.count <= 4, group.allSatisfy(\.isHexDigit), group.allSatisfy(\.isASCII) else {
                return false
            }
            count += 1
        }
        return isShortened ? count < 8 : count == 8
    }

    private static func isStrong(_ text: String) -> Bool {
        text.unicodeScalars.count > 6
            && text.unicodeScalars.contains { $0.properties.isUppercase }
            && text.unicodeScalars.contains { $0.properties.numericType != nil }
            && text.unicodeScalars.contains { !$0.properties.isAlphabetic && $0.properties.numericType == nil }
    }
}
