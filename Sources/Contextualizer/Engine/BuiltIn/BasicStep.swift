import ContextualizationAPI
import Modules
import Support

/// The tasks of the step `basic`: boot finished, package manager free, host name, keys, password.
enum BasicStep {
    static func tasks(for machine: ContextualizationMachine, bootTimeout: Duration) -> [BuiltInTask] {
        var tasks = [boot(bootTimeout), packageLock(bootTimeout)]
        if let fqdn = machine.basics.fqdn, !fqdn.isEmpty { tasks.append(hostName(fqdn)) }
        if !machine.basics.authorizedKeys.isEmpty {
            tasks.append(keys(machine.basics.authorizedKeys, user: machine.target.user))
        }
        if let password = machine.basics.newPassword {
            tasks.append(self.password(password, user: machine.target.user))
        }
        for index in tasks.indices { tasks[index].path = "basic.\(index)" }
        return tasks
    }

    /// A boot that ended with failed units is finished too: what fails is the owner's affair.
    private static func boot(_ limit: Duration) -> BuiltInTask {
        BuiltInTask(
            path: "", name: "Wait until the boot has finished", module: "boot",
            script: BuiltInShell.prologue + """
                n=0;w=
                if hv cloud-init&&[ -d /run/cloud-init ]&&[ ! -e /run/cloud-init/disabled ];then
                while :;do s=$(cloud-init status 2>/dev/null);case $s in *running*|*"not started"*|*"not run"*);;*)break;;esac
                [ $n -lt \(limit.rounded) ]||{ w="cloud-init still runs after $n s";break; };sleep 1;n=$((n+1));done;fi
                if [ -d /run/systemd/system ]&&hv systemctl;then
                while :;do s=$(systemctl is-system-running 2>/dev/null);case $s in initializing|starting);;*)break;;esac
                [ $n -lt \(limit.rounded) ]||{ w="systemd still starts units after $n s";break; };sleep 1;n=$((n+1));done
                [ "$s" != degraded ]||w="some units failed at boot: $(systemctl --failed --plain --no-legend 2>/dev/null|cut -d' ' -f1|head -n 5|tr '\\n' ' ')"
                fi
                fin "$w"

                """, timeout: limit + .seconds(60))
    }

    /// The lock is looked for in `/proc/locks`, which needs no tool.
    private static func packageLock(_ limit: Duration) -> BuiltInTask {
        BuiltInTask(
            path: "", name: "Wait until the package manager is free", module: "package_lock",
            script: BuiltInShell.prologue + """
                if [ -d /run/systemd/system ]&&hv systemctl;then
                for u in unattended-upgrades.service apt-daily.timer apt-daily-upgrade.timer;do
                ! systemctl is-active -q $u 2>/dev/null||systemctl stop $u >/dev/null 2>&1;done;fi
                busy(){ for f in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/lib/rpm/.rpm.lock;do
                [ -e $f ]||continue;i=$(stat -c %i $f 2>/dev/null)||continue;! grep -q ":$i " /proc/locks 2>/dev/null||return 0;done
                p=$(cat /var/run/yum.pid 2>/dev/null)&&[ -d "/proc/$p" ]; }
                n=0;while busy;do [ $n -lt \(limit.rounded) ]||die "another package manager holds its lock since more than $n s"
                sleep 1;n=$((n+1));done
                fin

                """, timeout: limit + .seconds(60))
    }

    private static func hostName(_ fqdn: String) -> BuiltInTask {
        BuiltInTask(
            path: "", name: "Set the host name", module: "hostname",
            script: BuiltInShell.prologue + """
                n=\(ShellText.quote(fqdn))
                [ "$(uname -n)" = "$n" ]||{ ch=1;if [ -d /run/systemd/system ]&&hv hostnamectl;then e=$(hostnamectl set-hostname "$n" 2>&1);else e=$(hostname "$n" 2>&1);fi||die "could not set the host name to $n: $e"; }
                [ "$(cat /etc/hostname 2>/dev/null)" = "$n" ]||{ ch=1;e=$({ echo "$n" >/etc/hostname; } 2>&1)||die "could not write /etc/hostname: $e"; }
                fin

                """)
    }

    private static func keys(_ keys: [String], user: String) -> BuiltInTask {
        let text = keys.map { $0.trimmingNewlines() }.joined(separator: "\n") + "\n"
        return BuiltInTask(
            path: "", name: "Accept the keys of the infrastructure", module: "authorized_key",
            script: BuiltInShell.prologue + """
                u=\(ShellText.quote(user))
                h=$(getent passwd "$u" 2>/dev/null||grep "^$u:" /etc/passwd);[ -n "$h" ]||die "the user $u is not on this machine"
                g=$(printf %s "$h"|cut -d: -f4);h=$(printf %s "$h"|cut -d: -f6);d=$h/.ssh;f=$d/authorized_keys
                [ -d "$d" ]||{ ch=1;e=$({ mkdir -p "$d"&&chmod 700 "$d"&&chown "$u:$g" "$d"; } 2>&1)||die "could not make $d: $e"; }
                [ -f "$f" ]||{ e=$({ : >"$f"&&chmod 600 "$f"&&chown "$u:$g" "$f"; } 2>&1)||die "could not make $f: $e"; }
                while read -r k;do [ -z "$k" ]||grep -qxF "$k" "$f"||{ ch=1;[ -z "$(tail -c 1 "$f")" ]||echo >>"$f";printf '%s\\n' "$k" >>"$f"||die "could not write $f"; };done <"$GANTRY_FILES/keys"
                fin

                """, files: ["keys": Array(text.utf8)])
    }

    /// Set each time: whether the old one equals it cannot be seen without knowing how it is hashed. Not a change then.
    private static func password(_ password: Secret<String>, user: String) -> BuiltInTask {
        let line = "\(user):\(password.expose())\n"
        return BuiltInTask(
            path: "", name: "Set the new password", module: "password",
            script: BuiltInShell.prologue + """
                e=$(chpasswd <"$GANTRY_FILES/line" 2>&1)||die "could not set the password of the login user: $e"
                fin

                """, files: ["line": Array(line.utf8)], secrets: [password.expose()])
    }
}
