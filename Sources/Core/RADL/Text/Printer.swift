/// How a document is written as text.
public enum RADLTextStyle: Sendable, Hashable {
    /// Reading it gives the same document: recipes keep their text, and nothing is left out.
    case exact
    /// Byte for byte as IM prints, except that quotes in strings are escaped so that it can be read again: each recipe
    /// gets a newline before and behind, a reference of a description becomes empty parentheses, and the time of an
    /// empty `contextualize` is left out.
    case im
}

extension RADLDocument {
    /// The document in RADL's text form, in the order description, ansible hosts, networks, systems, configures,
    /// contextualize, deploys.
    ///
    /// Always readable again. A string with a lone backslash at its end, or before a quote or newline, is written with every
    /// backslash doubled and one more behind the string: IM reads it with the doubled ones. So is a string that happens to
    /// read `random(N)`, as one of the JSON form may: IM draws it. Comments are not kept.
    public func text(style: RADLTextStyle = .exact) -> String {
        var printer = Printer(style: style)
        printer.print(self)
        return printer.text
    }
}

extension RADLSystem {
    /// The system alone in RADL's text form.
    public func text() -> String {
        var printer = Printer(style: .exact)
        printer.print(self)
        return printer.text
    }
}

/// Writes documents into one growing text.
struct Printer {
    let style: RADLTextStyle
    private(set) var text = ""

    init(style: RADLTextStyle) {
        self.style = style
    }

    mutating func print(_ document: RADLDocument) {
        var isFirst = true
        func separate(_ text: inout String) {
            if !isFirst { text += "\n" }
            isFirst = false
        }
        if let description = document.description {
            separate(&text)
            text += "description \(description.id)"
            if !description.isReference || style == .im {
                parenthesize(description.features, open: " (", close: ")")
            }
        }
        // IM knows no such sentence: reading it again there is refused, as it has to be.
        for include in document.includes {
            separate(&text)
            print(include)
        }
        for host in document.ansibleHosts {
            separate(&text)
            text += "ansible \(host.id)"
            parenthesize(host.features, open: " (", close: ")")
        }
        for network in document.networks {
            separate(&text)
            text += "network \(network.id) "
            if !network.isReference { parenthesize(network.features, open: "( ", close: " )") }
        }
        for system in document.systems {
            separate(&text)
            print(system)
        }
        for section in document.configures {
            separate(&text)
            print(section)
        }
        // IM joins all sentences with a newline and counts a missing contextualize as an empty one.
        if document.contextualize != nil || !isFirst || !document.deploys.isEmpty { separate(&text) }
        if let contextualize = document.contextualize { print(contextualize) }
        for deploy in document.deploys {
            separate(&text)
            text += "deploy \(deploy.system) \(deploy.count)"
            if let cloud = deploy.cloud { text += " \(cloud)" }
        }
    }

    private mutating func print(_ include: RADLInclude) {
        if !Lexer.isName(include.id) {
            text += "include "
            quote(include.id)
        } else {
            text += "include \(include.id)"
            if include.template != include.id {
                text += " ( template = "
                quote(include.template)
                text += " )"
            }
        }
    }

    mutating func print(_ system: RADLSystem) {
        text += "system \(system.id) "
        if !system.isReference { parenthesize(system.features, open: "(\n", close: "\n)\n") }
    }

    private mutating func print(_ section: RADLConfigure) {
        text += "configure \(section.id)"
        switch section.content {
        case .reference: break
        case .disabled: text += " ()"
        case .recipe(let recipe):
            text += " (\n@begin"
            if style == .im { text += "\n" }
            text += recipe
            if style == .im || recipe.utf8.last != UInt8(ascii: "\n") { text += "\n" }
            text += "@end\n)"
        }
    }

    private mutating func print(_ contextualize: RADLContextualize) {
        var time = contextualize.maximumTime?.description ?? ""
        if style == .im, contextualize.maximumTime?.doubleValue == 0 { time = "" }
        if contextualize.isDisabling {
            text += time.isEmpty || style == .im ? "contextualize ()" : "contextualize \(time) ()"
            return
        }
        text += "contextualize \(time) (\n"
        for option in contextualize.options.all {
            text += "option "
            print(option)
            text += "\n"
        }
        for (number, item) in contextualize.items.enumerated() {
            if number > 0 { text += "\n" }
            text += "system \(item.system) configure \(item.configure) "
            // Text has room for one of both; a step means nothing to cloud-init.
            if let tool = item.tool, item.isCloudInit || item.step == nil {
                text += " with \(tool)"
            } else {
                // IM takes step 0 for none.
                let step = style == .im && item.step == 0 ? nil : item.step
                text += step.map { "step \($0) " } ?? " "
            }
        }
        text += "\n)"
    }

    private mutating func parenthesize(_ features: Features, open: String, close: String) {
        text += open
        for (number, feature) in features.all.enumerated() {
            if number > 0 { text += " and\n" }
            print(feature)
        }
        text += close
    }

    private mutating func print(_ feature: Feature) {
        let name = feature.name
        switch feature.value {
        case .number(let interval):
            for (number, bound) in interval.bounds.enumerated() {
                if number > 0 { text += " and\n" }
                text += "\(name) \(bound.comparison.sign) \(bound.quantity)"
            }
        case .string(let value, let sign):
            text += "\(name) \(sign.sign) "
            // EC3 wants a reference here; IM reads strings only.
            if style == .exact, name == RADLDocument.inheritanceName, Self.isReference(value) {
                text += value
            } else if feature.isUndrawn {
                text += "'\(value)'"
            } else {
                quote(value)
            }
        case .list(let values, let sign):
            text += "\(name) \(sign.sign) ["
            if values.isEmpty, style == .im { text += "''" }
            for (number, value) in values.enumerated() {
                if number > 0 { text += "," }
                quote(value)
            }
            text += "]"
        case .set(let sets):
            for (number, element) in sets.elements.enumerated() {
                if number > 0 { text += " and\n" }
                text += "\(name) contains "
                parenthesize(element.features, open: "(", close: ")")
            }
        case .softs(let groups):
            for (number, group) in groups.enumerated() {
                if number > 0 { text += " and\n" }
                text += "soft \(group.weight) "
                parenthesize(group.features, open: "( ", close: " )")
            }
        }
    }

    private static func isReference(_ value: String) -> Bool {
        let words = value.split(separator: " ", omittingEmptySubsequences: false)
        return words.count == 2 && (words[0] == "system" || words[0] == "network") && Lexer.isName(String(words[1]))
    }

    private mutating func quote(_ value: String) {
        text += "'"
        let special = [UInt8(ascii: "'"), UInt8(ascii: "\\")]
        if !value.utf8.contains(where: { special.contains($0) }) {
            text += value + "'"
            // The text itself: nothing is drawn.
            if RandomText.isAskedFor(value.utf8) { text += "\\" }
        } else if Self.hasLoneBackslash(value) {
            // IM has no way for such a string, and skips the backslash behind it.
            text += Self.escaped(value, special) + "'\\"
        } else {
            text += Self.escaped(value, [UInt8(ascii: "'")]) + "'"
        }
    }

    /// Whether a backslash would swallow what follows it: a quote, a newline or the end.
    private static func hasLoneBackslash(_ value: String) -> Bool {
        var isEscaping = false
        for byte in value.utf8 {
            if isEscaping, byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\n") { return true }
            isEscaping = byte == UInt8(ascii: "\\") && !isEscaping
        }
        return isEscaping
    }

    /// With a backslash before each of some characters.
    private static func escaped(_ value: String, _ special: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(value.utf8.count + 8)
        for byte in value.utf8 {
            if special.contains(byte) { result.append(UInt8(ascii: "\\")) }
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }
}
