import ContextualizationAPI
import Jinja

/// `file`: folders, links, empty files, their owner and mode, and their removal.
package enum FileModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "file", summary: "Makes and removes folders, links and files, and sets owner and mode.",
        parameters: FileParameters.all + [
            ModuleParameter("path", .path, aliases: ["dest", "name"], required: true, "What."),
            ModuleParameter(
                "state", .string, choices: ["absent", "directory", "file", "hard", "link", "touch"],
                "What it shall be."),
            ModuleParameter("src", .path, "Where a link points."),
            ModuleParameter("recurse", .boolean, default: false, "Attributes of all that is in a folder too."),
            ModuleParameter("force", .boolean, default: false, "Links to nothing, and in place of what is there."),
            ModuleParameter("follow", .boolean, default: true, "Work on what a link points to."),
            ModuleParameter("access_time", .string, "`preserve`, `now` or a time."),
            ModuleParameter("access_time_format", .string, "Accepted: the default form only."),
            ModuleParameter("modification_time", .string, "`preserve`, `now` or a time."),
            ModuleParameter("modification_time_format", .string, "Accepted: the default form only."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let path = arguments.string("path") ?? ""
        let isRecursive = arguments.bool("recurse") ?? false
        let state = arguments.string("state") ?? (isRecursive ? "directory" : "current")
        if isRecursive, state != "directory" {
            throw ModuleError(
                code: .invalidArgument, message: "recurse option requires state to be 'directory'")
        }
        let source = arguments.string("src")
        if (state == "link" || state == "hard") && source == nil && (state == "hard" || !isForced(arguments)) {
            throw ModuleError(code: .missingParameter, message: "src is required for creating new \(state)s")
        }
        if source != nil, state != "link", state != "hard" {
            throw ModuleError(
                code: .invalidArgument, message: "src option requires state to be 'link' or 'hard'",
                values: ["path": .string(path)])
        }
        let attributes = try FileParameterValues(arguments)
        let body: String
        switch state {
        case "absent": body = absent
        case "directory": body = directory(isRecursive: isRecursive, follows: follows(arguments))
        case "link": body = link(source ?? "", isForced: isForced(arguments), follows: follows(arguments))
        case "hard": body = hardLink(source ?? "", isForced: isForced(arguments))
        case "touch": body = touch(arguments)
        default: body = existing(state: state)
        }
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode, wantsDifference: context.wantsDifference)
            + attributes.shell(tellsChanges: context.wantsDifference) + "p0=\(ShellText.path(path))\n" + body
            + "rs \"$p0\";fin\n"
        return .run(
            ModuleInvocation(
                script: script, files: state == "touch" ? ["t": []] : [:], reads: [path], writes: [path]
            ) { output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                // Where `dest` says it, the path is not told a second time.
                if result["dest"] != nil { result["path"] = nil }
                if !result.failed {
                    if state == "hard", result["state"] != nil { result["state"] = "hard" }
                    if result["state"] == nil, state == "absent" { result["state"] = .string("absent") }
                    if context.wantsDifference, result.changed {
                        result["diff"] = difference(of: records["path"] ?? path, state: state, records)
                    }
                }
                return .finish(result)
            })
    }

    private static func difference(of path: String, state: String, _ records: Records) -> JinjaValue {
        let was = records["was"] ?? state
        var (before, after) = records.attributeChange(of: was == "absent" ? nil : path)
        before["path"] = .string(path)
        after["path"] = .string(path)
        let isSame = was == state || state == "current"
        if !isSame {
            before["state"] = .string(was)
            after["state"] = .string(state)
        }
        if state == "absent", was == "directory" {
            func names(_ kind: String) -> JinjaValue {
                let prefix = kind + " "
                let lines = (records["inside"] ?? "").split(separator: "\n").filter { $0.hasPrefix(prefix) }
                return .list(lines.map { .string(String($0.dropFirst(prefix.count))) })
            }
            before["path_content"] = ["directories": names("d"), "files": names("f")]
        }
        return .dictionary(before: before, after: after)
    }

    private static func isForced(_ arguments: ModuleArguments) -> Bool { arguments.bool("force") ?? false }
    private static func follows(_ arguments: ModuleArguments) -> Bool { arguments.bool("follow") ?? true }

    private static let kind = #"""
        if [ -L "$p0" ];then k="link";elif [ -d "$p0" ];then k=directory;elif [ -e "$p0" ];then k="file";else k=absent;fi;o was $k

        """#

    private static let absent =
        kind + #"""
            if [ $k != absent ];then ch=1
            [ $DF = 0 ]||[ $k != directory ]||o inside "$(find "$p0"/ ! -path "$p0"/ \( -type d -exec echo d {} \; -o -exec echo f {} \; \)|sed "s|//|/|")"
            if [ $CK = 0 ];then if [ $k = directory ];then e=$(rm -rf "$p0" 2>&1);else e=$(rm -f "$p0" 2>&1);fi||die "could not remove $p0: $e";fi;fi
            o path "$p0";o state absent;fin

            """#

    private static func existing(state: String) -> String {
        let folder =
            state == "file"
            ? #"[ $k != directory ]||die "file ($p0) is directory, cannot continue""# + "\n" : ""
        return kind + folder + #"""
            [ $k != absent ]||{ o path "$p0";o state absent;die "file ($p0) is absent, cannot continue"; }
            [ ! -e "$p0" ]||at "$p0"

            """#
    }

    private static func directory(isRecursive: Bool, follows: Bool) -> String {
        // Each folder that is made gets the attributes, as with Ansible.
        let recurse =
            isRecursive
            ? #"""
            if [ -d "$p0" ];then set -f;IFS='
            ';for f in $(find "$p0"/ ! -type l);do unset IFS;at "$f";done;unset IFS;set +f;fi

            """# : ""
        // All is done with the folder behind a link, and told of it.
        let behind =
            follows
            ? #"[ $k != link ]||{ q=$(readlink -f "$p0")&&[ -n "$q" ]&&p0=$q;k="file";[ -e "$p0" ]||k=absent;[ ! -d "$p0" ]||k=directory;o was $k; }"#
            : #"[ $k != link ]||{ rs "$p0";die "$p0 already exists as a link"; }"#
        return kind + behind + "\n" + #"""
            if [ -d "$p0" ];then at "$p0"
            elif [ $k = file ]||[ $k = link ];then rs "$p0";die "$p0 already exists as a $k"
            else ch=1;if [ $CK = 0 ];then q=$p0;l=
            while [ ! -d "$q" ];do l="$q
            $l";r=${q%/};case $r in */*)q=${r%/*};[ -n "$q" ]||q=/;;*)q=.;;esac;done
            e=$(mkdir -p "$p0" 2>&1)||die "There was an issue creating $p0 as requested: $e"
            set -f;IFS='
            ';for f in $l;do unset IFS;at "$f";done;unset IFS;set +f;fi;fi

            """# + recurse
    }

    private static func link(_ source: String, isForced: Bool, follows: Bool) -> String {
        kind + """
            s0=\(source.isEmpty ? "$(readlink \"$p0\")" : ShellText.path(source));F=\(isForced ? 1 : 0)

            """
                + #"""
                if [ $k = directory ];then [ $F = 1 ]&&rmdir "$p0" 2>/dev/null||{ d=${s0##*/};[ $F = 0 ]||die "the directory $p0 is not empty, refusing to convert it";die "refusing to convert from directory to symlink for $p0"; };fi
                case $s0 in /*)a=$s0;;*)a=${p0%/*}/$s0;;esac
                [ -e "$a" ]||[ $F = 1 ]||{ rs "$p0";o src "$s0";die "src file does not exist, use 'force=yes' if you really want to create the link: $a"; }
                if [ $k = link ]&&[ "$(readlink "$p0")" = "$s0" ];then :
                elif [ $k = file ]&&[ $F = 0 ];then rs "$p0";die "refusing to convert from file to symlink for $p0"
                else ch=1;if [ $CK = 0 ];then t=${p0%/*}/.gantry.$$;e=$({ ln -s "$s0" "$t"&&mv -f "$t" "$p0"; } 2>&1)||die "Error while linking: $e";t=;fi;fi

                """#.replacing("mv -f", with: "mv -f")
            + (follows ? "[ ! -e \"$p0\" ]||at \"$p0\"\n" : "")
            + "o src \"$s0\";o dest \"$p0\";[ -e \"$p0\" ]||fin\n"
    }

    private static func hardLink(_ source: String, isForced: Bool) -> String {
        kind + """
            s0=\(ShellText.path(source));F=\(isForced ? 1 : 0)

            """ + #"""
                o src "$s0";o dest "$p0"
                [ -e "$s0" ]||{ rs "$p0";die "src does not exist"; }
                if [ -e "$p0" ]&&[ "$(stat -Lc %d:%i "$p0")" = "$(stat -Lc %d:%i "$s0")" ];then :
                elif [ $k != absent ]&&[ $F = 0 ];then { rs "$p0";[ "$(stat -Lc %h "$p0")" = 1 ]||die "Cannot link, different hard link exists at destination";die "Cannot link, file exists at destination"; }
                else ch=1;if [ $CK = 0 ];then t=${p0%/*}/.gantry.$$;e=$({ ln "$s0" "$t"&&mv -f "$t" "$p0"; } 2>&1)||die "Error while linking: $e";t=;fi;fi
                [ ! -e "$p0" ]||at "$p0"

                """#
    }

    private static func touch(_ arguments: ModuleArguments) -> String {
        func stamp(_ parameter: String, _ flag: String, _ field: String) -> String {
            let time = arguments.string(parameter) ?? "now"
            switch time {
            case "preserve": return ""
            // A file that was made has its times.
            case "now": return "[ $k = absent ]||{ ch=1;[ $CK = 1 ]||touch -c -\(flag) \"$p0\"; }\n"
            default:
                let digits = time.filter { $0.isASCII && $0.isNumber }
                let text = digits.count > 12 ? "\(digits.prefix(12)).\(digits.dropFirst(12))" : digits
                return "tm \(flag) \(field) \(ShellText.quote(text)) \(ShellText.quote(time))\n"
            }
        }
        return kind + #"""
            tm(){ q=$GANTRY_FILES/t;touch -t "$3" "$q" 2>/dev/null||die "Error while obtaining timestamp for time $4 using format %Y%m%d%H%M.%S"
            [ "$(stat -c "%$2" "$q")" = "$(stat -Lc "%$2" "$p0" 2>/dev/null)" ]||{ ch=1;[ $CK = 1 ]||e=$(touch -c "-$1" -r "$q" "$p0" 2>&1)||die "Error while updating the times of $p0: $e"; }; }
            if [ $k = absent ];then ch=1;[ $CK = 1 ]||e=$({ : >"$p0"; } 2>&1)||die "Error, could not touch target: $e";fi

            """# + stamp("modification_time", "m", "Y") + stamp("access_time", "a", "X") + """
                [ ! -e "$p0" ]||at "$p0"
                o dest "$p0"

                """
    }
}
