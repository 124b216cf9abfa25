/// Programs of `user` and `group`: shadow's tools where they are, busybox's otherwise. Passwords go to `chpasswd` through
/// a pipe, never in arguments.
enum AccountScripts {
    /// `pe NAME` prints the line of an account, `ge NAME` that of a group; `r COMMAND…` runs or fails with what it said.
    static let common = #"""
        pe(){ getent passwd "$1" 2>/dev/null||grep "^$1:" /etc/passwd; }
        ge(){ getent group "$1" 2>/dev/null||grep "^$1:" /etc/group; }
        \#(ShellLibrary.has)
        r(){ e=$("$@" 2>&1);q=$?;[ $q = 0 ]||{ o rc $q;die "$e
        "; }; }

        """#

    static let group = #"""
        l=$(ge "$n")
        if [ -z "$l" ];then ch=1;if [ $CK = 0 ];then
        if hv groupadd;then set --;[ -z "$gi" ]||set -- -g "$gi";[ $sy = 0 ]||set -- "$@" -r;[ $nu = 0 ]||set -- "$@" -o;mk "$@" "$n"
        else set --;[ -z "$gi" ]||set -- -g "$gi";[ $sy = 0 ]||set -- "$@" -S;r addgroup "$@" "$n";fi;l=$(ge "$n");fi
        elif [ -n "$gi" ];then g=${l#*:*:};g=${g%%:*};[ "$g" = "$gi" ]||{ ch=1;set --;[ $nu = 0 ]||set -- -o;[ $CK = 1 ]||r groupmod "$@" -g "$gi" "$n";l=$(ge "$n"); };fi
        g=${l#*:*:};o gid "${g%%:*}";fin

        """#

    static let removeGroup = #"""
        [ -z "$(ge "$n")" ]||{ ch=1;if [ $CK = 0 ];then if hv groupdel;then set --;[ $fo = 0 ]||set -- -f;r groupdel "$@" "$n";else r delgroup "$n";fi;fi; }
        fin

        """#

    static let removeUser = #"""
        [ -z "$(pe "$n")" ]||{ ch=1;if [ $CK = 0 ];then set --;if hv userdel;then [ $rm = 0 ]||set -- -r;[ $fo = 0 ]||set -- "$@" -f
        e=$(userdel "$@" "$n" 2>&1);q=$?;[ $q = 0 ]||[ -z "$(pe "$n")" ]||{ o rc $q;die "$e
        "; };o was 1;o err "$e"
        else [ $rm = 0 ]||set -- --remove-home;r deluser "$@" "$n";fi;fi; }
        fin

        """#

    static let user = #"""
        l=$(pe "$n");nw=0
        [ -n "$l" ]||{ ch=1;nw=1;[ $CK = 0 ]||fin; }
        for g in "$@" $gr;do [ -n "$(ge "$g")" ]||grep -q "^[^:]*:[^:]*:$g:" /etc/group||die "Group $g does not exist";done
        if [ $nw = 1 ];then
        gl=;for g in "$@";do gl=$gl,$g;done;gl=${gl#,}
        if hv useradd;then set --
        [ -z "$ui" ]||set -- "$@" -u "$ui";[ $nu = 0 ]||set -- "$@" -o
        if [ -n "$gr" ];then set -- "$@" -g "$gr";elif [ -n "$(ge "$n")" ];then set -- "$@" -N;fi
        [ -z "$gl" ]||set -- "$@" -G "$gl";[ $hc = 0 ]||set -- "$@" -c "$co";[ -z "$ho" ]||set -- "$@" -d "$ho"
        if [ $cr = 1 ];then set -- "$@" -m;[ -z "$sk" ]||set -- "$@" -k "$sk";else set -- "$@" -M;fi
        [ -z "$sh" ]||set -- "$@" -s "$sh";[ $sy = 0 ]||set -- "$@" -r;mk "$@" "$n"
        else set -- -D;[ -z "$ui" ]||set -- "$@" -u "$ui";[ -z "$gr" ]||set -- "$@" -G "$gr";[ $hc = 0 ]||set -- "$@" -g "$co"
        [ -z "$ho" ]||set -- "$@" -h "$ho";[ $cr = 1 ]||set -- "$@" -H;[ -z "$sh" ]||set -- "$@" -s "$sh";[ $sy = 0 ]||set -- "$@" -S
        r adduser "$@" "$n";for g in $(printf %s "$gl"|tr , ' ');do r addgroup "$n" "$g";done;fi
        else
        o was 1;cu=$(printf %s "$l"|cut -d: -f3);cg=$(printf %s "$l"|cut -d: -f4);cc=$(printf %s "$l"|cut -d: -f5);cd_=$(printf %s "$l"|cut -d: -f6);cs=$(printf %s "$l"|cut -d: -f7)
        um(){ ch=1;[ $CK = 1 ]||{ hv usermod||die "could not change user $n: usermod is not on this machine";r usermod "$@" "$n"; }; }
        [ -z "$ui" ]||[ "$ui" = "$cu" ]||{ if [ $nu = 1 ];then um -u "$ui" -o;else um -u "$ui";fi; }
        if [ -n "$gr" ];then g=$(ge "$gr");g=${g#*:*:};g=${g%%:*};[ "${g:-$gr}" = "$cg" ]||um -g "$gr";fi
        [ $hc = 0 ]||[ "$co" = "$cc" ]||um -c "$co"
        [ -z "$ho" ]||[ "$ho" = "$cd_" ]||{ if [ $mv = 1 ];then um -d "$ho" -m;else um -d "$ho";fi; }
        [ -z "$sh" ]||[ "$sh" = "$cs" ]||um -s "$sh"
        if [ $gs = 1 ];then pg=$(id -gn "$n" 2>/dev/null);hg=$(id -Gn "$n" 2>/dev/null)
        ms=0;for g in "$@";do case " $hg " in *" $g "*);;*)ms=1;;esac;done
        ov=0;[ $ap = 1 ]||for g in $hg;do [ "$g" = "$pg" ]||{ in=0;for w in "$@";do [ "$w" != "$g" ]||in=1;done;[ $in = 1 ]||ov=1; };done
        if [ $ms$ov != 00 ];then gl=;for g in "$@";do gl=$gl,$g;done;gl=${gl#,}
        if hv usermod;then if [ $ap = 1 ];then um -a -G "$gl";else um -G "$gl";fi
        else ch=1;[ $CK = 1 ]||for g in "$@";do r addgroup "$n" "$g";done;fi;fi;fi
        if [ $cr = 1 ]&&[ -n "${ho:-$cd_}" ]&&[ ! -e "${ho:-$cd_}" ];then ch=1;if [ $CK = 0 ];then h=${ho:-$cd_}
        k=${sk:-/etc/skel};r mkdir -p "$h";[ ! -d "$k" ]||cp -R "$k/." "$h";chmod 755 "$h";chown -R "$n:$cg" "$h";fi;fi
        fi
        if [ $hp = 1 ]&&[ $nw$al != 00 ];then c=$(getent shadow "$n" 2>/dev/null||grep "^$n:" /etc/shadow 2>/dev/null);c=${c#*:};c=${c%%:*}
        [ "${c#!}" = "$pw" ]||[ "$c" = "$pw" ]||{ ch=1;[ $CK = 1 ]||e=$(printf '%s:%s\n' "$n" "$pw"|chpasswd -e 2>&1)||die "could not set the password of $n: $e"; };fi
        if [ -n "$lk" ];then c=$(getent shadow "$n" 2>/dev/null);c=${c#*:};case $c in !*)k=1;;*)k=0;;esac
        [ $k = $lk ]||{ ch=1;if [ $CK = 0 ];then if [ $lk = 1 ];then r passwd -l "$n";else r passwd -u "$n";fi;fi; };fi
        if [ -n "$ex" ];then c=$(getent shadow "$n" 2>/dev/null|cut -d: -f8);[ "${c:--1}" = "$ex" ]||{ ch=1;w=$ex;[ "$w" != -1 ]||w=;[ $CK = 1 ]||r usermod -e "$w" "$n"; };fi
        ag(){ [ -z "$3" ]||{ c=$(getent shadow "$n" 2>/dev/null|cut -d: -f$2);[ "${c:--1}" = "$3" ]||{ ch=1;[ $CK = 1 ]||r chage $1 "$3" "$n"; }; }; }
        ag -M 5 "$px";ag -m 4 "$pm";ag -W 6 "$pn";ag -I 7 "$pi"
        l=$(pe "$n");h=$(printf %s "$l"|cut -d: -f6)
        if [ $kg = 1 ];then case $kf in /*)f=$kf;;*)f=$h/$kf;;esac
        [ -f "$f" ]||ch=1;if [ ! -f "$f" ]&&[ $CK = 0 ];then d=${f%/*};[ -d "$d" ]||{ mkdir -p "$d"&&chmod 700 "$d"&&chown "$n:" "$d"; }
        set -- -q -t "$kt" -N "" -f "$f" -C "${kc:-ansible-generated on $(uname -n)}";[ -z "$kb" ]||set -- "$@" -b "$kb"
        r ssh-keygen "$@";chown "$n:" "$f" "$f.pub";fi
        o ssh_key_file "$f";[ ! -f "$f.pub" ]||o ssh_public_key "$(cat "$f.pub")";fi
        o uid "$(printf %s "$l"|cut -d: -f3)";o group "$(printf %s "$l"|cut -d: -f4)";o comment "$(printf %s "$l"|cut -d: -f5)";o home "$h";o shell "$(printf %s "$l"|cut -d: -f7)";fin

        """#
}
