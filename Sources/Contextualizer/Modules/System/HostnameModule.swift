import ContextualizationAPI
import Jinja

/// `hostname`: the machine's name.
package enum HostnameModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "hostname", summary: "Sets the machine's name.",
        parameters: [
            ModuleParameter("name", .string, required: true, "The name."),
            ModuleParameter(
                "use", .string,
                choices: [
                    "generic", "debian", "alpine", "systemd", "redhat", "sles", "openrc", "openbsd", "freebsd",
                    "solaris",
                    "macos", "macosx", "darwin",
                ], "How; found out on the machine."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let name = arguments.string("name") ?? ""
        guard !name.isEmpty, name.utf8.count <= 253, !name.contains(where: { $0.isWhitespace || $0 == "/" }) else {
            throw ModuleError(code: .invalidArgument, message: "'\(name)' is no name of a host")
        }
        let bySystemd =
            arguments.string("use").map { $0 == "systemd" ? "true" : "false" }
            ?? "[ -d /run/systemd/system ]&&command -v hostnamectl >/dev/null 2>&1"
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + FileParameterValues().shell
            + (try ShellLibrary.write()) + """
                n=\(ShellText.quote(name))
                if \(bySystemd);then
                s_=$(hostnamectl --static status 2>&1)||die "Command failed rc=1, out=, err=$s_";r_=$(hostnamectl --transient status 2>/dev/null)
                [ "$s_" = "$n" ]||{ ch=1;[ $CK = 1 ]||e=$(hostnamectl --pretty --static set-hostname "$n" 2>&1)||die "could not set the name: $e"; }
                [ $CK = 1 ]||[ $ch = 0 ]||r_=$(hostnamectl --transient status 2>/dev/null)
                [ "$r_" = "$n" ]||{ ch=1;[ $CK = 1 ]||e=$(hostnamectl --transient set-hostname "$n" 2>&1)||die "could not set the name: $e"; }
                else
                c_=$(cat /proc/sys/kernel/hostname 2>/dev/null||uname -n);s_=$(head -n 1 /etc/hostname 2>/dev/null)
                [ "$s_" = "$n" ]||{ ch=1;[ $CK = 1 ]||{ printf '%s\\n' "$n" >"$GANTRY_FILES/n";wr "$GANTRY_FILES/n" /etc/hostname; }; }
                [ "$c_" = "$n" ]||{ ch=1;[ $CK = 1 ]||e=$(hostname "$n" 2>&1)||die "could not set the name: $e"; };fi
                o fqdn "$(hostname -f 2>/dev/null)";fin

                """
        return .run(
            ModuleInvocation(script: script, reads: ["hostname"], writes: ["hostname", "/etc/hostname"]) { output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                guard !result.failed else { return .finish(result) }
                let fqdn = records["fqdn"].flatMap { $0.isEmpty ? nil : $0 } ?? name
                let facts: JinjaDict = [
                    "hostname": .string(name.split(separator: ".").first.map(String.init) ?? name),
                    "nodename": .string(name), "fqdn": .string(fqdn),
                    "domain": .string(fqdn.split(separator: ".").dropFirst().joined(separator: ".")),
                ]
                var prefixed = JinjaDict()
                for (key, value) in facts { prefixed["ansible_\(key.text)"] = value }
                result.values = ["name": .string(name), "ansible_facts": .dict(prefixed)]
                result.facts = facts
                return .finish(result)
            })
    }
}

/// `timezone`: the machine's zone of time.
package enum TimezoneModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "timezone", collections: ["community.general"], summary: "Sets the machine's zone of time.",
        parameters: [
            ModuleParameter("name", .string, "The zone, such as Europe/Madrid."),
            ModuleParameter("hwclock", .string, aliases: ["rtc"], choices: ["local", "UTC"], "What the clock shows."),
        ], oneOf: [["hwclock", "name"]])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let name = arguments.string("name") ?? ""
        guard !name.hasPrefix("/"), !name.contains("..") else {
            throw ModuleError(code: .invalidArgument, message: "given timezone \"\(name)\" is not available")
        }
        let clock = arguments.string("hwclock").map { $0 == "local" ? "1" : "0" } ?? "''"
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + FileParameterValues().shell
            + (try ShellLibrary.write()) + """
                n=\(ShellText.quote(name));k_=\(clock);Z=/usr/share/zoneinfo
                td(){ [ -d /run/systemd/system ]&&command -v timedatectl >/dev/null 2>&1; }
                if [ -n "$n" ];then [ -f "$Z/$n" ]||die "given timezone \\"$n\\" is not available"
                if [ -L /etc/localtime ];then c_=$(readlink -f /etc/localtime);c_=${c_#*/zoneinfo/};elif [ -r /etc/timezone ];then c_=$(head -n 1 /etc/timezone);else c_=;fi
                [ -f /etc/localtime ]&&cmp -s /etc/localtime "$Z/$n"||[ "$c_" = "$n" ]||c_=-
                if [ "$c_" != "$n" ];then ch=1;if [ $CK = 0 ];then
                if td;then e=$(timedatectl set-timezone "$n" 2>&1)||die "could not set the zone: $e"
                else t=/etc/.gantry.localtime.$$;e=$({ ln -s "$Z/$n" "$t"&&mv -f "$t" /etc/localtime; } 2>&1)||die "could not set the zone: $e";t=;fi
                if [ -f /etc/timezone ]&&[ "$(head -n 1 /etc/timezone)" != "$n" ];then printf '%s\\n' "$n" >"$GANTRY_FILES/n";wr "$GANTRY_FILES/n" /etc/timezone;fi;fi;fi;fi
                if [ -n "$k_" ];then l_=0;[ ! -r /etc/adjtime ]||! grep -q '^LOCAL' /etc/adjtime||l_=1
                [ $l_ = $k_ ]||{ ch=1;[ $CK = 1 ]||if td;then e=$(timedatectl set-local-rtc $k_ 2>&1)||die "could not set the clock: $e"
                elif [ $k_ = 1 ];then e=$(hwclock --systohc --localtime 2>&1)||die "could not set the clock: $e";else e=$(hwclock --systohc --utc 2>&1)||die "could not set the clock: $e";fi; };fi
                fin

                """
        return .run(
            ModuleInvocation(script: script, reads: ["timezone"], writes: ["timezone"]) { output in
                .finish(ModuleResult(records: Records(output.standardOutput), output: output))
            })
    }
}

/// `modprobe`: modules of the kernel.
package enum ModprobeModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "modprobe", collections: ["community.general"], summary: "Loads and unloads modules of the kernel.",
        parameters: [
            ModuleParameter("name", .string, required: true, "The module."),
            ModuleParameter("params", .string, default: "", "Its parameters."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter(
                "persistent", .string, choices: ["disabled", "absent", "present"], default: "disabled",
                "Whether it is loaded at boot."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let name = arguments.string("name") ?? ""
        guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) }) else {
            throw ModuleError(code: .invalidArgument, message: "modprobe: '\(name)' is no name of a module")
        }
        let parameters = arguments.string("params") ?? ""
        let words = try CommandLine.split(parameters).map(ShellText.quote).joined(separator: " ")
        let isPresent = arguments.string("state") != "absent"
        let persistent = arguments.string("persistent") ?? "disabled"
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + FileParameterValues().shell
            + (try ShellLibrary.write()) + """
                n=\(name);m_=$(printf %s "$n"|tr - _);p_=\(ShellText.quote(parameters))
                on(){ grep -q "^$m_ " /proc/modules 2>/dev/null||[ -d "/sys/module/$m_" ]||grep -q "/$n\\.ko" "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null; }
                if [ \(isPresent ? 1 : 0) = 1 ];then on||{ ch=1;[ $CK = 1 ]||e=$(modprobe "$n" \(words) 2>&1)||die "$e"; }
                else ! on||{ ch=1;[ $CK = 1 ]||e=$(modprobe -r "$n" 2>&1)||die "$e"; };fi
                put(){ printf '%s\\n' "$2" >"$GANTRY_FILES/f";cmp -s "$GANTRY_FILES/f" "$1"||{ ch=1;[ $CK = 1 ]||{ mkdir -p "${1%/*}";wr "$GANTRY_FILES/f" "$1"; }; }; }
                case \(persistent) in
                present)grep -qsx "$n" /etc/modules /etc/modules-load.d/*.conf||put "/etc/modules-load.d/$n.conf" "$n"
                [ -z "$p_" ]||put "/etc/modprobe.d/$n.conf" "options $n $p_";;
                absent)for f in /etc/modules /etc/modules-load.d/*.conf /etc/modprobe.d/*.conf;do [ -f "$f" ]||continue
                case $f in */modprobe.d/*)x="^options *$n ";;*)x="^$n\\$";;esac;grep -q "$x" "$f"||continue;ch=1
                if [ $CK = 0 ];then sed "s/$x/#&/" "$f" >"$GANTRY_FILES/f";wr "$GANTRY_FILES/f" "$f";fi;done;;esac
                fin

                """
        return .run(
            ModuleInvocation(script: script, reads: ["kernel:\(name)"], writes: ["kernel:\(name)"]) { output in
                var result = ModuleResult(records: Records(output.standardOutput), output: output)
                guard !result.failed else { return .finish(result) }
                result.values = [
                    "name": .string(name), "params": .string(parameters), "state": arguments.value("state") ?? .none,
                ]
                return .finish(result)
            })
    }
}

/// `locale_gen`: languages that the machine knows.
package enum LocaleGenModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "locale_gen", collections: ["community.general"], summary: "Makes and removes locales of Debian.",
        parameters: [
            ModuleParameter("name", .list, required: true, "The locales, such as en_US.UTF-8."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let names = arguments.list("name") ?? []
        for name in names where !name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_-.@".contains($0)) })
        {
            throw ModuleError(code: .invalidArgument, message: "locale_gen: '\(name)' is no name of a locale")
        }
        let isPresent = arguments.string("state") != "absent"
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + FileParameterValues().shell
            + (try ShellLibrary.write()) + """
                F=/etc/locale.gen;command -v locale-gen >/dev/null 2>&1||die "/etc/locale.gen and /var/lib/locales/supported.d/local are missing. Is the package \\"locales\\" installed?"
                l_(){ locale -a 2>/dev/null|tr -d -- -|tr A-Z a-z; }
                h_(){ printf '%s\\n' "$a_"|grep -qx "$(printf %s "$1"|tr -d -- -|tr A-Z a-z)"; }
                a_=$(l_);w_=;for n in \(names.map(ShellText.quote).joined(separator: " "));do if h_ "$n";then h=1;else h=0;fi;[ $h = \(isPresent ? 1 : 0) ]||w_="$w_ $n";done
                [ -n "$w_" ]||fin;ch=1
                if [ ! -f $F ]&&[ -d /var/lib/locales/supported.d ];then [ $CK = 0 ]||fin
                \(isPresent ? "e=$(locale-gen $w_ 2>&1)||die \"locale-gen failed: $e\"" : "for n in $w_;do sed \"/^$n /d\" /var/lib/locales/supported.d/local >\"$GANTRY_FILES/l\";wr \"$GANTRY_FILES/l\" /var/lib/locales/supported.d/local;done;e=$(locale-gen --purge 2>&1)||die \"locale-gen failed: $e\"")
                fin;fi
                [ -f $F ]||: >"$GANTRY_FILES/l";[ ! -f $F ]||cat $F >"$GANTRY_FILES/l"
                for n in $w_;do x=$(printf %s "$n"|sed 's/[.]/\\\\./g')
                \(isPresent
                    ? "if grep -Eq \"^#? *$x( |\\$)\" \"$GANTRY_FILES/l\";then sed -E \"s/^#? *($x( .*)?)\\$/\\\\1/\" \"$GANTRY_FILES/l\" >\"$GANTRY_FILES/m\";else grep -Eqs \"^$x( |\\$)\" /usr/share/i18n/SUPPORTED||die \"The following locales are not available on your system: $n\";{ cat \"$GANTRY_FILES/l\";grep -Es \"^$x( |\\$)\" /usr/share/i18n/SUPPORTED; } >\"$GANTRY_FILES/m\";fi"
                    : "sed -E \"s/^ *($x( .*)?)\\$/# \\\\1/\" \"$GANTRY_FILES/l\" >\"$GANTRY_FILES/m\"")
                mv "$GANTRY_FILES/m" "$GANTRY_FILES/l";done
                [ $CK = 0 ]||fin;cmp -s "$GANTRY_FILES/l" $F||wr "$GANTRY_FILES/l" $F;e=$(locale-gen 2>&1)||die "locale-gen failed: $e";fin

                """
        return .run(
            ModuleInvocation(script: script, reads: ["locales"], writes: ["locales", "/etc/locale.gen"]) { output in
                var result = ModuleResult(records: Records(output.standardOutput), output: output)
                if !result.failed {
                    result.values = ["name": .list(names.map { .string($0) }), "mechanism": "glibc"]
                }
                return .finish(result)
            })
    }
}
