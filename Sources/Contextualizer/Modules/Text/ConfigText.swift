import Jinja

/// A text of sections with options, as Python's `configparser` reads it.
package struct ConfigText: Sendable {
    /// Why it cannot be read, or an option has no value, in Python's words.
    package struct Failure: Error, Sendable, Hashable {
        package var message: String

        package init(message: String) { self.message = message }
    }

    private typealias Options = [(name: String, value: String?)]

    /// The section whose options all others have, too.
    private static let defaults = "DEFAULT"

    private let isCaseSensitive: Bool
    private let interpolates: Bool
    private var content: [(name: String, options: Options)] = [(defaults, [])]

    /// - Parameters:
    ///   - allowsNoValue: An option may stand there alone.
    ///   - isCaseSensitive: Otherwise options are in small letters.
    ///   - interpolates: `%(name)s` stands for the option of that name, `%%` for a percent sign.
    package init(
        _ text: String, allowsNoValue: Bool = false, isCaseSensitive: Bool = false, interpolates: Bool = true
    ) throws(Failure) {
        self.isCaseSensitive = isCaseSensitive
        self.interpolates = interpolates
        var section: Int?
        var option: Int?
        var indentation = 0
        var known: Set<[String]> = []
        var unread = ""
        for (number, line) in TextLines(Array(text.utf8)).lines.enumerated() {
            let value = String(line.trimmingBlanks())
            guard !value.isEmpty, !value.hasPrefix("#"), !value.hasPrefix(";") else {
                // An empty line may be in the middle of a value; what is behind one comment is not.
                if value.isEmpty, let section, let option { content[section].options[option].value?.append("\n") }
                continue
            }
            let depth = line.utf8.prefix { $0 == 0x20 || $0 == 0x09 }.count
            if let section, let option, depth > indentation {
                content[section].options[option].value?.append("\n" + value)
                continue
            }
            indentation = depth
            if value.hasPrefix("["), let end = value.lastIndex(of: "]"), end > value.index(after: value.startIndex) {
                let name = String(value[value.index(after: value.startIndex)..<end])
                guard known.insert([name]).inserted else {
                    throw Failure(message: "section \(JinjaValue.repr(of: name)) already exists")
                }
                option = nil
                section = name == Self.defaults ? 0 : content.count
                if section != 0 { content.append((name, [])) }
                continue
            }
            guard let section else {
                throw Failure(
                    message: "File contains no section headers.\nline: \(number + 1)\n\(JinjaValue.repr(of: line))")
            }
            let place = value.firstIndex { $0 == "=" || $0 == ":" }
            guard place != nil || allowsNoValue, place != value.startIndex else {
                unread += "\n\t[line \(number + 1)]: \(JinjaValue.repr(of: line))"
                continue
            }
            let name = key(String(value[..<(place ?? value.endIndex)].trimmingBlanks()))
            guard known.insert([content[section].name, name]).inserted else {
                let place = JinjaValue.repr(of: content[section].name)
                throw Failure(message: "option \(JinjaValue.repr(of: name)) in section \(place) already exists")
            }
            option = content[section].options.count
            content[section].options.append(
                (name, place.map { String(value[value.index(after: $0)...].trimmingBlanks()) }))
        }
        guard unread.isEmpty else { throw Failure(message: "Source contains parsing errors:" + unread) }
        for section in content.indices {
            for option in content[section].options.indices {
                guard let value = content[section].options[option].value else { continue }
                content[section].options[option].value = value.trimmingEnd()
            }
        }
    }

    /// Names of the sections, without that of the defaults.
    package var sections: [String] { content.dropFirst().map(\.name) }

    package func hasSection(_ name: String) -> Bool { content.contains { $0.name == name } }

    /// Names of a section's options, those of the defaults last.
    package func options(of section: String) -> [String] {
        let own = raw(section).map(\.name)
        return own + (section == Self.defaults ? [] : raw(Self.defaults).map(\.name).filter { !own.contains($0) })
    }

    /// The value of an option; nil where there is none.
    package func value(_ name: String, of section: String) throws(Failure) -> String? {
        guard let value = find(key(name), section) else { return nil }
        return interpolates ? try interpolated(value, key(name), section, depth: 1) : value
    }

    private func key(_ name: String) -> String { isCaseSensitive ? name : name.lowercased() }

    private func raw(_ section: String) -> Options { content.first { $0.name == section }?.options ?? [] }

    private func find(_ name: String, _ section: String) -> String? {
        (raw(section).first { $0.name == name } ?? raw(Self.defaults).first { $0.name == name })?.value
    }

    private func interpolated(
        _ text: String, _ option: String, _ section: String, depth: Int
    ) throws(Failure) -> String {
        let names = (JinjaValue.repr(of: option), JinjaValue.repr(of: section))
        let place = "option \(names.0) in section \(names.1) contains an interpolation key "
        let raw = find(option, section) ?? text
        guard depth <= 10 else {
            throw Failure(
                message: "Recursion limit exceeded in value substitution: " + place
                    + "which cannot be substituted in 10 steps. Raw value: \(JinjaValue.repr(of: raw))")
        }
        var result = ""
        var rest = text[...]
        while let percent = rest.firstIndex(of: "%") {
            result += rest[..<percent]
            rest = rest[percent...]
            let next = rest.dropFirst().first
            if next == "%" {
                result += "%"
                rest = rest.dropFirst(2)
            } else if next == "(" {
                let name = rest.dropFirst(2).prefix { $0 != ")" }
                let end = rest.dropFirst(2 + name.count)
                guard !name.isEmpty, end.hasPrefix(")s") else {
                    throw Failure(message: "bad interpolation variable reference \(JinjaValue.repr(of: String(rest)))")
                }
                guard let value = find(key(String(name)), section) else {
                    throw Failure(
                        message: "Bad value substitution: " + place + "\(JinjaValue.repr(of: key(String(name)))) "
                            + "which is not a valid option name. Raw value: \(JinjaValue.repr(of: raw))")
                }
                result += try interpolated(value, option, section, depth: depth + 1)
                rest = end.dropFirst(2)
            } else {
                throw Failure(
                    message: "'%' must be followed by '%' or '(', found: \(JinjaValue.repr(of: String(rest)))")
            }
        }
        return result + rest
    }
}

extension String {
    /// Without blanks and newlines at its end.
    fileprivate func trimmingEnd() -> String {
        var bytes = utf8[...]
        while let last = bytes.last, [0x20, 0x09, 0x0a, 0x0d].contains(last) { bytes = bytes.dropLast() }
        return String(bytes) ?? self
    }
}
