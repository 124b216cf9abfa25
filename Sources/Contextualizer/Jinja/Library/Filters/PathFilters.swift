extension BuiltIns {
    /// Paths as text: nothing here looks at a file system.
    static let pathFilters: [String: JinjaFunction] = [
        "basename": pathFilter { Path.split($0).1 },
        "dirname": pathFilter { Path.split($0).0 },
        "splitext": JinjaFunction(["path"]) { arguments, _ in
            let (root, suffix) = Path.splitExtension(arguments.subject.text)
            return .tuple([.string(root), .string(suffix)])
        },
        "path_join": JinjaFunction(["paths"]) { arguments, context in
            if case .string = arguments.subject { return arguments.subject }
            return .string(Path.join(try context.items(of: arguments.subject).map(\.text)))
        },
        "normpath": pathFilter(Path.normalize),
        "relpath": JinjaFunction(["path", "start"]) { arguments, _ in
            .string(Path.relative(arguments.subject.text, to: try arguments.text(1, "start") ?? "."))
        },
        "commonpath": JinjaFunction(["paths"]) { arguments, context in
            .string(Path.common(try context.items(of: arguments.subject).map(\.text)))
        },
        // Whose home a `~` means is known on the target, not here.
        "expanduser": pathFilter { $0 },
        "expandvars": pathFilter { $0 },
        "realpath": pathFilter(Path.normalize),
        "win_basename": pathFilter { path in
            String(path.split(omittingEmptySubsequences: false) { $0 == "\\" || $0 == "/" }.last ?? "")
        },
        "win_splitdrive": JinjaFunction(["path"]) { arguments, _ in
            let (drive, rest) = Path.splitDrive(arguments.subject.text)
            return .tuple([.string(drive), .string(rest)])
        },
        "win_dirname": pathFilter { path in
            guard let place = path.lastIndex(where: { $0 == "\\" || $0 == "/" }) else { return "" }
            return String(path[..<place])
        },
    ]

    private static func pathFilter(_ body: @escaping @Sendable (String) -> String) -> JinjaFunction {
        JinjaFunction(["path"]) { arguments, _ in .string(body(arguments.subject.text)) }
    }
}

/// Python's `posixpath`.
enum Path {
    static func split(_ path: String) -> (String, String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        let tail = String(path[path.index(after: slash)...])
        var head = path[...slash]
        if head.contains(where: { $0 != "/" }) { while head.last == "/" { head.removeLast() } }
        return (String(head), tail)
    }

    /// `ntpath.splitdrive`: `C:`, or `//host/share`.
    static func splitDrive(_ path: String) -> (String, String) {
        let letters = Array(path.unicodeScalars)
        func isSlash(_ index: Int) -> Bool { letters[index] == "/" || letters[index] == "\\" }
        func split(_ index: Int) -> (String, String) {
            (String(scalars: letters[..<index]), String(scalars: letters[index...]))
        }
        guard letters.count >= 2 else { return ("", path) }
        guard isSlash(0), isSlash(1) else { return letters[1] == ":" ? split(2) : ("", path) }
        // Behind the host, and behind the share.
        guard let host = (2..<letters.count).first(where: isSlash) else { return split(letters.count) }
        return split((host + 1..<max(host + 1, letters.count)).first(where: isSlash) ?? letters.count)
    }

    static func splitExtension(_ path: String) -> (String, String) {
        let nameStart = path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
        let name = path[nameStart...]
        guard let dot = name.lastIndex(of: "."), name[..<dot].contains(where: { $0 != "." }) else { return (path, "") }
        return (String(path[..<dot]), String(path[dot...]))
    }

    static func join(_ parts: [String]) -> String {
        var result = parts.first ?? ""
        for part in parts.dropFirst() {
            if part.hasPrefix("/") {
                result = part
            } else {
                result += (result.isEmpty || result.hasSuffix("/") ? "" : "/") + part
            }
        }
        return result
    }

    static func normalize(_ path: String) -> String {
        if path.isEmpty { return "." }
        let isAbsolute = path.hasPrefix("/")
        let root = path.hasPrefix("//") && !path.hasPrefix("///") ? "//" : isAbsolute ? "/" : ""
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part != ".." || (!isAbsolute && parts.isEmpty) || parts.last == ".." {
                parts.append(part)
            } else if !parts.isEmpty {
                parts.removeLast()
            }
        }
        let result = root + parts.joined(separator: "/")
        return result.isEmpty ? "." : result
    }

    static func relative(_ path: String, to start: String) -> String {
        let parts = normalize(path).split(separator: "/").filter { $0 != "." }
        let base = normalize(start).split(separator: "/").filter { $0 != "." }
        let shared = zip(parts, base).prefix { $0 == $1 }.count
        let result = Array(repeating: "..", count: base.count - shared) + parts.dropFirst(shared).map(String.init)
        return result.isEmpty ? "." : result.joined(separator: "/")
    }

    static func common(_ paths: [String]) -> String {
        guard let first = paths.first else { return "" }
        var shared = first.split(separator: "/").filter { $0 != "." }
        for path in paths.dropFirst() {
            let parts = path.split(separator: "/").filter { $0 != "." }
            shared = zip(shared, parts).prefix { $0 == $1 }.map(\.0)
        }
        return (first.hasPrefix("/") ? "/" : "") + shared.joined(separator: "/")
    }
}
