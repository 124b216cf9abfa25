/// A configuration file as Python's `configparser` reads it, which is how IM's `im.cfg` is written.
///
/// Sections in brackets; `name = value` or `name: value`; names in any case; lines that begin with `#` or `;` are comments;
/// a line that is indented deeper than the name continues its value; `%%` is a percent sign and `%(name)s` the value of
/// another option of the section or of `[DEFAULT]`
/// (docs.python.org/3/library/configparser.html, "Supported INI File Structure").
package struct INIFile: Sendable, Hashable {
    /// One option as it stands there.
    package struct Entry: Sendable, Hashable {
        /// In small letters.
        package var name: String
        package var value: String
        /// From 1.
        package var line: Int
    }

    /// A section with its options in their order.
    package struct Section: Sendable, Hashable {
        package var name: String
        package var entries: [Entry]
    }

    /// In the order of the file, `DEFAULT` among them.
    package var sections: [Section]

    /// - Parameter source: Name of the file, for messages.
    /// - Throws: ``ConfigurationError`` with every line that cannot be read.
    package init(_ text: String, source: String) throws(ConfigurationError) {
        var reader = Reader(source: source)
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            reader.read(line)
        }
        sections = reader.sections
        for index in sections.indices {
            reader.interpolate(&sections[index])
        }
        guard reader.problems.isEmpty else { throw ConfigurationError(problems: reader.problems) }
    }

    /// The options of a section; nil: it is not there. Names of sections count as they are written.
    package func section(_ name: String) -> Section? {
        sections.first { $0.name == name }
    }

    private struct Reader {
        let source: String
        var sections: [Section] = []
        var problems: [ConfigurationError.Problem] = []
        private var number = 0
        /// Columns that the last name stands in.
        private var indent = 0
        private var isInValue = false
        /// Empty lines inside a value, kept when it goes on.
        private var pendingBlanks = 0

        init(source: String) { self.source = source }

        mutating func read(_ line: Substring) {
            number += 1
            let text = line.trimmed
            if let mark = text.first, mark == "#" || mark == ";" { return }
            guard !text.isEmpty else {
                if isInValue { pendingBlanks += 1 }
                return
            }
            let column = line.prefix { $0 == " " || $0 == "\t" }.count
            if isInValue, column > indent, let section = sections.indices.last,
                let entry = sections[section].entries.indices.last
            {
                let breaks = String(repeating: "\n", count: pendingBlanks + 1)
                sections[section].entries[entry].value += breaks + text
                pendingBlanks = 0
                return
            }
            pendingBlanks = 0
            indent = column
            if text.first == "[" {
                beginSection(text)
            } else {
                option(text)
            }
        }

        private mutating func beginSection(_ text: String) {
            isInValue = false
            guard let end = text.firstIndex(of: "]"), end > text.index(after: text.startIndex) else {
                return note("a section is its name in brackets, such as [im]")
            }
            let name = String(text[text.index(after: text.startIndex)..<end])
            guard !sections.contains(where: { $0.name == name }) else {
                return note("section [\(name)] is there already; put its options together")
            }
            sections.append(Section(name: name, entries: []))
        }

        private mutating func option(_ text: String) {
            isInValue = false
            guard let separator = text.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
                return note("'\(text)' has no value: write name = value")
            }
            let name = text[..<separator].trimmed.lowercased()
            guard !name.isEmpty else { return note("there is no name before '\(text[separator])'") }
            guard let section = sections.indices.last else {
                return note("'\(name)' stands before the first section: begin with [im]")
            }
            if let earlier = sections[section].entries.first(where: { $0.name == name }) {
                return note("'\(name)' is there already, in line \(earlier.line); keep one of them")
            }
            isInValue = true
            sections[section].entries.append(
                Entry(name: name, value: text[text.index(after: separator)...].trimmed, line: number))
        }

        private mutating func note(_ message: String, line: Int? = nil) {
            problems.append(.init(source: source, line: line ?? number, message: message))
        }

        // MARK: Interpolation

        mutating func interpolate(_ section: inout Section) {
            let known = (sections.first { $0.name == "DEFAULT" }?.entries ?? []) + section.entries
            let values = Dictionary(known.map { ($0.name, $0.value) }) { $1 }
            for index in section.entries.indices {
                let entry = section.entries[index]
                do {
                    section.entries[index].value = try Self.expand(entry.value, values, depth: 0)
                } catch {
                    note("\(entry.name): \(error.message)", line: entry.line)
                }
            }
        }

        private struct Unexpandable: Error {
            var message: String
        }

        /// As deep as Python goes.
        private static let deepest = 10

        private static func expand(
            _ value: String, _ values: [String: String], depth: Int
        ) throws(Unexpandable) -> String {
            guard value.contains("%") else { return value }
            guard depth < deepest else { throw Unexpandable(message: "it refers to itself") }
            var result = ""
            var rest = Substring(value)
            while let percent = rest.firstIndex(of: "%") {
                result += rest[..<percent]
                rest = rest[rest.index(after: percent)...]
                if rest.first == "%" {
                    result += "%"
                    rest.removeFirst()
                } else if rest.hasPrefix("("), let end = rest.firstRange(of: ")s") {
                    let name = rest[rest.index(after: rest.startIndex)..<end.lowerBound].lowercased()
                    guard let other = values[name] else {
                        throw Unexpandable(message: "there is no option '\(name)' to put in")
                    }
                    result += try expand(other, values, depth: depth + 1)
                    // What grows beyond any setting is a bomb of references.
                    guard result.utf8.count <= 1 << 20 else { throw Unexpandable(message: "it becomes too long") }
                    rest = rest[end.upperBound...]
                } else {
                    throw Unexpandable(message: "a percent sign is written %%")
                }
            }
            return result + rest
        }
    }
}

extension StringProtocol {
    /// Without blanks at both ends.
    var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
