import Jinja

/// `mount`: the table of file systems, and what is mounted.
package enum MountModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "mount", collections: ["ansible.posix"], summary: "Keeps /etc/fstab and what is mounted.",
        parameters: [
            ModuleParameter("path", .path, aliases: ["name"], required: true, "Where."),
            ModuleParameter("src", .path, "What."),
            ModuleParameter("fstype", .string, "Kind of the file system."),
            ModuleParameter("opts", .string, "Options."),
            ModuleParameter("opts_no_log", .boolean, default: false, "Accepted."),
            ModuleParameter("dump", .string, default: "0", "The fifth field."),
            ModuleParameter("passno", .string, default: "0", "The sixth field."),
            ModuleParameter(
                "state", .string,
                choices: ["absent", "absent_from_fstab", "mounted", "present", "unmounted", "remounted", "ephemeral"],
                required: true, "What shall be."),
            ModuleParameter("fstab", .string, "The table."),
            ModuleParameter("boot", .boolean, default: true, "False: noauto."),
            ModuleParameter("backup", .boolean, default: false, "Keep the old table."),
        ],
        requirements: [
            .init("state", "mounted", ["src", "fstype"]), .init("state", "present", ["src", "fstype"]),
            .init("state", "ephemeral", ["src", "fstype"]),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let state = arguments.string("state") ?? "present"
        var path = arguments.string("path") ?? ""
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        var options = arguments.string("opts") ?? "defaults"
        if arguments.bool("boot") == false { options += ",noauto" }
        let entry = FileSystemEntry(
            source: arguments.string("src") ?? "", path: path, type: arguments.string("fstype") ?? "",
            options: options, dump: arguments.string("dump") ?? "0", pass: arguments.string("passno") ?? "0")
        let prologue = """
            m_=\(ShellText.path(path));M_=$(printf %s "$m_"|sed 's/\\\\/\\\\134/g;s/ /\\\\040/g;s/\t/\\\\011/g')
            im(){ M_="$M_" awk '$2==ENVIRON["M_"]{f=1}END{exit !f}' /proc/mounts 2>/dev/null; }

            """
        var edit = try TextEdit(
            path: arguments.string("fstab") ?? "/etc/fstab", context, backup: arguments.bool("backup") ?? false,
            prologue: prologue
        ) { content in
            var lines = TextLines(content ?? []).lines
            switch state {
            case "present", "mounted": entry.set(in: &lines)
            case "absent", "absent_from_fstab": entry.remove(from: &lines)
            default: return .unchanged("", [:])
            }
            guard lines != TextLines(content ?? []).lines else { return .unchanged("", [:]) }
            return .changed(Array(lines.map { $0 + "\n" }.joined().utf8), "", ["fstab_changed": true])
        }
        edit.follow = follow(state, entry, arguments)
        edit.epilogue =
            state == "mounted"
            ? "! im||{ e=$(mount -o remount \"$m_\" 2>&1)||die \"Error remounting $m_: $e\"; }\n" : ""
        let isShown = arguments.string("opts") != nil || arguments.bool("boot") == false
        edit.finish = { [path, options] result in
            guard !result.failed else { return }
            result.message = nil
            var values: JinjaDict = [
                "name": .string(path), "fstab": .string(arguments.string("fstab") ?? "/etc/fstab"),
                "opts": .string(isShown ? options : "defaults"), "dump": .string(entry.dump),
                "passno": .string(entry.pass),
                "boot": .string(arguments.bool("boot") == false ? "no" : "yes"),
            ]
            for key in ["src", "fstype"] {
                if let value = arguments.value(key) { values[key] = value }
            }
            if let file = result["backup_file"] { values["backup_file"] = file }
            result.values = values
        }
        return edit.step
    }

    private static func follow(_ state: String, _ entry: FileSystemEntry, _ arguments: ModuleArguments) -> String? {
        let fstab = arguments.string("fstab")
        let table = fstab.map { " -T \(ShellText.path($0))" } ?? ""
        let make = "[ -e \"$m_\" ]||e=$(mkdir -p \"$m_\" 2>&1)||die \"Error making dir $m_: $e\";"
        let leave = "im&&{ ch=1;[ $CK = 1 ]||e=$(umount \"$m_\" 2>&1)||die \"Error unmounting $m_: $e\"; }"
        switch state {
        case "mounted":
            // A failure leaves no new line in the table behind only where the mount itself is wrong: it says so.
            return
                "im||{ ch=1;[ $CK = 1 ]||{ \(make)e=$(mount\(table) \"$m_\" 2>&1)||die \"Error mounting $m_: $e\"; }; }"
        case "ephemeral":
            let options = ShellText.quote(entry.options)
            return "im||{ ch=1;[ $CK = 1 ]||{ \(make)e=$(mount -t \(ShellText.quote(entry.type)) -o \(options) "
                + "\(ShellText.path(entry.source)) \"$m_\" 2>&1)||die \"Error mounting $m_: $e\"; }; }"
        case "unmounted": return leave
        case "absent":
            return leave
                + "\nif [ -d \"$m_\" ];then ch=1;[ $CK = 1 ]||e=$(rmdir \"$m_\" 2>&1)||die \"Error rmdir $m_: $e\";fi"
        case "remounted":
            return "ch=1;[ $CK = 1 ]||e=$(mount -o remount \"$m_\" 2>&1)||die \"Error remounting $m_: $e\""
        default: return nil
        }
    }
}

/// A line of the table of file systems.
private struct FileSystemEntry: Sendable {
    var source: String
    var path: String
    var type: String
    var options: String
    var dump: String
    var pass: String

    private static func escape(_ text: String) -> String {
        text.replacing("\\", with: "\\134").replacing(" ", with: "\\040").replacing("\t", with: "\\011")
            .replacing("\n", with: "\\012")
    }

    private var line: String {
        [Self.escape(source), Self.escape(path), type, Self.escape(options), dump, pass].joined(separator: " ")
    }

    private func isMine(_ line: String) -> Bool {
        let fields = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard fields.count >= 3, !fields[0].hasPrefix("#"), fields[1] == Self.escape(path) else { return false }
        // There are several swaps, all at `none`.
        return fields[1] != "none" || fields[2] != "swap" || source.isEmpty || fields[0] == Self.escape(source)
    }

    func set(in lines: inout [String]) {
        var isFound = false
        for index in lines.indices where isMine(lines[index]) {
            isFound = true
            let fields = lines[index].split(whereSeparator: \.isWhitespace).map(String.init)
            let padded = fields + ["defaults", "0", "0"].dropFirst(max(0, fields.count - 3))
            if padded.joined(separator: " ") != line { lines[index] = line }
        }
        if !isFound { lines.append(line) }
    }

    func remove(from lines: inout [String]) { lines.removeAll(where: isMine) }
}
