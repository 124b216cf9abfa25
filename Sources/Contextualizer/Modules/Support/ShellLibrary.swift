/// Shell functions that modules put before their own text. Kept terse: they travel with every task.
///
/// They run under dash, busybox `ash` and any other POSIX shell; beyond POSIX they use `stat -c`, which coreutils,
/// busybox and toybox have. Variables that they change: `d s e t u x V B D m` and those that begin with `z`. Others: `ch`
/// changed, `CK` check mode, `DF` difference wanted, `ow` and `gr` wanted owner.
enum ShellLibrary {
    /// Records, failure and end: ``Records`` reads them. `o KEY VALUE` keeps a record, `fl` prints what is kept: each print
    /// is a packet over the network.
    static func prologue(isCheckMode: Bool, wantsDifference: Bool = false) -> String {
        #"""
        \#(surroundings)ch=0;t=;CK=\#(isCheckMode ? 1 : 0);DF=\#(wantsDifference ? 1 : 0);B=
        \#(records)
        die(){ o failed 1;o msg "$1";o end 1;fl;exit 0; }
        fin(){ o changed $ch;o end 1;fl;exit 0; }
        trap '[ -z "$t" ]||rm -f "$t" 2>/dev/null;fl' 0

        """#
    }

    /// The task's `environment` may name what the shell itself goes by: words are split and tools are found in any case.
    static let surroundings =
        "unset IFS;LC_ALL=C;export LC_ALL;PATH=${PATH:+$PATH:}\(toolFolders);"

    /// Where the tools of a machine are, whatever else is looked through.
    static let toolFolders = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// `o` and `fl`, which use the variables `B` and `V`. A value cannot hold the separators: they become `?`.
    static let records =
        "o(){ V=$2;case $V in *[\u{1e}\u{1f}]*)V=$(printf %s \"$V\"|tr '\\036\\037' '??');;esac;"
        + "B=\"$B\u{1e}$1\u{1f}$V\"; }\nfl(){ [ -z \"$B\" ]||printf %s \"$B\";B=; }"

    /// `hv PROGRAM` tells whether the machine has it.
    static let has = #"hv(){ command -v "$1" >/dev/null 2>&1; }"#

    /// `ac PATH` tells whether it can be known that nothing is at a path: else `zr` is why not, in the words of Python.
    static let access = #"""
        ac(){ zq=${1%/};while case $zq in */?*):;;*)false;;esac;do zq=${zq%/*};zq=${zq:-/};[ -e "$zq" ]||continue
        [ -d "$zq" ]||{ zr="Not a directory";return 1; };[ -x "$zq" ]||{ zr="Permission denied";return 1; };return 0;done; }

        """#

    /// `at PATH` makes owner, group and mode of a path what is wanted; `rs PATH` reports them.
    ///
    /// A new owner takes setuid and setgid away: they stay away where no mode says otherwise. The zeros before the mode: with fewer than five digits GNU's `chmod` leaves setuid and setgid of a folder alone.
    static func attributes(owner: String?, group: String?, mode: FileMode?) -> String {
        let modeFunction =
            mode.map { "nm(){ m=0$1;D=$2;\($0.shellArithmetic);printf %o \"$m\"; }" } ?? "nm(){ printf %s \"$1\"; }"
        return """
            ow=\(ShellText.quote(owner ?? ""));gr=\(ShellText.quote(group ?? ""))
            \(modeFunction)

            """ + attributeFunctions
    }

    /// Makes `at` keep the flags of `chattr`, too; those of a file that is written are set when it lies in its place. Put
    /// behind ``attributes(owner:group:mode:)``.
    static func flags(_ wanted: String) -> String {
        "aw=\(ShellText.quote(wanted));cq=\n"
            + attributeFunctions
            .replacing("[ $zc = 0 ]||ch=1; }", with: "[ $zc = 0 ]||ch=1;ca \"$zp\"; }") + flagFunctions
    }

    /// Makes `at` tell what it changes: `chg` with mode, owner and group by number before and after, and the path. Put behind
    /// ``attributes(owner:group:mode:)``.
    static func changes(in shell: String) -> String {
        shell.replacing("[ $zc = 0 ]||ch=1;", with: "[ $zc = 0 ]||{ ch=1;tc \"$@\"; };") + #"""
            tc(){ zu=$2;zg=$3;[ -z "$ow" ]||zu=$(id -u "$ow" 2>/dev/null||printf %s "$ow")
            [ -z "$gr" ]||{ zg=$(getent group "$gr" 2>/dev/null||grep "^$gr:" /etc/group 2>/dev/null);zg=${zg#*:*:};zg=${zg%%:*};[ -n "$zg" ]||zg=$gr; }
            o chg "$1 $2 $3 $zn $zu $zg $zp"; }

            """#
    }

    private static let flagFunctions = #"""
        ca(){ case $1 in "$t")cq=${d:-$1};return;;esac
        command -v chattr >/dev/null 2>&1||die "chattr is not on this machine: attributes cannot be set"
        zf=$(lsattr -d "$1" 2>/dev/null);zf=$(printf %s "${zf%% *}"|tr -d -);case $aw in [-+=]*)zw=${aw#?};zo=${aw%"$zw"};;*)zw=$aw;zo='=';;esac
        zc=0;zx=$zw;while [ -n "$zx" ];do zr=${zx#?};case $zo$zf in -*"${zx%"$zr"}"*)zc=1;;-*);;*"${zx%"$zr"}"*);;*)zc=1;;esac;zx=$zr;done
        if [ "$zo" = "=" ];then zx=$zf;while [ -n "$zx" ];do zr=${zx#?};case e$zw in *"${zx%"$zr"}"*);;*)zc=1;;esac;zx=$zr;done;case $zf$zw in *e*e*);;*e*)zw=${zw}e;;esac;fi
        [ $zc = 0 ]||{ ch=1;[ $CK = 1 ]||e=$(chattr "$zo$zw" "$1" 2>&1)||die "chattr failed: $e"; }; }
        fin(){ [ -z "$cq" ]||ca "$cq";o changed $ch;o end 1;fl;exit 0; }

        """#

    private static let attributeFunctions = #"""
        at(){ s=$(stat -Lc '%a %u %g %U %G %F' "$1" 2>&1)||die "could not read the attributes of $1: $s"
        zp=$1;set -- $s;zc=0;D=0;[ "$6" != directory ]||D=1
        if [ -n "$ow" ]&&[ "$ow" != "$2" ]&&[ "$ow" != "$4" ];then zc=1;id -u "$ow" >/dev/null 2>&1||case $ow in *[!0-9]*)dz "chown failed: failed to look up user $ow";;esac
        [ $CK = 1 ]||e=$(chown "$ow" "$zp" 2>&1)||dz "chown failed: $e";fi
        if [ -n "$gr" ]&&[ "$gr" != "$3" ]&&[ "$gr" != "$5" ];then zc=1;case $gr in *[!0-9]*)gl "$gr"||dz "chgrp failed: failed to look up group $gr";;esac
        [ $CK = 1 ]||e=$(chgrp "$gr" "$zp" 2>&1)||dz "chgrp failed: $e";fi
        za=$1;[ $zc$CK != 10 ]||za=$(stat -Lc %a "$zp");zn=$(nm $za $D)
        if [ "$zn" != "$za" ];then zc=1;[ $CK = 1 ]||e=$(chmod "0000$zn" "$zp" 2>&1)||dz "chmod failed: $e";fi
        [ $zc = 0 ]||ch=1; }
        dz(){ [ "$zp" = "$t" ]||rs "$zp";die "$1"; }
        gl(){ getent group "$1" >/dev/null 2>&1||grep -q "^$1:" /etc/group 2>/dev/null; }
        rs(){ s=$(stat -c '%a %u %g %U %G %s %F' "$1" 2>/dev/null)&&o stat "$s";o path "$1"; }

        """#

    /// `wr SOURCE DESTINATION` puts content in place atomically: written beside it with no rights for others, then given
    /// the old or wanted owner and mode, checked by `va`, renamed. A file that cannot be replaced (a mount point) is
    /// written in place. `tn` names the file beside it in `t`, `pl` puts that in place of `d`. Needs ``attributes(owner:group:mode:)``.
    /// `tn` removes what writers left behind that are no more, and nothing of those that are at work.
    /// `cf` may be defined anew: it is the last that is done before the file is replaced, and may end the program.
    ///
    /// - Parameters:
    ///   - validate: a command with `%s` that must accept the content.
    ///   - tellsOutput: whether its output is answered by itself, as `copy` and `template` do, and not in the message.
    static func write(
        validate: String? = nil, backup: Bool = false, tellsOutput: Bool = false
    ) throws(ModuleError) -> String {
        var check = ":"
        if let validate {
            guard validate.contains("%s") else {
                throw ModuleError(code: .invalidArgument, message: "validate must contain %s: \(validate)")
            }
            var words: [String] = []
            for word in try CommandLine.split(validate) {
                words.append(
                    word.split(separator: "%s", omittingEmptySubsequences: false)
                        .map { ShellText.quote(String($0)) }.map { $0 == "''" ? "" : $0 }
                        .joined(separator: "\"$t\""))
            }
            let command = words.joined(separator: " ")
            check =
                tellsOutput
                ? #"e=$(\#(command) 2>"$GANTRY_FILES/ve";zr=$?;printf .;exit $zr)||{ o exit_status $?;o stdout "${e%.}";"#
                    + #"e=$(cat "$GANTRY_FILES/ve";printf .);o stderr "${e%.}";die "failed to validate"; }"#
                : "e=$(\(command) 2>&1 >/dev/null)||die \"failed to validate: rc:$? error:$e\""
        }
        let keep =
            backup
            ? #"[ ! -e "$d" ]||{ b=$d.$$.$(date +%Y-%m-%d@%H:%M:%S)~;cp -p "$d" "$b"||die "could not make a backup of $d";o backup_file "$b"; }"#
            : ":"
        return """
            va(){ \(check); }
            bk(){ \(keep); }
            cf(){ :; }

            """ + writeFunction
    }

    private static let writeFunction = #"""
        wr(){ case $2 in */*)d=$2;;*)d=./$2;;esac
        [ ! -d "$d" ]||die "can not overwrite directory $d with a file"
        tn;u=$(umask);umask 077
        e=$({ cat "$1" >"$t"; } 2>&1)||die "could not write $d: $e"
        umask "$u";pl; }
        tn(){ for zl in "${d%/*}/.gantry.${d##*/}."*;do zr=${zl##*.};case $zr in *[!0-9]*)continue;;esac
        [ "$zr" != $$ ]&&{ kill -0 "$zr"||[ -d "/proc/$zr" ]; } 2>/dev/null||rm -f "$zl";done;t=${d%/*}/.gantry.${d##*/}.$$; }
        pl(){ u=$(umask);if s=$(stat -Lc '%a %u %g' "$d" 2>/dev/null);then set -- $s;chown "$2:$3" "$t" 2>/dev/null;chmod "$1" "$t"
        else chmod "$(printf %o $((0666&~u)))" "$t";fi
        zo=$ch;ch=0;at "$t";[ $ch = 0 ]||o attr 1;ch=$zo;va;cf;bk
        mv -f "$t" "$d" 2>/dev/null||e=$({ cat "$t" >"$d"; } 2>&1)||die "could not replace $d: $e"
        rm -f "$t";t=;[ ! -d /sys/fs/selinux/booleans ]||restorecon "$d" 2>/dev/null;ch=1; }
        df(){ [ $DF = 0 ]||[ "$(wc -c <"$2" 2>/dev/null||echo 0)" -gt 104448 ]||{ o "$1";fl;[ ! -f "$2" ]||tr '\036\037' '??' <"$2"; }; }

        """#

    /// `sum PATH` sets `x` to the SHA-1 of a file, or to nothing; `md PATH` reports its MD5 where the machine allows that.
    static let checksum = #"""
        sum(){ x=$(sha1sum <"$1" 2>/dev/null);x=${x%% *}; }
        md(){ y=$(md5sum <"$1" 2>/dev/null)&&o md5sum "${y%% *}"; }

        """#
}
