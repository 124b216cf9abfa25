/// The program that gathers facts: plain shell, `/proc`, `/sys`, and `ip` where it is. No Python, some milliseconds.
enum FactScript {
    /// - Parameters:
    ///   - folder: Of the machine's own facts.
    ///   - timeout: Seconds for each file system of another machine.
    static func text(folder: String?, timeout: Int) -> String {
        // The environment first: what is assigned later under the name of a variable of the task would stand in it.
        // Newlines in values are told apart from those between variables, where `env` can do that.
        "_genv=$({ /usr/bin/env -0||env -0; } 2>/dev/null|/usr/bin/tr '\\n\\0' '\\001\\n' 2>/dev/null)\n"
            + "[ -n \"$_genv\" ]||_genv=$(/usr/bin/env 2>/dev/null||env)\n"
            + "fd=\(ShellText.path(folder ?? "/etc/ansible/facts.d"));gt=\(max(1, timeout))\n" + body
    }

    private static let body = #"""
        \#(ShellLibrary.surroundings)B=
        \#(ShellLibrary.records)
        \#(ShellLibrary.has)
        rd(){ read -r v 2>/dev/null <"$1"||v=; }
        o system "$(uname -s)";o kernel "$(uname -r)";o kernel_version "$(uname -v)";o architecture "$(uname -m)";o nodename "$(uname -n)"
        [ ! -r /etc/os-release ]||o os_release "$(cat /etc/os-release)"
        for f in redhat-release centos-release rocky-release almalinux-release debian_version alpine-release SuSE-release;do [ ! -r /etc/$f ]||o "file_$f" "$(head -n 1 /etc/$f)";done
        f=$(hostname -f 2>/dev/null)||f=;o fqdn "$f"
        o user_id "$(id -un)";o user_uid "$(id -u)";o user_gid "$(id -g)";o user_dir "$HOME";o user_shell "${SHELL-}"
        p=$(getent passwd "$(id -un)" 2>/dev/null||grep "^$(id -un):" /etc/passwd 2>/dev/null);p=${p#*:*:*:*:};o user_gecos "${p%%:*}"
        rd /proc/sys/crypto/fips_enabled;o fips "$v";[ ! -r /proc/1/root/. ]||[ / -ef /proc/1/root/. ]||o chroot 1
        o env "$_genv"
        if [ -d /run/systemd/system ];then o service_mgr systemd;elif hv openrc-run||hv rc-service;then o service_mgr openrc;else rd /proc/1/comm;case $v in init|systemd)o service_mgr sysvinit;;*)o service_mgr "${v:-sysvinit}";;esac;fi
        p=;[ ! -e /etc/redhat-release ]||p="dnf5:dnf5 dnf:dnf yum:yum"
        for c in $p apt-get:apt dnf5:dnf5 dnf:dnf yum:yum apk:apk zypper:zypper pacman:pacman;do ! hv ${c%%:*}||{ o pkg_mgr ${c#*:};break; };done
        for c in python3 python;do ! hv $c||{ o python_path "$(command -v $c)";break; };done
        p=$(for f in /usr/lib/python3.*/os.py /usr/lib64/python3.*/os.py;do [ ! -e "$f" ]||{ f=${f%/os.py};printf %s "${f##*python}";break; };done);[ -z "$p" ]||o python_short "$p"
        o cpuinfo "$(grep -E '^(processor|physical id|core id|cpu cores|model name|vendor_id|siblings)' /proc/cpuinfo 2>/dev/null)"
        o meminfo "$(grep -E '^(MemTotal|MemFree|MemAvailable|SwapTotal|SwapFree)' /proc/meminfo 2>/dev/null)"
        rd /proc/uptime;o uptime "${v%%.*}"
        o date "$(date '+%Y %m %d %H %M %S %s %Z %z %A %w')"
        if hv ip;then o ip_addr "$(ip -o addr show 2>/dev/null)";o ip_route "$(ip -4 route show default 2>/dev/null)";o ip_link "$(ip -o link show 2>/dev/null)"
        else o route "$(cat /proc/net/route 2>/dev/null)";o ifconfig "$(ifconfig -a 2>/dev/null)";fi
        [ ! -r /proc/mounts ]||while read -r a b c r;do case $a in /*)x=;;*:/*)x="timeout $gt";hv timeout||x=;;*)continue;;esac
        o mount "$a $b $c $r|$($x stat -f -c '%S %s %b %a %c %d' "$(printf %b "$b")" 2>/dev/null)";done </proc/mounts
        o uuids "$(ls -l /dev/disk/by-uuid 2>/dev/null)"
        for d in /sys/class/net/*;do [ -r $d/type ]||continue;rd $d/type;a=$v;rd $d/operstate;b=$v;rd $d/flags;c=$v;rd $d/speed;o net "${d##*/} $a $b $c $v"
        if [ -d $d/bridge ];then rd $d/bridge/bridge_id;a=$v;rd $d/bridge/stp_state;for q in $d/brif/*;do [ ! -e "$q" ]||v="$v ${q##*/}";done;o bridge "${d##*/} $a $v";fi
        if [ -d $d/bonding ];then rd $d/bonding/mode;a=${v%% *};rd $d/bonding/miimon;b=$v;rd $d/bonding/lacp_rate;c=${v%% *};rd $d/bonding/slaves;o bonding "${d##*/} ${a:-NA} ${b:-NA} ${c:-NA} $v";fi;done
        for d in /sys/block/*;do n=${d##*/};case $n in loop*|ram*|zram*|'*')continue;;esac;rd $d/size;s=$v;rd $d/removable;m=$v;rd $d/device/model;o block "$n $s $m $v"
        for q in $d/$n*;do [ ! -e $q/partition ]||{ rd $q/size;o part "$n ${q##*/} $v"; };done;done
        for k in rsa ecdsa ed25519;do f=/etc/ssh/ssh_host_${k}_key.pub;[ ! -r $f ]||{ read -r a b c <$f;o ssh_$k "$a $b"; };done
        for f in sys_vendor product_name bios_vendor product_uuid product_serial bios_version;do [ ! -r /sys/class/dmi/id/$f ]||{ rd /sys/class/dmi/id/$f;o dmi_$f "$v"; };done
        [ ! -e /.dockerenv ]||o virt docker;[ ! -e /run/.containerenv ]||o virt podman;[ ! -r /run/systemd/container ]||{ rd /run/systemd/container;o virt "$v"; }
        ! grep -q lxc /proc/1/environ 2>/dev/null||o virt lxc
        [ ! -d /proc/vz ]||[ -d /proc/bc ]||o virt openvz;[ ! -e /sys/hypervisor/type ]||{ rd /sys/hypervisor/type;o hypervisor "$v"; }
        [ ! -c /dev/kvm ]||o kvm_host 1
        if hv getenforce;then o selinux "$(getenforce 2>/dev/null)";fi;[ ! -d /sys/module/apparmor ]||{ rd /sys/module/apparmor/parameters/enabled;o apparmor "$v"; }
        rd /etc/machine-id;o machine_id "$v";o resolv "$(grep -E '^(nameserver|search|domain)' /etc/resolv.conf 2>/dev/null)"
        rd /proc/cmdline;o cmdline "$v";rd /proc/loadavg;o loadavg "$v"
        getconf LONG_BIT >/dev/null 2>&1&&o bits "$(getconf LONG_BIT)"
        for f in "$fd"/*.fact;do [ -f "$f" ]||continue
        case $(stat -Lc %A "$f") in ???[xs]*);;*)o local "$f
        $(cat "$f")";continue;;esac
        v=;IFS= read -r v 2>/dev/null <"$f"||:;q=0;case $v in '#!'*)v=${v#??};v=${v#"${v%%[! ]*}"};v=${v%% *};if [ ! -e "$v" ];then q=2;elif [ ! -x "$v" ];then q=13;fi;;
        "$(printf '\177ELF')"*);;*)q=8;;esac;[ -x "$f" ]||q=13
        if [ $q != 0 ];then o fact_fault "$q
        $f";else o local_run "$f
        $({ e=$("$f" 2>&1 >&4 4>&-;printf '\035%s' $?);printf '\035%s' "$e"; } 4>&1)";fi;done
        o end 1;fl

        """#
}
