import Foundation
import Jinja
import Modules
import Recipes
import Support

/// One lookup with its options.
struct LookupReader {
    let library: FileLibrary
    let options: JinjaDict
    let context: JinjaContext

    /// The role at work and the playbook.
    private var roots: [String] {
        let role = (try? context.scope.lookup("role_path"))?.stringValue
        return [role, library.folder].compactMap(\.self)
    }

    func path(_ name: String, in folders: [String]) -> String? { library.path(of: name, in: folders, roots: roots) }

    func flag(_ name: String, default fallback: Bool) -> Bool {
        guard let value = options[name] else { return fallback }
        return value.boolValue ?? ["yes", "true", "on", "1"].contains(value.text.lowercased())
    }

    func template(_ name: String) throws -> JinjaValue {
        guard let path = path(name, in: ["templates"]) else {
            throw JinjaError(.notFound, "the template file \(name) could not be found for the lookup")
        }
        let file = URL(fileURLWithPath: path).standardizedFileURL.path
        let own = try TemplateVariables.all(path: name, file: file, destination: nil, scope: context.scope)
        var scope: any JinjaScope = JinjaLayeredScope(own, over: context.scope)
        if let variables = options["template_vars"]?.dictValue { scope = JinjaLayeredScope(variables, over: scope) }
        return .string(try context.environment.renderFile(try library.text(of: path), scope: scope, name: name))
    }

    func firstFound(_ terms: [JinjaValue]) throws -> [JinjaValue] {
        try context.checkDefined(.list(terms + options.map(\.value)))
        var skips = flag("skip", default: false) || options["errors"] == "ignore"
        func texts(_ value: JinjaValue?) -> [String] {
            guard let value else { return [] }
            return value.listValue?.map(\.text)
                ?? value.text.split { $0 == "," || $0 == ";" }.map { $0.trimmingCharacters(in: .whitespaces) }
        }
        func names(_ dict: JinjaDict) -> [String] {
            let files = texts(dict["files"])
            let paths = texts(dict["paths"])
            return paths.isEmpty ? files : paths.flatMap { path in files.map { "\(path)/\($0)" } }
        }
        var candidates = names(options)
        for term in terms.flatMap({ $0.listValue ?? [$0] }) {
            if case .dict(let dict) = term {
                skips = dict["skip"]?.isTrue ?? skips
                candidates += names(dict)
            } else {
                let paths = texts(options["paths"])
                candidates += paths.isEmpty ? [term.text] : paths.map { "\($0)/\(term.text)" }
            }
        }
        for name in candidates {
            if let path = path(name, in: ["tasks", "vars", "files", "templates"]) { return [.string(path)] }
        }
        if skips { return [] }
        throw JinjaError(.notFound, "No file was found when using first_found.")
    }

    func glob(_ pattern: String) throws -> [JinjaValue] {
        let name = (pattern as NSString).lastPathComponent
        let folder = (pattern as NSString).deletingLastPathComponent
        let places =
            folder.hasPrefix("/") ? [folder] : roots.flatMap { ["\($0)/files/\(folder)", "\($0)/\(folder)"] }
        for place in places {
            let path = URL(fileURLWithPath: place).standardizedFileURL.path
            let found = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
                .filter { fnmatch(name, $0, FNM_PERIOD) == 0 }.map { "\(path)/\($0)" }
                .filter { file in
                    var isFolder: ObjCBool = false
                    return FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) && !isFolder.boolValue
                }
            if !found.isEmpty { return found.map { .string($0) } }
        }
        return []
    }

    func output(of command: String) throws -> String {
        let ended: ChildCommand.Completed
        do {
            ended = try ChildCommand(["/bin/sh", "-c", command], directory: library.folder).run(input: [])
        } catch {
            throw JinjaError(.value, "lookup_plugin.pipe(\(command)) cannot be run: \(error)")
        }
        guard ended.ending.status == 0 else {
            throw JinjaError(.value, "lookup_plugin.pipe(\(command)) returned \(ended.ending.status)")
        }
        return String(decoding: ended.output, as: UTF8.self)
    }

    /// What a server sends, by the program curl; lines, where it is not asked to be whole.
    func fetch(_ address: String) throws -> [JinjaValue] {
        let follows = options["follow_redirects"]?.text ?? "urllib2"
        var words = ["curl", "-sS", "--fail", "--max-time", options["timeout"]?.text ?? "10"]
        if !["no", "none", "False"].contains(follows) { words.append("-L") }
        if !flag("validate_certs", default: true) { words.append("-k") }
        if !flag("use_proxy", default: true) { words += ["--noproxy", "*"] }
        words += ["-A", options["http_agent"]?.text ?? "ansible-httpget"]
        if let socket = options["unix_socket"]?.text { words += ["--unix-socket", socket] }
        if let authority = options["ca_path"]?.text { words += ["--cacert", authority] }
        if flag("force", default: false) { words += ["-H", "Cache-Control: no-cache"] }
        // The rest may be secret, so it is no argument.
        var settings: [String] = []
        func add(_ name: String, _ value: String) {
            let shown = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n").replacing("\r", with: "\\r")
            settings.append("\(name) = \"\(shown)\"")
        }
        for (name, value) in options["headers"]?.dictValue ?? JinjaDict() {
            add("header", "\(name.text): \(value.text)")
        }
        if let user = options["username"]?.text { add("user", "\(user):\(options["password"]?.text ?? "")") }
        add("url", address)
        let ended: ChildCommand.Completed
        do {
            ended = try ChildCommand(words + ["-K", "-"], directory: library.folder)
                .run(input: Array((settings.joined(separator: "\n") + "\n").utf8))
        } catch {
            throw JinjaError(.value, "Failed lookup url for \(address): curl cannot be run: \(error)")
        }
        guard ended.ending.status == 0 else {
            throw JinjaError(
                .value,
                "Failed lookup url for \(address): "
                    + String(decoding: ended.errors, as: UTF8.self).trimmingNewlines())
        }
        let text = String(decoding: ended.output, as: UTF8.self)
        guard flag("split_lines", default: true) else { return [.string(text)] }
        var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map { JinjaValue.string(String($0)) }
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    /// `NAME key=value key=value`, with the options of the call under them.
    private func parameters(_ term: String) -> (name: String, values: [String: String]) {
        var values: [String: String] = [:]
        for (key, value) in options { values[key.text] = value.text }
        var name: [String] = []
        for word in term.split(separator: " ") {
            if let equals = word.firstIndex(of: "="), !name.isEmpty {
                values[String(word[..<equals])] = String(word[word.index(after: equals)...])
            } else {
                name.append(String(word))
            }
        }
        return (name.joined(separator: " "), values)
    }

    func password(_ term: String) throws -> JinjaValue {
        let (name, values) = parameters(term)
        guard values["encrypt"] == nil else {
            throw JinjaError(.value, "lookup('password') with encrypt is not supported: use the filter password_hash")
        }
        let length = values["length"].flatMap { Int($0) } ?? 20
        let sets =
            options["chars"]?.listValue?.map(\.text)
            ?? (values["chars"] ?? "ascii_letters,digits,.,:-_").split(separator: ",").map(String.init)
        let letters = "abcdefghijklmnopqrstuvwxyz"
        let known = [
            "ascii_letters": letters + letters.uppercased(), "ascii_lowercase": letters,
            "ascii_uppercase": letters.uppercased(), "digits": "0123456789", "hexdigits": "0123456789abcdefABCDEF",
            "punctuation": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
        ]
        let characters = Array(
            values["chars"] == nil && options["chars"] == nil
                ? letters + letters.uppercased() + "0123456789.,:-_" : sets.map { known[$0] ?? $0 }.joined())
        guard length > 0, length <= 4096, !characters.isEmpty else {
            throw JinjaError(.value, "lookup('password'): a length from 1 to 4096 and some characters are needed")
        }
        var random = SystemRandomNumberGenerator()
        let made = String((0..<length).map { _ in characters[Int.random(in: 0..<characters.count, using: &random)] })
        if name == "/dev/null" { return .string(made) }
        let path = name.hasPrefix("/") ? name : "\(library.folder)/\(name.expandingHome)"
        if let there = FileManager.default.contents(atPath: path) {
            return .string(String(decoding: there, as: UTF8.self).trimmingNewlines())
        }
        do {
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw JinjaError(.value, "the folder of '\(path)' cannot be made: \(error.localizedDescription)")
        }
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data((made + "\n").utf8), attributes: [.posixPermissions: 0o600])
        else { throw JinjaError(.value, "'\(path)' cannot be written") }
        return .string(made)
    }

    func ini(_ term: String) throws -> [JinjaValue] {
        let (name, values) = parameters(term)
        let text = try file(values["file"] ?? "ansible.ini")
        let isProperties = values["type"] == "properties"
        let section = isProperties ? "java_properties" : values["section"] ?? "global"
        let allowsNoValue = ["allow_no_value", "allow_none"].contains { flag($0, default: isTrue(values[$0])) }
        let isPattern = flag("re", default: isTrue(values["re"]))
        do throws(ConfigText.Failure) {
            let config = try ConfigText(
                (isProperties ? "[java_properties]\n" : "") + text, allowsNoValue: allowsNoValue,
                isCaseSensitive: flag("case_sensitive", default: isTrue(values["case_sensitive"])),
                interpolates: flag("interpolation", default: isTrue(values["interpolation"] ?? "true")))
            guard config.hasSection(section) else {
                throw ConfigText.Failure(message: "No section '\(section)' in '\(values["file"] ?? "ansible.ini")'.")
            }
            guard isPattern else {
                let value = try config.value(name, of: section)
                return [.string(value ?? values["default"] ?? "")]
            }
            var found: [JinjaValue] = []
            for key in config.options(of: section) {
                let value = try config.value(key, of: section)
                if let value, isMatch(key, name) { found.append(.string(value)) }
            }
            return found
        } catch {
            throw JinjaError(.value, "The lookup plugin 'ini' failed: \(error.message)")
        }
    }

    private func isTrue(_ text: String?) -> Bool {
        text.map { ["yes", "true", "on", "1"].contains($0.lowercased()) } ?? false
    }

    /// As Python's `re.match`.
    private func isMatch(_ text: String, _ pattern: String) -> Bool {
        let found = try? context.environment.evaluate(
            expression: "text is match(pattern)",
            scope: ["text": .string(text), "pattern": .string(pattern)] as JinjaDict)
        return found?.isTrue == true
    }

    func csv(_ term: String) throws -> [JinjaValue] {
        let (name, values) = parameters(term)
        let text = try file(values["file"] ?? "ansible.csv")
        let delimiter: Character =
            switch values["delimiter"] {
            case nil, "TAB"?, "\\t"?, "\t"?: "\t"
            case let other?: other.first ?? "\t"
            }
        let column = values["col"].flatMap { Int($0) } ?? 1
        let key = values["keycol"].flatMap { Int($0) } ?? 0
        for line in text.split(whereSeparator: \.isNewline) {
            let fields = Self.fields(line, delimiter)
            guard fields.indices.contains(key), fields[key] == name else { continue }
            guard fields.indices.contains(column) else {
                throw JinjaError(.value, "csvfile: list index out of range")
            }
            return [.string(fields[column])]
        }
        return values["default"].map { [.string($0)] } ?? []
    }

    private static func fields(_ line: Substring, _ delimiter: Character) -> [String] {
        var fields = [""]
        var isQuoted = false
        for character in line {
            switch character {
            case "\"": isQuoted.toggle()
            case delimiter where !isQuoted: fields.append("")
            default: fields[fields.count - 1].append(character)
            }
        }
        return fields
    }

    private func file(_ name: String) throws -> String {
        guard let path = path(name, in: ["files"]) else {
            throw JinjaError(.notFound, "Could not find or access '\(name)' on the controller")
        }
        return try library.text(of: path)
    }
}
