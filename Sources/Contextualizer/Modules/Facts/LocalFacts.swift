import Jinja

/// The machine's own facts: files of a folder, or what those print that are programs.
struct LocalFacts {
    private(set) var facts = JinjaDict()
    private(set) var warnings: [String] = []

    init(_ records: Records) {
        for text in records.values["local"] ?? [] {
            let (path, content) = Self.split(text, "\n")
            // What is no UTF-8 is no fact.
            add(path, content.unicodeScalars.contains("\u{fffd}") ? "" : content)
        }
        for text in records.values["local_run"] ?? [] {
            let (path, ended) = Self.split(text, "\n")
            let (output, end) = Self.split(ended, "\u{1d}")
            let (errors, status) = Self.split(end, "\u{1d}")
            guard status == "0" else {
                fail(path, "Failure executing fact script (\(path)), rc: \(status), err: \(errors)")
                continue
            }
            add(path, output)
        }
    }

    private static func split(_ text: String, _ separator: Unicode.Scalar) -> (String, String) {
        let scalars = text.unicodeScalars
        guard let place = scalars.firstIndex(of: separator) else { return (text, "") }
        return (String(scalars[..<place]), String(scalars[scalars.index(after: place)...]))
    }

    private static func name(_ path: String) -> String {
        String(path.split(separator: "/").last ?? "").replacing(".fact", with: "")
    }

    /// The text of an error stands in the fact's place, as with Ansible.
    private mutating func fail(_ path: String, _ message: String) {
        facts[Self.name(path)] = .string(message)
        warnings.append(message)
    }

    private mutating func add(_ path: String, _ content: String) {
        if let value = JSONText.parse(content) {
            facts[Self.name(path)] = value
            return
        }
        guard let config = try? ConfigText(content) else {
            return fail(path, "error loading facts as JSON or ini - please check content: \(path)")
        }
        var sections = JinjaDict()
        for section in config.sections {
            var options = JinjaDict()
            for name in config.options(of: section) {
                do throws(ConfigText.Failure) {
                    options[name] = try config.value(name, of: section).map { .string($0) } ?? JinjaValue.none
                } catch {
                    let message = "error loading facts as ini - please check content: \(path) (\(error.message))"
                    return fail(path, message)
                }
            }
            sections[section] = .dict(options)
        }
        facts[Self.name(path)] = .dict(sections)
    }
}
