import ContextualizationAPI
import Jinja

/// `wait_for`: a port, a file, or some time.
package enum WaitForModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "wait_for", summary: "Waits for a port, for a file, or for some time.",
        parameters: [
            ModuleParameter("host", .string, default: "127.0.0.1", "Whose port."),
            ModuleParameter("port", .integer, "The port."),
            ModuleParameter("path", .path, "The file."),
            ModuleParameter("search_regex", .string, "What must be in the file, or what the port must say."),
            ModuleParameter(
                "state", .string, choices: ["absent", "drained", "present", "started", "stopped"], default: "started",
                "What is waited for."),
            ModuleParameter("timeout", .integer, default: 300, "Seconds in all."),
            ModuleParameter("connect_timeout", .integer, default: 5, "Seconds for one try."),
            ModuleParameter("delay", .integer, default: 0, "Seconds before the first try."),
            ModuleParameter("sleep", .integer, default: 1, "Seconds between tries."),
            ModuleParameter("msg", .string, "The text of the failure."),
            ModuleParameter("active_connection_states", .list, "Accepted: as for drained, which is refused."),
            ModuleParameter("exclude_hosts", .list, "Accepted: as for drained, which is refused."),
        ], supportsCheckMode: false)

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let state = arguments.string("state") ?? "started"
        let path = arguments.string("path")
        let port = arguments.int("port")
        let search = arguments.string("search_regex")
        if path != nil, port != nil {
            throw ModuleError(
                code: .invalidArgument, message: "port and path parameter can not both be passed to wait_for")
        }
        if path != nil, state == "stopped" || state == "drained" {
            throw ModuleError(
                code: .invalidArgument,
                message: "state=\(state) should only be used for checking a port in the wait_for module")
        }
        if state == "drained" {
            throw ModuleError(code: .invalidArgument, message: "wait_for: state=drained is not supported")
        }
        let pattern = try search.map { text throws(ModuleError) in try PythonPattern(text, isMultiline: true) }
        let expression = try search.map { text throws(ModuleError) in try PythonPattern.extendedExpression(of: text) }
        let host = arguments.string("host") ?? "127.0.0.1"
        let wantsGone = state == "absent" || state == "stopped"
        let test: String
        if path != nil {
            test =
                expression == nil || wantsGone
                ? "[ -e \"$p\" ]" : "[ -f \"$p\" ]&&grep -Eq -e \"$x\" \"$p\" 2>/dev/null"
        } else if port != nil {
            test = expression == nil || wantsGone ? "lf;tc" : "lf;rd"
        } else {
            test = "false"
        }
        let script =
            ShellLibrary.prologue(isCheckMode: false) + """
                b=$(date +%s);p=\(path.map(ShellText.path) ?? "''");h=\(ShellText.quote(host));n=\(port ?? 0);x=\(ShellText.quote(expression ?? ""))
                tl=\(arguments.int("timeout") ?? 300);ct=\(arguments.int("connect_timeout") ?? 5);sl=\(arguments.int("sleep") ?? 1);dl=\(arguments.int("delay") ?? 0)

                """ + (port == nil ? "" : ports)
                + """
                el(){ o elapsed $(($(date +%s)-b)); }
                lf(){ c=$((tl-$(date +%s)+b));[ $c -gt 0 ]||c=1;[ $c -lt $ct ]||c=$ct; }
                [ $dl = 0 ]||sleep $dl
                while :;do if \(test);then \(wantsGone ? ":" : "break");\(wantsGone ? "else break;" : "")fi
                [ $(($(date +%s)-b)) -lt $tl ]||{ el;\(path == nil && port == nil ? "fin" : "o timeout 1;fin"); }
                sleep $sl;done
                el;[ -z "$p" ]||{ rs "$p";\(pattern == nil || wantsGone ? ":" : "o content \"$(head -c 1048576 \"$p\")\""); }
                fin

                """.replacing("rs \"$p\"", with: #"s=$(stat -Lc '%a %u %g %U %G %s %F' "$p" 2>/dev/null)&&o stat "$s""#)
        let own = arguments.string("msg")
        return .run(
            ModuleInvocation(
                script: script, files: port == nil || expression == nil ? [:] : ["w": []],
                reads: [path].compactMap(\.self)
            ) { output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                let text = records["content"]
                result["content"] = nil
                result["elapsed"] = records["elapsed"].flatMap { Int($0) }.map { .int($0) }
                guard records.isComplete, !result.failed else { return .finish(result) }
                if records.flag("timeout") {
                    result.failed = true
                    result["timeout"] = nil
                    result.message =
                        own ?? message(host: host, port: port, path: path, search: search, wantsGone: wantsGone)
                    return .finish(result)
                }
                if result["state"] == nil || path == nil { result["state"] = .string(state) }
                result["port"] = port.map { .int($0) } ?? JinjaValue.none
                result["path"] = path.map { .string($0) } ?? JinjaValue.none
                result["search_regex"] = search.map { .string($0) } ?? JinjaValue.none
                let groups = text.flatMap { pattern?.groups(of: $0) }
                result["match_groups"] = .list(groups?.all ?? [])
                result["match_groupdict"] = .dict(groups?.named ?? JinjaDict())
                return .finish(result)
            })
    }

    private static func message(
        host: String, port: Int?, path: String?, search: String?, wantsGone: Bool
    ) -> String {
        guard let path else {
            let place = "\(host):\(port ?? 0)"
            if wantsGone { return "Timeout when waiting for \(place) to stop." }
            return search.map { "Timeout when waiting for search string \($0) in \(place)" }
                ?? "Timeout when waiting for \(place)"
        }
        if wantsGone { return "Timeout when waiting for \(path) to be absent." }
        return search.map { "Timeout when waiting for search string \($0) in \(path)" }
            ?? "Timeout when waiting for file \(path)"
    }

    /// `tc` tries a connection, for `c` seconds at most; `rd` connects and waits for the expression in what the other end
    /// says, to the end of the whole time: a server may say its first word and then keep the connection open. By whatever the
    /// machine has.
    private static let ports = #"""
        \#(ShellLibrary.has)
        rd(){ w=$GANTRY_FILES/w;v=$GANTRY_FILES/v;rm -f "$v" "$w.i";: >"$w";pr >"$w" 2>/dev/null& q=$!;i=$(date +%s);z=1
        while :;do r=1;kill -0 $q 2>/dev/null||r=0
        if grep -Eq -e "$x" "$w" 2>/dev/null;then z=0;break;fi
        now=$(date +%s);[ $r = 1 ]&&[ $((now-b)) -lt $tl ]&&[ "$(wc -c <"$w")" -lt 1048576 ]||break
        [ -e "$v" ]||[ $((now-i)) -lt $c ]||break
        sleep 0.2 2>/dev/null||sleep 1;done
        kill $q 2>/dev/null;wait $q 2>/dev/null;return $z; }
        if hv bash&&hv timeout;then
        tc(){ timeout $c bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$h" $n 2>/dev/null; }
        pr(){ exec bash -c 'exec 3<>"/dev/tcp/$0/$1"&&: >"$2"&&exec cat <&3' "$h" $n "$v"; }
        elif hv nc;then
        tc(){ nc -z -w $c "$h" $n </dev/null >/dev/null 2>&1; }
        pr(){ : >"$v";mkfifo "$w.i"&&exec nc -w 15 "$h" $n <>"$w.i"; }
        elif hv python3;then
        tc(){ python3 -c 'import socket,sys;socket.create_connection((sys.argv[1],int(sys.argv[2])),float(sys.argv[3]))' "$h" $n $c 2>/dev/null; }
        pr(){ exec python3 -c 'import os,socket,sys
        s=socket.create_connection((sys.argv[1],int(sys.argv[2])));open(sys.argv[3],"w")
        while 1:
         d=s.recv(4096)
         if not d:break
         os.write(1,d)' "$h" $n "$v"; }
        else case $h in 127.*|localhost|::1|0.0.0.0);;*)die "wait_for needs bash, nc or python3 on the machine for a port of another host";;esac
        tc(){ grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf %04X $n) [0-9A-F]*:0000 0A" /proc/net/tcp /proc/net/tcp6 2>/dev/null; }
        rd(){ die "wait_for needs bash, nc or python3 on the machine for search_regex with a port"; }
        fi

        """#
}
