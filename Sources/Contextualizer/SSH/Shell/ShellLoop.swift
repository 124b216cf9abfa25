/// The text of the loop that runs in the remote `sh` and carries out requests of ``ShellProtocol``.
///
/// It is written for dash, bash, busybox ash and other POSIX shells. It reads requests with the builtin `read`, which takes
/// byte after byte and so leaves what follows to `dd`; a shell that read its script from standard input would read ahead.
/// Programs run in a background subshell while the loop keeps reading: it can be told to kill the program, and when the
/// connection ends it reads end of file, kills the program, removes its files and exits.
enum ShellLoop {
    /// What the login shell of the user is given as command. Holds no character that csh or fish would interpret inside
    /// single quotes, and reads the rest from the stream.
    static let bootstrap = "exec /bin/sh -c '\(reader)'"

    /// The program of the first `sh`: one line is read and run.
    static let reader = #"IFS= read -r x; eval "$x""#

    /// Goes to the user's home.
    static let goHome = "cd 2>/dev/null || cd /; "

    /// Stays in the login user's home, where the new user may read it.
    private static let stay = "[ -r . ] && [ -x . ] || \(goHome)"

    /// The loop in one line, with the end of line. `nonce` is printed when it is ready.
    static func text(nonce: String, isEscalated: Bool = false) -> [UInt8] {
        Array((isEscalated ? stay : goHome).utf8) + parts.beforeNonce + nonce.utf8 + parts.afterNonce
    }

    // Bytes, and only once: each connection sends it.
    private static let parts = {
        let lines = source.utf8.split(separator: UInt8(ascii: "\n")).map { $0.drop { $0 == UInt8(ascii: " ") } }
        let line = Array(lines.joined(separator: " ".utf8)) + Array("\n".utf8)
        let place = Array("@NONCE@".utf8)
        let offset = line.firstPlace(of: place) ?? line.endIndex
        return (beforeNonce: Array(line[..<offset]), afterNonce: Array(line[offset...].dropFirst(place.count)))
    }()

    // Every line can be joined to the next by a blank. Names begin with _g so that programs, which run in a subshell,
    // meet none of theirs.
    //
    // _gn nonce of the request; _gd private folder; _gi standard input; _gp program; _gj process of the supervisor;
    // _gm 1 where each job gets its own process group; _gb 1 where dd reads full blocks; _gl a newline; _gu umask.
    //
    // A shell of its own stands between the program and the supervisor: a command that kills its parent, also one that
    // took the program's place by `exec`, ends that shell and not who answers. What it says of signals is dropped.
    //
    // The loop outlives a connection that breaks while it answers (PIPE), since it removes the program's folder.
    //
    // _ge ends a response; _gq fails a request for want of room; _gv finds out about dd; _gw copies N bytes;
    // _gz writes a file; _gy makes the folder; _gr runs the program; _gk signals all descendants of the supervisor.
    private static let source = #"""
        exec 3>&1 4>&2 >/dev/null 2>&1;
        unset x;
        _gn=@NONCE@; _gd=; _gi=/dev/null; _gp=; _gj=; _gm=0; _gb=; _gu=$(umask);
        _gl=$(printf '\n.'); _gl=${_gl%.};
        trap : PIPE;
        set -m; case $- in *m*) _gm=1;; esac;
        _ge() {
        printf ']%s %s\n' "$_gn" "$1" >&3; printf ']%s\n' "$_gn" >&4;
        };
        _go() {
        printf '[%s\n' "$_gn" >&3; printf '[%s\n' "$_gn" >&4;
        };
        _gq() {
        _go; {
        printf '%s\n' "$_gd";
        LC_ALL=C dd if=/dev/zero of="$_gd/.probe" bs=65536 count=1 2>&1;
        LC_ALL=C df -Pk "${_gd%/*}" 2>&1;
        } >&3;
        rm -rf "$_gd"; _ge F; exit 1;
        };
        _gv() {
        [ -n "$_gb" ] || { _gb=0; case $(printf ab | dd bs=2 count=1 iflag=fullblock) in ab) _gb=1;; esac; };
        };
        _gw() {
        case $_gb in
        0) [ "$1" = 0 ] || dd bs=1 count="$1" || return 1;;
        *) [ "$1" -lt 65536 ] || dd bs=65536 count=$(($1 / 65536)) iflag=fullblock || return 1;
        [ $(($1 % 65536)) = 0 ] || dd bs=$(($1 % 65536)) count=1 iflag=fullblock || return 1;;
        esac;
        };
        _gz() {
        _gv; umask 077; { _gw "$1" >"$2"; } || _gq; umask "$_gu";
        };
        _gy() {
        for _gt in "${TMPDIR:-/tmp}" /tmp /var/tmp "$HOME"; do
        _gd=$_gt/gantry-$_gn; if mkdir -m 700 "$_gd"; then return; fi;
        done;
        _gd=${TMPDIR:-/tmp}/gantry-$_gn; _gq;
        };
        _gr() {
        set --; _go;
        { trap : TERM;
        ( trap - TERM; set +m; case $_gd in ?*) GANTRY_FILES=$_gd; export GANTRY_FILES;; esac; ( eval "$_gp" ) 2>&4 3>&- 4>&-; exit )
        <"$_gi" >&3;
        _gs=$?; case $_gd in ?*) rm -rf "$_gd";; esac; _ge "$_gs";
        } &
        _gj=$!; _gp=;
        };
        _gk() {
        _gs=$1; _gt=;
        if [ -r "/proc/$$/stat" ]; then
        for _gf in /proc/[0-9]*/stat; do
        if IFS= read -r _gh <"$_gf"; then _gf=${_gf#/proc/}; set -- ${_gh##*") "}; _gt="$_gt ${_gf%/stat} $2"; fi;
        done;
        else _gt=$(ps -A -o pid= -o ppid=); fi;
        _gf=" $_gj "; _ga=1;
        while [ "$_ga" = 1 ]; do
        _ga=0; set -- $_gt;
        while [ $# -gt 1 ]; do
        case $_gf in *" $2 "*) case $_gf in *" $1 "*) ;; *) _gf="$_gf$1 "; _ga=1;; esac;; esac; shift 2;
        done; done;
        [ "$_gm" = 0 ] || [ "$_gs" = KILL ] || kill -s "$_gs" -- "-$_gj";
        set -- ${_gf#" $_gj "}; [ $# = 0 ] || kill -s "$_gs" "$@";
        };
        printf 'H%s\n' "$_gn" >&3;
        while IFS= read -r _gh; do
        case $_gh in
        N*) case $_gj in ?*) wait "$_gj";; esac; _gj=; _gn=${_gh#N }; _gd=; _gi=/dev/null; _gp=;;
        D) _gy;;
        F*) _gh=${_gh#F }; _gz "${_gh%% *}" "$_gd/${_gh#* }";;
        I*) _gi=$_gd/.gantry-stdin; _gz "${_gh#I }" "$_gi";;
        B*) _gv; _gp=$(_gw "${_gh#B }"; echo .); _gp=${_gp%.}; _gr;;
        S) while IFS= read -r _gh; do [ "$_gh" != "$_gn" ] || break; _gp=$_gp$_gh$_gl; done; _gr;;
        K*) _gk "${_gh#K }";;
        Q) case $_gj in ?*) wait "$_gj";; esac; exit 0;;
        esac;
        done;
        case $_gj in
        '') ;;
        *) sleep 0.1 || sleep 1;
        if kill -0 "$_gj"; then
        _gk TERM; _gs=0;
        while kill -0 "$_gj" && [ "$_gs" -lt 10 ]; do sleep 0.2 || sleep 1; _gs=$(($_gs + 1)); done;
        if kill -0 "$_gj"; then _gk KILL; fi; wait "$_gj";
        fi;;
        esac;
        case $_gd in ?*) rm -rf "$_gd";; esac
        """#
}
