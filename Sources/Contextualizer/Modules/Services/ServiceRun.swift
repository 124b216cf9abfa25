import ContextualizationAPI
import Jinja

/// What `service` and `systemd` come down to.
enum ServiceRun {
    static func step(_ arguments: ModuleArguments, _ context: ModuleContext, isSystemd: Bool) -> ModuleStep {
        let name = arguments.string("name") ?? ""
        func flag(_ key: String) -> String { arguments.bool(key).map { $0 ? "1" : "0" } ?? "''" }
        let scope = arguments.string("scope") ?? "system"
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + """
                n=\(ShellText.quote(name));st=\(arguments.string("state") ?? "''");en=\(flag("enabled"));mk=\(flag("masked"))
                dr=\(flag("daemon_reload"));dx=\(flag("daemon_reexec"));pt=\(ShellText.quote(arguments.string("pattern") ?? ""))
                sl=\(arguments.int("sleep") ?? 0);ar=\(ShellText.quote(arguments.string("arguments") ?? ""));sy=\(isSystemd ? 1 : 0)
                S="systemctl\(scope == "system" ? "" : " --\(scope)")\(arguments.bool("no_block") == true ? " --no-block" : "")"

                """ + functions
        return .run(
            ModuleInvocation(script: script, reads: ["service:\(name)"], writes: ["service:\(name)"]) { output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                let isUnknown = result.message?.hasPrefix("Could not find the requested service") == true
                if !result.failed || !isUnknown { result["name"] = .string(name) }
                if !result.failed {
                    let wanted = arguments.string("state")
                    if let state = records["state"] { result["state"] = .string(state) }
                    if wanted == "stopped" { result["state"] = .string("stopped") }
                    if wanted != nil, wanted != "stopped" { result["state"] = .string("started") }
                    if let enabled = arguments.bool("enabled") { result["enabled"] = .bool(enabled) }
                    if isSystemd, name.isEmpty { result["name"] = JinjaValue.none }
                }
                result["unit"] = nil
                if let unit = records["unit"] { result["status"] = .dict(properties(unit)) }
                return .finish(result)
            })
    }

    /// What `systemctl show` prints; a value may go on over lines where it begins with a brace.
    private static func properties(_ text: String) -> JinjaDict {
        var values = JinjaDict()
        var last: String?
        for line in text.split(separator: "\n") {
            if let equals = line.firstIndex(of: "="), line.first?.isUppercase == true,
                line[..<equals].allSatisfy(\.isLetter)
            {
                let key = String(line[..<equals])
                values[key] = .string(String(line[line.index(after: equals)...]))
                last = key
            } else if let last {
                values[last] = .string((values[last]?.text ?? "") + "\n" + line)
            }
        }
        return values
    }

    /// `systemd`, `openrc` and `sysv` are three ways to answer the same questions: `run` (is it running), `act`, `isen`
    /// (does it start at boot), `sten`.
    private static let functions = #"""
        no(){ die "Could not find the requested service $n: host"; }
        x(){ out=$("$@" 2>&1 </dev/null)||die "Unable to $1 service $n: $out"; }
        if [ -d /run/systemd/system ]&&command -v systemctl >/dev/null 2>&1;then w=systemd
        elif [ $sy = 1 ];then
        [ -z "$n" ]||[ -n "$st$en" ]||fin
        w=sysv;n=${n%.service};[ -n "$n" ]||fin
        elif command -v rc-service >/dev/null 2>&1;then w=openrc;else w=sysv;fi
        if [ $w = sysv ]&&command -v rc-service >/dev/null 2>&1;then w=openrc;fi
        case $w in
        systemd)
        y(){ [ $CK = 1 ]||{ out=$("$@" 2>&1 </dev/null)||die "$E: $out
        "; }; }
        E="failure 1 during daemon-reload";[ "$dr" != 1 ]||y $S daemon-reload
        E="failure 1 during daemon-reexec";[ "$dx" != 1 ]||y $S daemon-reexec
        [ -n "$n" ]||{ o unit '';fin; }
        p=$($S show "$n" 2>/dev/null);o unit "$p"
        case $p in *LoadState=not-found*)[ -n "$st$en$mk" ]||fin;no;;esac
        run(){ case $p in *ActiveState=active*|*ActiveState=activating*|*ActiveState=reloading*)return 0;;esac;return 1; }
        act(){ out=$($S $1 "$n" 2>&1 </dev/null)||{ o journal "$(systemctl status -n 5 "$n" 2>&1|tail -n 5)";die "Unable to $1 service $n: $out
        "; }; }
        isen(){ $S is-enabled "$n" >/dev/null 2>&1||{ [ -e "/etc/init.d/$n" ]&&ls /etc/rc?.d/S??"$n" >/dev/null 2>&1; }; }
        sten(){ E="Unable to $1 service $n";y $S $1 "$n"; }
        if [ -n "$mk" ];then case $p in *UnitFileState=masked*)m=1;;*)m=0;;esac
        [ $m = $mk ]||{ ch=1;[ $CK = 1 ]||{ [ $mk = 1 ]&&a=mask||a=unmask;E="Unable to $a service $n";y $S $a "$n"; }; };fi
        ;;
        openrc)
        rc-service -e "$n" 2>/dev/null||no
        run(){ rc-service -q "$n" status >/dev/null 2>&1; }
        act(){ out=$(rc-service "$n" $1 2>&1 </dev/null)||die "Unable to $1 service $n: $out"; }
        isen(){ rc-update show default 2>/dev/null|grep -q "^ *$n "; }
        sten(){ [ $1 = enable ]&&a=add||a=del;out=$(rc-update $a "$n" default 2>&1)||die "Unable to $1 service $n: $out"; };;
        sysv)
        i=;for d in /etc/init.d /etc/rc.d/init.d /etc/rc.d;do [ ! -x "$d/$n" ]||{ i=$d/$n;break; };done
        [ -n "$i" ]||no
        sv(){ if command -v service >/dev/null 2>&1;then service "$n" "$@";else "$i" "$@";fi; }
        run(){ if [ -n "$pt" ];then ps -ef 2>/dev/null|grep -v grep|grep -q -- "$pt";return $?;fi
        out=$(sv status 2>&1 </dev/null);r=$?;[ $r != 3 ]||return 1
        case $out in *"not running"*|*stopped*|*" is dead"*|*"not active"*|*inactive*)return 1;;*running*|*"is active"*)return 0;;esac;[ $r = 0 ]; }
        act(){ out=$(sv $1 $ar 2>&1 </dev/null)||{ r=$?;[ $1 = stop ]&&! run||die "Unable to $1 service $n: $out (status $r)"; }; }
        isen(){ ls /etc/rc[2345].d/S??"$n" >/dev/null 2>&1||ls /etc/rc.d/rc[2345].d/S??"$n" >/dev/null 2>&1; }
        sten(){ if command -v update-rc.d >/dev/null 2>&1;then out=$({ [ $1 = disable ]||update-rc.d "$n" defaults;update-rc.d "$n" $1; } 2>&1)
        elif command -v chkconfig >/dev/null 2>&1;then [ $1 = enable ]&&a=on||a=off;out=$(chkconfig "$n" $a 2>&1)
        else for l in 2 3 4 5;do if [ $1 = enable ];then ln -sf "$i" /etc/rc$l.d/S20"$n";else rm -f /etc/rc$l.d/S??"$n";fi;done;fi||die "Unable to $1 service $n: $out"; };;
        esac
        if [ -n "$en" ];then e=0;isen&&e=1
        [ $e = $en ]||{ ch=1;[ $en = 1 ]&&a=enable||a=disable;[ $CK = 1 ]||sten $a; };fi
        case $st in
        started)run||{ ch=1;[ $CK = 1 ]||act start; };;
        stopped)! run||{ ch=1;[ $CK = 1 ]||act stop; };;
        restarted)ch=1;if [ $CK = 0 ];then if [ $sl -gt 0 ]||[ $w = sysv ];then act stop;[ $sl = 0 ]||sleep $sl;act start;else act restart;fi;fi;;
        reloaded)ch=1;[ $CK = 1 ]||if run;then act reload;else act start;fi;;
        esac
        [ $w = systemd ]||[ $ch$CK != 11 ]||o msg 'service state changed'
        o status "$w";fin

        """#
}
