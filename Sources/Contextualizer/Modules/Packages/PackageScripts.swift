/// The shell functions of the package managers. Each gets the names as arguments and sets `ch`.
enum PackageScripts {
    /// `rn COMMAND…` runs a manager's command with its output in `out` and waits while another one holds the lock;
    /// `bad TEXT` fails with that output.
    static let common = #"""
        rn(){ w=0;while :;do out=$("$@" 2>&1 </dev/null);rc=$?;[ $rc != 0 ]||return 0
        case $out in *"ould not get lock"*|*"nable to acquire the dpkg frontend lock"*|*"is another process using it"*|*"nable to lock database"*|*"ystem management is locked"*|*"waiting for process with pid"*);;*)return $rc;;esac
        [ $w -lt $lt ]||return $rc;sleep 2;w=$((w+2));done; }
        bad(){ o rc $rc;o out "$out";die "$1: $(printf '%s\n' "$out"|grep -E '^E:|[Ee]rror|ERROR|ailed|No match|nable'|head -n 5)"; }

        """#

    static func functions(of manager: String) -> String {
        switch manager {
        case "apt": apt
        case "dnf": DnfModule.script
        case "apk": apk
        case "zypper": zypper
        default: pacman
        }
    }

    /// `op COMMAND…` runs the manager with the task's options.
    ///
    /// - Parameter policy: Status of the program that `apt` asks whether services may be started.
    static func runner(of manager: String, options: String, policy: Int?) -> String {
        let run = "rn env \(environment(of: manager)) \"$@\" \(options)"
        guard manager == "apt", let policy else { return "op(){ \(run); }\n" }
        // What was there comes back however the task ends.
        return #"""
            pf=/usr/sbin/policy-rc.d;pk=
            pu(){ [ -z "$pk" ]||{ rm -f $pf;[ ! -e $pk ]||mv -f $pk $pf;pk=; }; }
            trap 'pu;[ -z "$t" ]||rm -f "$t";fl' 0;trap 'exit 1' HUP TERM
            op(){ [ $CK = 1 ]||{ pk=$pf.gantry.$$;[ ! -e $pf ]||mv -f $pf $pk;e=$({ printf '#!/bin/sh\nexit \#(policy)\n' >$pf&&chmod 755 $pf; } 2>&1)||die "could not write $pf: $e"; }
            \#(run);r=$?;pu;return $r; }

            """#
    }

    private static func environment(of manager: String) -> String {
        manager == "apt" ? "DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical NEEDRESTART_MODE=l" : "LC_ALL=C"
    }

    /// A name is `name`, `name=version` (with `*`), `name:arch`, `name/release`.
    private static let apt = #"""
        au(){ rn apt-get -q update||bad "Failed to update apt cache";o cache_updated 1;au=1; }
        fr(){ [ $vt -gt 0 ]||return 1;f=/var/lib/apt/periodic/update-success-stamp;[ -e $f ]||f=/var/lib/apt/lists;s=$(stat -Lc %Y $f 2>/dev/null||echo 0);[ $(($(date +%s)-s)) -lt $vt ]; }
        ins(){ case $1 in *=*)n=${1%%=*};v=${1#*=};;*/*)n=${1%%/*};v=;;*)n=$1;v=;;esac
        i=$(dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$n" 2>/dev/null|grep '^installed '|head -n 1);[ -n "$i" ]||return 1
        [ -z "$v" ]||case ${i#* } in $v);;*)return 1;;esac; }
        lost(){ o rc $rc;o out "$out";p=$(printf '%s\n' "$out"|sed -n 's/^E: Unable to locate package //p;s/^E: Couldn.t find any package by .* .\([^ ]*\).$/\1/p'|head -n 1);[ -z "$p" ]||die "No package matching '$p' is available"
        p=$(printf '%s\n' "$out"|sed -n "s/^E: Version '\(.*\)' for '\(.*\)' was not found.*/\2=\1/p;s/^E: Package '\(.*\)' has no installation candidate.*/\1/p"|head -n 1);[ -z "$p" ]||die "no available installation candidate for $p"
        bad "'apt-get $y $*' failed"; }
        apt(){ au=0;l=;c=0
        if [ -n "$fd" ];then [ -e "$fd" ]||die "Unable to install package: E:Could not open file $fd - open (2: No such file or directory)"
        set -- "$@" "$fd";p=$(dpkg-deb -f "$fd" Package 2>/dev/null)||die "Unable to install package: $fd is no package file";v=$(dpkg-deb -f "$fd" Version);[ $st = absent ]||! ins "$p=$v"||fin;fi
        for p in "$@";do case $st in
        absent) ! ins "${p%%=*}"||{ c=1;break; };;
        present)ins "$p"||{ c=1;break; };;
        *)c=1;;esac;done
        if [ -n "$up" ];then [ $uc = 0 ]||fr||[ $CK = 1 ]||au;if [ $CK = 1 ];then op apt-get -s -q $up;else op apt-get -y -q $up;fi||bad "apt-get $up failed";nz;o out "$out";o msg "$out
        ";fin;fi
        if [ $# = 0 ];then [ $uc = 1 ]||fin;fr||{ [ $CK = 1 ]||au;ch=1; };fin;fi
        [ $c = 1 ]||fin
        if [ $st = absent ];then y=remove;else y=install;[ $uc = 0 ]||fr||[ $CK = 1 ]||au;fi
        [ $st != build-dep ]||y=build-dep;[ $st != fixed ]||y="install -f"
        m=-y;[ $CK = 0 ]||m=-s
        op apt-get $m -q $y "$@"||{ [ $au = 0 ]&&[ $CK = 0 ]&&[ $st != absent ]&&case $out in *"Unable to locate"*|*"no installation candidate"*|*"Unable to fetch"*|*"Failed to fetch"*|*"was not found"*)rn apt-get -q update;op apt-get $m -q $y "$@";;*)false;;esac; }||lost "$@"
        nz;o out "$out"; }
        nz(){ printf '%s\n' "$out"|grep -q '^0 upgraded, 0 newly installed, 0 to remove and '||ch=1; }

        """#

    private static let apk = #"""
        apk_(){ c=0;if [ $uc = 1 ]&&[ $# = 0 ];then [ $CK = 1 ]||rn apk update||bad "could not update the package index";ch=1;fin;fi
        for p in "$@";do case $st in absent) ! apk info -e "$p" >/dev/null 2>&1||c=1;;present)apk info -e "$p" >/dev/null 2>&1||c=1;;*)c=1;;esac;done
        [ $c = 1 ]||fin;if [ $CK = 1 ];then ch=1;fin;fi
        b=$(apk info -v 2>/dev/null|sort|cksum);[ $uc = 0 ]||rn apk update||bad "could not update the package index"
        case $st in absent)op apk del "$@";;latest)op apk add -u "$@";;*)op apk add "$@"||{ rn apk update;op apk add "$@"; };;esac||bad "failed to change $*"
        [ "$b" = "$(apk info -v 2>/dev/null|sort|cksum)" ]||ch=1;o out "$out"; }

        """#

    private static let zypper = #"""
        zypper_(){ c=0;for p in "$@";do case $st in absent) ! rpm -q "$p" >/dev/null 2>&1||c=1;;present)rpm -q "$p" >/dev/null 2>&1||c=1;;*)c=1;;esac;done
        if [ $# = 0 ];then [ $uc = 0 ]||[ $CK = 1 ]||rn zypper -nq refresh||bad "could not refresh";fin;fi
        [ $c = 1 ]||fin;if [ $CK = 1 ];then ch=1;fin;fi
        b=$(rpm -qa|sort|cksum);[ $uc = 0 ]||rn zypper -nq refresh||bad "could not refresh"
        case $st in absent)op zypper -nq remove "$@";;*)op zypper -nq install "$@";;esac||bad "failed to change $*"
        [ "$b" = "$(rpm -qa|sort|cksum)" ]||ch=1;o out "$out"; }

        """#

    private static let pacman = #"""
        pacman_(){ c=0;for p in "$@";do case $st in absent) ! pacman -Q "$p" >/dev/null 2>&1||c=1;;present)pacman -Q "$p" >/dev/null 2>&1||c=1;;*)c=1;;esac;done
        if [ $# = 0 ];then [ $uc = 0 ]||[ $CK = 1 ]||rn pacman -Sy --noconfirm||bad "could not refresh";fin;fi
        [ $c = 1 ]||fin;if [ $CK = 1 ];then ch=1;fin;fi
        b=$(pacman -Q|cksum);[ $uc = 0 ]||rn pacman -Sy --noconfirm||bad "could not refresh"
        case $st in absent)op pacman -R --noconfirm "$@";;*)op pacman -S --noconfirm --needed "$@";;esac||bad "failed to change $*"
        [ "$b" = "$(pacman -Q|cksum)" ]||ch=1;o out "$out"; }

        """#
}
