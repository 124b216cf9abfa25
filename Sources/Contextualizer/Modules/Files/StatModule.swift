import ContextualizationAPI
import Jinja

/// `stat`: what is at a path.
package enum StatModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "stat", summary: "Tells what is at a path.",
        parameters: [
            ModuleParameter("path", .path, aliases: ["dest", "name"], required: true, "What."),
            ModuleParameter("follow", .boolean, default: false, "What a link points to."),
            ModuleParameter("get_checksum", .boolean, default: true, "Whether the checksum is computed."),
            ModuleParameter(
                "checksum_algorithm", .string, aliases: ["checksum", "checksum_algo"],
                choices: ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"], default: "sha1", "Which one."),
            ModuleParameter(
                "get_mime", .boolean, aliases: ["mime", "mime-type", "mime_type"], default: true,
                "What the program file says of it, where the machine has that."),
            ModuleParameter(
                "get_attributes", .boolean, aliases: ["attr", "attributes"], default: true,
                "What the program lsattr says of it, where the machine has that."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let path = arguments.string("path") ?? ""
        let deref = arguments.bool("follow") == true ? "-L " : ""
        let algorithm = arguments.string("checksum_algorithm") ?? "sha1"
        let wantsAttributes = arguments.bool("get_attributes") ?? true
        let wantsKind = arguments.bool("get_mime") ?? true
        let wantsChecksum = arguments.bool("get_checksum") ?? true
        let inode = "v=$(lsattr -vd -- \"$p\" 2>/dev/null)&&{ set -- $v;o version \"$1\";o flags \"$2\"; }"
        let script =
            ShellLibrary.prologue(isCheckMode: false) + ShellLibrary.access + """
                p=\(ShellText.path(path))
                s=$(stat \(deref)-c '\(StatFields.format)' "$p" 2>/dev/null)||{ ac "$p"||die "$zr";o exists 0;fin; }
                o exists 1;o s "$s";o path "$p"
                [ ! -L "$p" ]||{ o target "$(readlink "$p")";o source "$(readlink -f "$p")"; }
                [ ! -r "$p" ]||o r 1;[ ! -w "$p" ]||o w 1;[ ! -x "$p" ]||o x 1
                \(wantsChecksum ? "[ ! -f \"$p\" ]||{ c=$(\(algorithm)sum <\"$p\" 2>/dev/null)&&o checksum \"${c%% *}\"; }" : ":")
                \(wantsKind ? "m=$(file --mime-type --mime-encoding -- \"$p\" 2>/dev/null)&&o mime \"${m##*:}\"" : ":")
                \(wantsAttributes ? inode : ":")
                fin

                """
        return .run(
            ModuleInvocation(script: script, reads: [path]) { output in
                let records = Records(output.standardOutput)
                guard records.isComplete, !records.flag("failed") else {
                    return .finish(ModuleResult(records: records, output: output))
                }
                var stat = describe(records)
                if stat["exists"] == true {
                    if wantsKind { stat.merge(kind(records["mime"] ?? "")) }
                    if wantsAttributes { stat.merge(attributes(records)) }
                }
                return .finish(ModuleResult(values: ["stat": .dict(stat)]))
            })
    }

    private static func describe(_ records: Records) -> JinjaDict {
        guard records.flag("exists"), let text = records["s"] else { return ["exists": false] }
        guard let fields = StatFields.values(text) else { return ["exists": false] }
        var stat: JinjaDict = ["exists": true, "path": .string(records["path"] ?? "")]
        stat.merge(fields)
        stat.merge(StatFields.device(text))
        for (key, name) in [("readable", "r"), ("writeable", "w"), ("executable", "x")] {
            stat[key] = .bool(records.flag(name))
        }
        if let target = records["target"] { stat["lnk_target"] = .string(target) }
        if let source = records["source"] { stat["lnk_source"] = .string(source) }
        if let checksum = records["checksum"] { stat["checksum"] = .string(checksum) }
        return stat
    }
}

extension StatModule {
    /// ` text/plain; charset=us-ascii`, as the program `file` says it.
    fileprivate static func kind(_ text: String) -> JinjaDict {
        let parts = text.split(separator: ";").map { $0.trimmingBlanks() }
        guard parts.count == 2, let equals = parts[1].firstIndex(of: "=") else {
            return ["mimetype": "unknown", "charset": "unknown"]
        }
        return [
            "mimetype": .string(String(parts[0])), "charset": .string(String(parts[1][equals...].dropFirst())),
        ]
    }

    /// What `lsattr` says: the inode's version, and the flags with their names.
    fileprivate static func attributes(_ records: Records) -> JinjaDict {
        let version = records["version"].flatMap { $0.isEmpty ? nil : $0 }
        let flags = (records["flags"] ?? "").filter { $0 != "-" }
        return [
            "version": version.map { .string($0) } ?? .none, "attr_flags": .string(flags),
            "attributes": .list(flags.compactMap { names[$0].map { .string($0) } }),
        ]
    }

    private static let names: [Character: String] = [
        "A": "noatime", "a": "append", "c": "compressed", "C": "nocow", "d": "nodump", "D": "dirsync", "e": "extents",
        "E": "encrypted", "h": "blocksize", "i": "immutable", "I": "indexed", "j": "journalled", "N": "inline",
        "s": "zero", "S": "synchronous", "t": "notail", "T": "blockroot", "u": "undelete", "X": "compressedraw",
        "Z": "compresseddirty",
    ]
}

/// What `stat -c` says of a file, as Ansible names it.
enum StatFields {
    static let format = "%a %u %g %U %G %s %i %d %h %X %Y %Z %b %o %t %T %F"

    /// The fields of a line in ``format``.
    static func values(_ text: String) -> JinjaDict? {
        let parts = text.split(separator: " ", maxSplits: 16).map(String.init)
        guard parts.count == 17, let mode = Int(parts[0], radix: 8) else { return nil }
        var stat = JinjaDict()
        stat["mode"] = .string(String(repeating: "0", count: max(0, 4 - parts[0].count)) + parts[0])
        let type = parts[16]
        stat["isdir"] = .bool(type == "directory")
        stat["isreg"] = .bool(type.hasPrefix("regular"))
        stat["islnk"] = .bool(type == "symbolic link")
        stat["issock"] = .bool(type == "socket")
        stat["isfifo"] = .bool(type == "fifo")
        stat["isblk"] = .bool(type.hasPrefix("block"))
        stat["ischr"] = .bool(type.hasPrefix("character"))
        for (key, index) in [
            ("uid", 1), ("gid", 2), ("size", 5), ("inode", 6), ("dev", 7), ("nlink", 8), ("atime", 9), ("mtime", 10),
            ("ctime", 11),
        ] {
            stat[key] = Int(parts[index]).map { number in
                key.hasSuffix("time") ? .double(Double(number)) : .int(number)
            }
        }
        // Who has no entry has no name.
        if parts[3] != "UNKNOWN" { stat["pw_name"] = .string(parts[3]) }
        if parts[4] != "UNKNOWN" { stat["gr_name"] = .string(parts[4]) }
        for (key, bit) in [
            ("rusr", 0o400), ("wusr", 0o200), ("xusr", 0o100), ("rgrp", 0o40), ("wgrp", 0o20), ("xgrp", 0o10),
            ("roth", 0o4), ("woth", 0o2), ("xoth", 0o1), ("isuid", 0o4000), ("isgid", 0o2000),
        ] {
            stat[key] = .bool(mode & bit != 0)
        }
        return stat
    }

    /// The blocks of the file in ``format``, and what device it is if it is one.
    static func device(_ text: String) -> JinjaDict {
        let parts = text.split(separator: " ", maxSplits: 16).map(String.init)
        guard parts.count == 17 else { return [:] }
        var stat = JinjaDict()
        stat["blocks"] = Int(parts[12]).map { .int($0) }
        stat["block_size"] = Int(parts[13]).map { .int($0) }
        if let major = Int(parts[14], radix: 16), let minor = Int(parts[15], radix: 16) {
            // As Linux joins them in one number.
            let high = (major & ~0xfff) << 32 | (minor & ~0xff) << 12
            stat["device_type"] = .int(high | (major & 0xfff) << 8 | minor & 0xff)
        }
        return stat
    }
}
