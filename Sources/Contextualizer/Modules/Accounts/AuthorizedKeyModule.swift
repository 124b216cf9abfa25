import Jinja

/// `authorized_key`: public keys with which one may log in.
package enum AuthorizedKeyModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "authorized_key", collections: ["ansible.posix"],
        summary: "Adds and removes public keys with which one may log in.",
        parameters: [
            ModuleParameter("user", .string, required: true, "The account."),
            ModuleParameter("key", .string, required: true, "The keys, one a line; an address is refused."),
            ModuleParameter("path", .path, "The file; by default ~/.ssh/authorized_keys of the account."),
            ModuleParameter("manage_dir", .boolean, default: true, "Make the folder and set its mode."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter("key_options", .string, "Options before the key."),
            ModuleParameter("exclusive", .boolean, default: false, "All other keys go."),
            ModuleParameter("comment", .string, "Instead of the key's own comment."),
            ModuleParameter("validate_certs", .boolean, default: true, "Accepted: addresses are refused."),
            ModuleParameter("follow", .boolean, default: false, "Accepted: links are followed."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let text = arguments.string("key") ?? ""
        if text.hasPrefix("http://") || text.hasPrefix("https://") {
            throw ModuleError(
                code: .invalidArgument,
                message: "authorized_key: a key from an address is not supported: get it with uri and give its content")
        }
        var keys: [AuthorizedKey] = []
        for line in TextLines(Array(text.utf8)).lines {
            let trimmed = line.trimmingBlanks()
            if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
            guard var key = AuthorizedKey(String(trimmed)) else {
                throw ModuleError(code: .invalidArgument, message: "invalid key specified: \(line)")
            }
            if let options = arguments.string("key_options") { key.options = options }
            if let comment = arguments.string("comment") { key.comment = comment }
            keys.append(key)
        }
        let wanted = keys
        let isPresent = arguments.string("state") != "absent"
        let isExclusive = arguments.bool("exclusive") ?? false
        let user = arguments.string("user") ?? ""
        let manages = arguments.bool("manage_dir") ?? true
        let unknown =
            arguments.string("path") == nil
            ? "die 'Either user must exist or you must provide full path to key file in check mode'" : ":"
        let prologue = """
            u_=\(ShellText.quote(user));l_=$(getent passwd "$u_" 2>/dev/null||grep "^$u_:" /etc/passwd)||l_=
            [ -n "$l_" ]||[ $CK = 0 ]||\(unknown)
            [ -n "$l_" ]||[ $CK = 1 ]||die "Failed to lookup user $u_: \\"getpwnam(): name not found: '$u_'\\""
            h_=$(printf %s "$l_"|cut -d: -f6);ow=$(printf %s "$l_"|cut -d: -f3);gr=$(printf %s "$l_"|cut -d: -f4);nm(){ printf 600; }
            k_=\(arguments.string("path").map(ShellText.path) ?? "$h_/.ssh/authorized_keys");f_=${k_%/*};o keyfile "$k_"
            if [ \(manages && isPresent ? 1 : 0) = 1 ]&&[ $CK = 0 ];then [ -d "$f_" ]||{ e=$(mkdir -p "$f_" 2>&1)||die "Failed to create directory $f_ : $e"; }
            chown "$ow:$gr" "$f_"&&chmod 700 "$f_"||die "could not set owner and mode of $f_";fi

            """
        var edit = try TextEdit(
            path: arguments.string("path") ?? "~\(user)/.ssh/authorized_keys", word: "$k_", context,
            attributes: FileParameterValues(mode: .octal(0o600)), prologue: prologue
        ) { content in
            if content == nil, !isPresent { return .unchanged("", [:]) }
            let text = TextLines(content ?? [])
            let lines = AuthorizedKey.edit(text.lines, wanted, isPresent: isPresent, isExclusive: isExclusive)
            guard lines != text.lines || content == nil else { return .unchanged("", [:]) }
            return .changed(Array(lines.map { $0 + "\n" }.joined().utf8), "", [:])
        }
        edit.finish = { result in
            guard !result.failed else { return }
            result.message = nil
            for key in [
                "user", "path", "key", "key_options", "comment", "manage_dir", "exclusive", "follow", "validate_certs",
            ] {
                result[key] = result[key] ?? arguments.value(key) ?? JinjaValue.none
            }
            result["state"] = result["state"] ?? arguments.value("state")
        }
        return edit.step
    }
}

/// A line of `authorized_keys`.
struct AuthorizedKey: Sendable, Hashable {
    var options = ""
    var type: String
    var data: String
    var comment: String

    /// Nil when the line is no key.
    init?(_ line: String) {
        var words: [String] = []
        var current = ""
        var isQuoted = false
        var isEscaped = false
        for character in line {
            if character == "\"", !isEscaped { isQuoted.toggle() }
            isEscaped = character == "\\" && !isEscaped
            if character == " " || character == "\t", !isQuoted {
                if !current.isEmpty { words.append(current) }
                current = ""
            } else {
                current.append(character)
            }
        }
        if !current.isEmpty { words.append(current) }
        guard let index = words.prefix(2).firstIndex(where: Self.isType), words.count > index + 1 else { return nil }
        if index == 1 { options = words[0] }
        type = words[index]
        data = words[index + 1]
        comment = words.dropFirst(index + 2).joined(separator: " ")
    }

    private static func isType(_ word: String) -> Bool {
        ["ssh-ed25519", "ssh-rsa", "ssh-dss"].contains(word) || word.hasPrefix("ecdsa-sha2-nistp")
            || (word.hasPrefix("sk-") && word.hasSuffix("@openssh.com")) || word.hasSuffix("-cert-v01@openssh.com")
    }

    var line: String { [options, type, data, comment].filter { !$0.isEmpty }.joined(separator: " ") }

    static func edit(
        _ lines: [String], _ wanted: [AuthorizedKey], isPresent: Bool, isExclusive: Bool
    ) -> [String] {
        let entries = lines.map { (line: $0, key: AuthorizedKey($0)) }
        guard isPresent else {
            let gone = Set(wanted.map(\.data))
            return entries.filter { $0.key.map { !gone.contains($0.data) } ?? true }.map(\.line)
        }
        var missing: [AuthorizedKey] = []
        for key in wanted where !missing.contains(where: { $0.data == key.data }) { missing.append(key) }
        var result: [String] = []
        for entry in entries {
            guard let key = entry.key else {
                if !isExclusive { result.append(entry.line) }
                continue
            }
            if missing.contains(key) {
                missing.removeAll { $0 == key }
                result.append(entry.line)
            } else if !isExclusive, !missing.contains(where: { $0.data == key.data }) {
                result.append(entry.line)
            }
        }
        return result + missing.map(\.line)
    }
}
