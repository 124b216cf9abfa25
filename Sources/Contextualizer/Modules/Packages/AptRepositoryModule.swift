import ContextualizationAPI
import Jinja

/// `apt_repository`: a line of apt's lists of sources.
package enum AptRepositoryModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "apt_repository", summary: "Adds and removes package repositories of Debian.",
        parameters: [
            ModuleParameter("repo", .string, required: true, "The line; ppa: is refused."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter("mode", .mode, "Permissions of the file."),
            ModuleParameter("filename", .string, "Name of the file without .list."),
            ModuleParameter("codename", .string, "Accepted: for ppa: only."),
            ModuleParameter("update_cache", .boolean, aliases: ["update-cache"], default: true, "Read the lists anew."),
            ModuleParameter("update_cache_retries", .integer, default: 5, "How often it is tried."),
            ModuleParameter("update_cache_retry_max_delay", .integer, default: 12, "Most seconds between tries."),
            ModuleParameter("validate_certs", .boolean, default: true, "Accepted: for ppa: only."),
            ModuleParameter("install_python_apt", .boolean, default: true, "Accepted: nothing of Python is needed."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let given = arguments.string("repo") ?? ""
        if given.trimmingBlanks().hasPrefix("ppa:") {
            throw ModuleError(
                code: .invalidArgument,
                message: "apt_repository: ppa: is not supported; give the line 'deb https://ppa.launchpadcontent.net/… "
                    + "CODENAME main' and the key by apt_key")
        }
        let line = given.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard let words = sourceWords(line) else {
            throw ModuleError(code: .invalidArgument, message: "Invalid repository string: \(given)")
        }
        let isPresent = arguments.string("state") != "absent"
        let name = (arguments.string("filename") ?? fileName(words[1])) + ".list"
        let file = name.contains("/") ? name : "/etc/apt/sources.list.d/\(name)"
        let attributes = FileParameterValues(
            mode: try arguments.string("mode").map { text throws(ModuleError) in try FileMode(text) })
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + attributes.shell + (try ShellLibrary.write())
                + """
                r_=\(ShellText.quote(line));d=\(ShellText.path(file));uc=\(arguments.bool("update_cache") == false ? 0 : 1)
                nt=\(arguments.int("update_cache_retries") ?? 5);nd=\(arguments.int("update_cache_retry_max_delay") ?? 12)

                """ + (isPresent ? present : absent) + update
        return .run(
            ModuleInvocation(script: script, reads: ["apt-sources"], writes: ["apt-sources", "apt-cache", file]) {
                output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                guard !result.failed else { return .finish(result) }
                result["repo"] = .string(given)
                result["state"] = .string(isPresent ? "present" : "absent")
                for key in ["sources_added", "sources_removed"] {
                    result[key] = .list((records.values[key] ?? []).map { .string($0) })
                }
                return .finish(result)
            })
    }

    /// Type, address, suite and components; nil when the line is none.
    private static func sourceWords(_ line: String) -> [String]? {
        var text = line
        if let open = text.firstIndex(of: "["), let close = text[open...].firstIndex(of: "]") {
            text.removeSubrange(open...close)
        }
        let words = text.split(separator: " ").map(String.init)
        guard words.count >= 3, ["deb", "deb-src"].contains(words[0]) else { return nil }
        return words
    }

    /// The name that Ansible makes of an address.
    private static func fileName(_ address: String) -> String {
        var text = address[...]
        if let scheme = text.firstRange(of: "://") { text = text[scheme.upperBound...] }
        if let at = text.firstIndex(of: "@") { text = text[text.index(after: at)...] }
        var name = ""
        for character in text {
            let isPlain = character.isASCII && (character.isLetter || character.isNumber)
            if !isPlain, name.hasSuffix("_") { continue }
            name.append(isPlain ? character : "_")
        }
        while name.hasSuffix("_") { name.removeLast() }
        return name
    }

    /// `lines FILE` prints the sources of a file as Ansible compares them: no comment, one blank between words.
    private static let common = #"""
        fs(){ for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list;do [ ! -f "$f" ]||printf '%s\n' "$f";done; }
        has(){ awk -v r="$r_" '{l=$0;sub(/#.*/,"",l);gsub(/[ \t\r]+/," ",l);sub(/^ /,"",l);sub(/ $/,"",l);if(l==r){f=1}}END{exit !f}' "$1"; }

        """#

    private static let present =
        common + #"""
            IFS='
            ';for f in $(fs);do unset IFS;! has "$f"||{ [ -z "$f" ]||[ "$f" != "$d" ]||at "$d";if [ $ch = 0 ];then fin;fi;uc=0; };done;unset IFS
            if [ $uc$ch != 01 ];then [ -e "$d" ]||o sources_added "$d"
            ch=1;if [ $CK = 0 ];then p_=${d%/*};[ -d "$p_" ]||e=$(mkdir -p "$p_" 2>&1)||die "Failed to create directory $p_: $e"
            k_=$GANTRY_FILES/old;[ ! -f "$d" ]||cp -p "$d" "$k_"
            { [ ! -f "$d" ]||{ cat "$d";[ -z "$(tail -c 1 "$d")" ]||echo; };printf '%s\n' "$r_"; } >"$GANTRY_FILES/new";wr "$GANTRY_FILES/new" "$d"
            back(){ if [ -f "$k_" ];then wr "$k_" "$d";else rm -f "$d";fi; };fi;fi

            """#

    private static let absent =
        common + #"""
            IFS='
            ';for f in $(fs);do unset IFS;has "$f"||continue;ch=1
            awk -v r="$r_" '{l=$0;sub(/#.*/,"",l);gsub(/[ \t\r]+/," ",l);sub(/^ /,"",l);sub(/ $/,"",l);if(l!=r)print}' "$f" >"$GANTRY_FILES/new"
            if [ -s "$GANTRY_FILES/new" ];then [ $CK = 1 ]||wr "$GANTRY_FILES/new" "$f"
            else o sources_removed "$f";[ $CK = 1 ]||rm -f "$f";fi;done;unset IFS
            back(){ :; }

            """#

    /// Where the lists cannot be read any more, the old sources come back.
    private static let update = #"""
        if [ $ch$uc$CK = 110 ];then i=0;w_=1
        while :;do e=$(apt-get -q update 2>&1 </dev/null)&&break;i=$((i+1));[ $i -lt $nt ]||{ back;die "apt cache update failed: $(printf '%s\n' "$e"|grep -E '^[EW]:'|head -n 5)"; };sleep $w_;w_=$((w_*2));[ $w_ -le $nd ]||w_=$nd;done;fi
        fin

        """#
}
