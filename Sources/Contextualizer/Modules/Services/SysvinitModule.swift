import ContextualizationAPI
import Jinja

/// `sysvinit`: init scripts, whatever else starts the machine's services.
package enum SysvinitModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "sysvinit", summary: "Starts, stops and enables services by their init scripts.",
        parameters: [
            ModuleParameter("name", .string, aliases: ["service"], required: true, "The service."),
            ModuleParameter(
                "state", .string, choices: ["started", "stopped", "restarted", "reloaded"], "What it shall be."),
            ModuleParameter("enabled", .boolean, "Whether it starts at boot."),
            ModuleParameter("sleep", .integer, default: 1, "Seconds after stop and after start of a restart."),
            ModuleParameter("pattern", .string, "Text in the process list that shows that it runs."),
            ModuleParameter("arguments", .string, aliases: ["args"], "Given to the init script."),
            ModuleParameter("runlevels", .list, "The levels to enable it in; by default those it names itself."),
            ModuleParameter("daemonize", .boolean, default: false, "The script does not detach: it is left running."),
        ],
        oneOf: [["state", "enabled"]])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let name = arguments.string("name") ?? ""
        let state = arguments.string("state")
        let levels = arguments.list("runlevels") ?? []
        guard !name.contains("/") else {
            throw ModuleError(code: .invalidArgument, message: "Could not find the requested service \(name): ")
        }
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + """
                n=\(ShellText.quote(name));st=\(state ?? "''");en=\(arguments.bool("enabled").map { $0 ? "1" : "0" } ?? "''")
                sl=\(max(0, arguments.int("sleep") ?? 1));pt=\(ShellText.quote(arguments.string("pattern") ?? ""))
                bg=\(arguments.bool("daemonize") == true ? 1 : 0);ar=\(ShellText.quote(arguments.string("arguments") ?? ""))
                set -- \(levels.map(ShellText.quote).joined(separator: " "))

                """ + functions
        return .run(
            ModuleInvocation(script: script, reads: ["service:\(name)"], writes: ["service:\(name)"]) { output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                for key in ["e", "s"] {
                    for part in ["_ch", "_rc", "_out", "_err"] { result[key + part] = nil }
                }
                guard !result.failed else {
                    if let text = records["s_out"] { result.setOutput(text, records["s_err"] ?? "", stripsEnds: false) }
                    return .finish(result)
                }
                result["name"] = .string(name)
                var enabled = outcome(records, "e")
                if !levels.isEmpty { enabled["runlevels"] = .list(levels.map { .string($0) }) }
                result["status"] = .dict(["enabled": .dict(enabled), state ?? "null": .dict(outcome(records, "s"))])
                return .finish(result)
            })
    }

    private static func outcome(_ records: Records, _ key: String) -> JinjaDict {
        func text(_ part: String) -> JinjaValue { records[key + part].map { .string($0) } ?? .none }
        return [
            "changed": .bool(records.flag(key + "_ch")),
            "rc": records[key + "_rc"].flatMap { Int($0) }.map { .int($0) } ?? .none,
            "stdout": text("_out"), "stderr": text("_err"),
        ]
    }

    /// `cap PREFIX COMMAND…` keeps status, output and errors under the prefix; `up` tells whether it runs.
    private static let functions = #"""
        i=;for d in /etc/rc.d/init.d /etc/init.d /etc/rc.d;do [ ! -e "$d/$n" ]||{ i=$d/$n;break; };done
        [ -n "$i" ]||die "Could not find the requested service $n: "
        cap(){ k=$1;shift;q=$(mktemp)||die "could not make a temporary file";out=$("$@" 2>"$q" </dev/null;r=$?;echo x;exit $r);r=$?;out=${out%x}
        e=$(cat "$q";echo x);e=${e%x};rm -f "$q";o ${k}_rc $r;o ${k}_out "$out";o ${k}_err "$e"; }
        lv(){ ls /etc/rc"$1".d/S??"$n" >/dev/null 2>&1||ls /etc/rc.d/rc"$1".d/S??"$n" >/dev/null 2>&1; }
        isen(){ if [ $# = 0 ];then for l in 2 3 4 5;do ! lv $l||return 0;done;return 1;fi;for l in "$@";do ! lv $l||{ [ $en = 1 ]||return 0;continue; };[ $en = 0 ]||return 1;done;[ $en = 1 ]; }
        sten(){ if [ $en = 1 ];then a=enable;c=on;else a=disable;c=off;fi
        if command -v update-rc.d >/dev/null 2>&1;then if [ $# = 0 ]&&[ $en = 1 ];then cap e update-rc.d "$n" defaults;isen||cap e update-rc.d "$n" enable;else cap e update-rc.d "$n" $a "$@";fi
        elif command -v chkconfig >/dev/null 2>&1;then if [ $# = 0 ];then cap e chkconfig "$n" $c;else l=$(printf %s "$@");cap e chkconfig --level "$l" "$n" $c;fi;fi
        case $e in *"illegal runlevel specified"*)die "Illegal runlevel specified for enable operation on service $n";;esac; }
        up(){ if [ -n "$pt" ];then ps -ef 2>/dev/null|grep -v grep|grep -q -- "$pt";return $?;fi
        if command -v service >/dev/null 2>&1;then out=$(service "$n" status 2>&1 </dev/null);else out=$("$i" status 2>&1 </dev/null);fi;r=$?
        case $out in *"not running"*|*stopped*|*" is dead"*|*"not active"*|*inactive*)return 1;;*running*|*started*|*active*)return 0;;esac;[ $r = 0 ]; }
        act(){ if [ $bg = 1 ];then nohup "$i" $1 $ar >/dev/null 2>&1 </dev/null& r=0;o s_rc 0;o s_out '';o s_err '';else cap s "$i" $1 $ar;fi
        [ $r = 0 ]||{ o rc $r;st=${st%ped};die "Failed to ${st%ed} service: $n"; }; }
        if [ -n "$en" ];then e=0;isen "$@"&&e=1
        [ $e = $en ]||{ ch=1;o e_ch 1;[ $CK = 1 ]||sten "$@"; };fi
        w=;case $st in restarted)w='stop start';;started)up||w=start;;stopped)! up||w=stop;;reloaded)w=reload;;esac
        [ -z "$w" ]||{ ch=1;o s_ch 1; }
        [ $CK = 1 ]||for a in $w;do act $a;[ $st != restarted ]||[ $sl = 0 ]||sleep $sl;done
        fin

        """#
}
