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
            ModuleParameter("get_mime", .boolean, aliases: ["mime", "mime-type", "mime_type"], "Accepted."),
            ModuleParameter(
                "get_attributes", .boolean, aliases: ["attr", "attributes"],
                "Accepted: the version of the inode alone."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let path = arguments.string("path") ?? ""
        let deref = arguments.bool("follow") == true ? "-L " : ""
        let algorithm = arguments.string("checksum_algorithm") ?? "sha1"
        let wantsVersion = arguments.bool("get_attributes") ?? true
        let wantsChecksum = arguments.bool("get_checksum") ?? true
        let script =
            ShellLibrary.prologue(isCheckMode: false) + """
                p=\(ShellText.path(path))
                s=$(stat \(deref)-c '\(StatFields.format)' "$p" 2>/dev/null)||{ o exists 0;fin; }
                o exists 1;o s "$s";o path "$p"
                [ ! -L "$p" ]||{ o target "$(readlink "$p")";o source "$(readlink -f "$p")"; }
                [ ! -r "$p" ]||o r 1;[ ! -w "$p" ]||o w 1;[ ! -x "$p" ]||o x 1
                \(wantsChecksum ? "[ ! -f \"$p\" ]||{ c=$(\(algorithm)sum <\"$p\" 2>/dev/null)&&o checksum \"${c%% *}\"; }" : ":")
                \(wantsVersion ? "v=$(lsattr -vd -- \"$p\" 2>/dev/null)&&{ set -- $v;o version \"$1\"; }" : ":")
                fin

                """
        return .run(
            ModuleInvocation(script: script, reads: [path]) { output in
                let records = Records(output.standardOutput)
                guard records.isComplete else { return .finish(ModuleResult(records: records, output: output)) }
                return .finish(ModuleResult(values: ["stat": .dict(describe(records))]))
            })
    }

    private static func describe(_ records: Records) -> JinjaDict {
        guard records.flag("exists"), let text = records["s"] else { return ["exists": false] }
        guard let fields = StatFields.values(text) else { return ["exists": false] }
        var stat: JinjaDict = ["exists": true, "path": .string(records["path"] ?? "")]
        stat.merge(fields)
        stat.merge(StatFields.device(text))
        if let version = records["version"], !version.isEmpty { stat["version"] = .string(version) }
        for (key, name) in [("readable", "r"), ("writeable", "w"), ("executable", "x")] {
            stat[key] = .bool(records.flag(name))
        }
        if let target = records["target"] { stat["lnk_target"] = .string(target) }
        if let source = records["source"] { stat["lnk_source"] = .string(source) }
        if let checksum = records["checksum"] { stat["checksum"] = .string(checksum) }
        return stat
    }
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
        stat["pw_name"] = .string(parts[3])
        stat["gr_name"] = .string(parts[4])
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
