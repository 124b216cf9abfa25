import Foundation

/// The settings of the service: files in IM's form, later ones before earlier ones, over the defaults of the options.
package struct ServiceConfiguration: Sendable, Hashable {
    /// One value and where it is from.
    private struct Setting: Sendable, Hashable {
        var value: String
        var source: String
        var line: Int
    }

    private struct Key: Sendable, Hashable {
        var section: ServiceOption.Section
        var name: String
    }

    private var settings: [Key: Setting] = [:]
    /// What whoever runs the service should know: options that do nothing here, unknown ones.
    package private(set) var warnings: [ConfigurationError.Problem] = []

    /// The defaults.
    package init() {}

    /// - Parameter files: Texts with their names; later ones count before earlier ones.
    /// - Throws: ``ConfigurationError`` with every mistake of every file.
    package init(files: [(name: String, text: String)]) throws(ConfigurationError) {
        var problems: [ConfigurationError.Problem] = []
        for file in files {
            do {
                try read(INIFile(file.text, source: file.name), source: file.name)
            } catch {
                problems += error.problems
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        noteEffects()
    }

    private mutating func read(_ file: INIFile, source: String) throws(ConfigurationError) {
        var problems: [ConfigurationError.Problem] = []
        let shared = file.section("DEFAULT")?.entries ?? []
        for section in file.sections where section.name != "DEFAULT" {
            guard let known = ServiceOption.Section(rawValue: section.name) else {
                let names = ServiceOption.Section.allCases.map { "[\($0.rawValue)]" }.joined(separator: ", ")
                warnings.append(
                    .init(
                        source: source, line: section.entries.first?.line,
                        message: "section [\(section.name)] is none of \(names); it does nothing"))
                continue
            }
            let own = Set(section.entries.map(\.name))
            for entry in section.entries + shared.filter({ !own.contains($0.name) }) {
                guard let option = ServiceOption.named(entry.name, in: known) else {
                    warnings.append(
                        .init(
                            source: source, line: entry.line,
                            message: "unknown option \(entry.name.uppercased()), ignored" + Self.hint(entry.name, known)
                        ))
                    continue
                }
                if let complaint = option.complaint(entry.value) {
                    problems.append(
                        .init(source: source, line: entry.line, message: "\(option.name): \(complaint)"))
                    continue
                }
                settings[Key(section: known, name: option.name)] = Setting(
                    value: entry.value, source: source, line: entry.line)
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }

    /// An option of another section under that name, or one that differs in a letter or two.
    private static func hint(_ name: String, _ section: ServiceOption.Section) -> String {
        for other in ServiceOption.Section.allCases
        where other != section && ServiceOption.named(name, in: other) != nil {
            return "; it belongs to [\(other.rawValue)]"
        }
        let wanted = Set(name.uppercased().split(separator: "_"))
        let near = ServiceOption.all.filter { $0.section == section }
            .max { similarity($0.name, wanted) < similarity($1.name, wanted) }
        guard let near, similarity(near.name, wanted) * 3 >= wanted.count * 2 else { return "" }
        return "; there is \(near.name)"
    }

    private static func similarity(_ name: String, _ words: Set<Substring>) -> Int {
        words.intersection(name.split(separator: "_")).count
    }

    private mutating func noteEffects() {
        for option in ServiceOption.all {
            let key = Key(section: option.section, name: option.name)
            guard let setting = settings[key], !option.isFallback(setting.value) else { continue }
            let message: String
            switch option.effect {
            case .used: continue
            case .meaningless(let reason): message = "\(option.name) has no meaning here: \(reason)"
            case .missing(let reason), .refused(let reason): message = "\(option.name) does nothing yet: \(reason)"
            }
            warnings.append(.init(source: setting.source, line: setting.line, message: message))
        }
    }

    /// Why the service must not start so: what it cannot keep to would let in who shall not be let in.
    package var refusal: ConfigurationError? {
        var problems = ServiceOption.all.compactMap { option -> ConfigurationError.Problem? in
            guard case .refused(let reason) = option.effect, flag(option.name) else { return nil }
            let setting = settings[Key(section: option.section, name: option.name)]
            return .init(
                source: setting?.source ?? "defaults", line: setting?.line,
                message: "\(option.name) cannot be kept to: \(reason); set it to false to start without it")
        }
        if let problem = issuerProblem { problems.append(problem) }
        return problems.isEmpty ? nil : ConfigurationError(problems: problems)
    }

    /// Of options about tokens that do not fit together.
    private var issuerProblem: ConfigurationError.Problem? {
        let name: String
        let message: String
        if flag("FORCE_OIDC_AUTH"), list("OIDC_ISSUERS").isEmpty {
            (name, message) = ("FORCE_OIDC_AUTH", "FORCE_OIDC_AUTH lets nobody in: name the issuers in OIDC_ISSUERS")
        } else if let issuer = list("OIDC_ISSUERS").first(where: { !Self.isIssuer($0) }) {
            (name, message) = (
                "OIDC_ISSUERS",
                "OIDC_ISSUERS: '\(issuer)' is no address of an issuer; write https://host/path (http on this machine only)"
            )
        } else if objects("OIDC_ADMIN_GROUPS").contains(where: { $0["issuer"] == nil || $0["group"] == nil }) {
            (name, message) = (
                "OIDC_ADMIN_GROUPS", "OIDC_ADMIN_GROUPS: each object has the texts \"issuer\" and \"group\""
            )
        } else {
            return nil
        }
        let setting = settings[Key(section: .service, name: name)]
        return .init(source: setting?.source ?? "defaults", line: setting?.line, message: message)
    }

    private static func isIssuer(_ text: String) -> Bool {
        guard let url = URL(string: text), let host = url.host(), !host.isEmpty, url.query() == nil,
            url.fragment() == nil, url.user() == nil
        else { return false }
        return url.scheme == "https"
            || (url.scheme == "http" && ["localhost", "127.0.0.1", "::1", "[::1]"].contains(host))
    }

    // MARK: Values

    /// - Parameter name: Of a known option; an unknown one has no value.
    package func text(_ name: String, in section: ServiceOption.Section = .service) -> String {
        let option = ServiceOption.named(name, in: section)
        return settings[Key(section: section, name: name)]?.value ?? option?.fallback ?? ""
    }

    /// Whether a file says it.
    package func isSet(_ name: String, in section: ServiceOption.Section = .service) -> Bool {
        settings[Key(section: section, name: name)] != nil
    }

    package func flag(_ name: String, in section: ServiceOption.Section = .service) -> Bool {
        ServiceOption.flag(text(name, in: section)) ?? false
    }

    package func integer(_ name: String, in section: ServiceOption.Section = .service) -> Int {
        Int(text(name, in: section)) ?? 0
    }

    /// Without empty items.
    package func list(_ name: String, in section: ServiceOption.Section = .service) -> [String] {
        text(name, in: section).split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
    }

    /// Objects of a JSON option: of the list, or the one that stands alone.
    package func objects(_ name: String, in section: ServiceOption.Section = .service) -> [[String: String]] {
        guard let value = try? JSONSerialization.jsonObject(with: Data(text(name, in: section).utf8)) else { return [] }
        let items = value as? [Any] ?? [value]
        return items.compactMap { $0 as? [String: String] }.filter { !$0.isEmpty }
    }

    // MARK: For people

    /// Every option with its value, where that is from, and what it does here.
    package func report() -> String {
        var text = ""
        for section in ServiceOption.Section.allCases {
            text += (text.isEmpty ? "" : "\n") + "[\(section.rawValue)]\n"
            for option in ServiceOption.all where option.section == section {
                let setting = settings[Key(section: section, name: option.name)]
                let value = setting?.value ?? option.fallback
                let shown = option.isSecret && !value.isEmpty && value != option.fallback ? "***" : value
                let place = setting.map { "\($0.source):\($0.line)" } ?? "default"
                text += "\(option.name) = \(shown.replacing("\n", with: "\n    "))  # \(place)\(option.remark)\n"
            }
        }
        return text
    }

    /// A file with every option that does something here, as a comment with its default.
    package static func sample() -> String {
        var text = """
            # Settings of gantryd, in the form of IM's im.cfg: a file of IM may be named with --config as it is.
            # Options of the command line come before these. `gantryd config` shows what is in force.

            """
        for section in ServiceOption.Section.allCases {
            let options = ServiceOption.all.filter { $0.section == section && $0.isUsed }
            guard !options.isEmpty else { continue }
            text += "\n[\(section.rawValue)]\n"
            for option in options {
                guard case .used(let meaning) = option.effect else { continue }
                text += "\n# \(meaning)\n#\(option.name) = \(option.fallback.replacing("%", with: "%%"))\n"
            }
        }
        return text
    }
}

extension ServiceOption {
    var isUsed: Bool { if case .used = effect { true } else { false } }

    /// What the report says behind a value.
    fileprivate var remark: String {
        switch effect {
        case .used: ""
        case .meaningless(let reason): "; no meaning here: \(reason)"
        case .missing(let reason), .refused(let reason): "; does nothing yet: \(reason)"
        }
    }

    /// As Python's `configparser` reads it; nil: it is none.
    static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "1", "yes", "true", "on": true
        case "0", "no", "false", "off": false
        default: nil
        }
    }

    /// Whether a value means what the default means.
    func isFallback(_ value: String) -> Bool {
        if kind == .flag { return Self.flag(value) == Self.flag(fallback) }
        return value == fallback
    }

    /// What is wrong with a value, and what to write; nil: nothing.
    func complaint(_ value: String) -> String? {
        switch kind {
        case .flag:
            return Self.flag(value) == nil ? "'\(value)' is neither yes nor no" : nil
        case .integer(let range):
            guard let number = Int(value) else { return "'\(value)' is no whole number" }
            return range.contains(number) ? nil : "\(number) is not from \(range.lowerBound) to \(range.upperBound)"
        case .json:
            guard let parsed = try? JSONSerialization.jsonObject(with: Data(value.utf8)) else {
                let example =
                    name == "OIDC_ADMIN_GROUPS"
                    ? "{\"issuer\": \"https://host/path\", \"group\": \"g\"}"
                    : "{\"username\": \"u\", \"password\": \"p\"}"
                return "it is no JSON; write \(example)"
            }
            let items = parsed as? [Any] ?? [parsed]
            return items.allSatisfy { $0 is [String: String] }
                ? nil : "it is an object of texts, or a list of such objects"
        case .text where name == "LOG_LEVEL":
            let levels = ["trace", "debug", "info", "notice", "warning", "warn", "error", "critical"]
            return levels.contains(value.lowercased()) ? nil : "it is one of \(levels.joined(separator: ", "))"
        case .list, .text:
            return nil
        }
    }
}
