import ContextualizationAPI
import Jinja

/// `copy` with `remote_src`: both ends are on the machine.
enum RemoteCopy {
    static func step(
        _ arguments: ModuleArguments, _ context: ModuleContext, source: String, destination: String
    ) throws(ModuleError) -> ModuleStep {
        let attributes = try FileParameterValues(arguments)
        let name = ShellText.quote(source.split(separator: "/").last.map(String.init) ?? "")
        let directoryMode = try arguments.string("directory_mode").map { text throws(ModuleError) in
            try FileMode(text)
        }
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode, wantsDifference: context.wantsDifference)
            + attributes.shell.replacing("nm(){", with: "n0(){") + Self.mode
            + (try ShellLibrary.write(
                validate: arguments.string("validate"), backup: arguments.bool("backup") ?? false,
                tellsOutput: true))
            + ShellLibrary.checksum + DirectoryPlacement.ownership + DirectoryPlacement.folders(mode: directoryMode)
                + """
                s0=\(ShellText.path(source));d0=\(ShellText.path(destination));n=\(name);q=
                F=\(arguments.bool("force") ?? true ? 1 : 0);L=\(arguments.bool("local_follow") == true ? "-L" : "")
                pm(){ \(attributes.preservesMode ? "q=$s0" : ":"); }

                """ + body
        return .run(
            ModuleInvocation(script: script, reads: [source, destination], writes: [destination]) { output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                if !result.failed {
                    result.addDifference(records)
                    if records.flag("tree") {
                        for key in ["checksum", "md5sum"] { result[key] = JinjaValue.none }
                    }
                }
                for key in ["path", "tree"] { result[key] = nil }
                return .finish(result)
            })
    }

    /// The mode of what is copied is that of `q`, where there is one.
    private static let mode = #"""
        nm(){ case $q in '')n0 "$@";;*)stat -Lc %a "$q";;esac; }

        """#

    /// A folder goes with its name into one that is there, or whose name ends with a slash. What is new in it gets the modes
    /// of the source; the mode of the task is for the destination alone, and its owner for all below it.
    private static let body = #"""
        [ -e "$s0" ]||die "Source $s0 not found"
        [ -r "$s0" ]||die "Source $s0 not readable"
        case $d0 in */)mf "$d0";;esac
        K=0;[ ! -d "$s0" ]||K=1
        N=$n;case $K$s0 in 1*/)N=;;*)case $d0 in */)d0=$d0$n;N=;;*)[ ! -d "$d0" ]||{ d0=$d0/$n;N=; };;esac;;esac
        p=${d0%/};f=${p%/*};[ -n "$f" ]||f=/;case $p in */*);;*)f=.;;esac
        [ -d "$f" ]||[ $CK = 1 ]||die "Destination directory $f does not exist"
        if [ $F = 0 ]&&[ -e "$d0" ];then o msg "file already exists";o src "$s0";o dest "$d0";rs "$d0";fin;fi
        if [ $K = 1 ];then
        d1=$d0${N:+/$N}
        s1=${s0%/};[ -n "$s1" ]||s1=/;nl=;set -f;IFS='
        ';for f in $(cd "$s1"&&find $L . -type d);do unset IFS;f=${f#.}
        [ -d "$d1$f" ]||{ ch=1;[ $CK = 1 ]||{ e=$(mkdir -p "$d1$f" 2>&1)||die "could not make $d1$f: $e";nl="/$f
        $nl"; }; };done;IFS='
        ';for f in $(cd "$s1"&&find $L . ! -type d);do unset IFS;q=$s1${f#.};d=$d1${f#.}
        if [ -h "$q" ]&&{ [ -z "$L" ]||[ ! -e "$q" ]; };then
        [ -e "$d" ]||[ -h "$d" ]||{ ch=1;[ $CK = 1 ]||e=$(ln -s -- "$(readlink "$q")" "$d" 2>&1)||die "could not link $d: $e"; }
        elif [ ! -f "$q" ]||{ [ -f "$d" ]&&cmp -s "$q" "$d"; };then :
        else df before "$d";df after "$q";[ $CK = 1 ]||wr "$q" "$d";ch=1;fi;done;IFS='
        ';for f in $nl;do unset IFS;e=$(chmod "0000$(stat -Lc %a "$s1$f")" "$d1$f" 2>&1)||die "chmod failed: $e";done
        if [ -n "$ow$gr" ]&&[ -e "$d0" ];then IFS='
        ';for f in $(find "$d0");do unset IFS;ho "$f";done;fi;unset IFS;set +f;q=
        pm;[ ! -e "$d0" ]||at "$d0";o tree 1;o dest "$d0";rs "$d0";o src "$s0";fin;fi
        pm;d=$d0
        if [ -f "$d" ]&&cmp -s "$s0" "$d";then at "$d"
        else [ -w "${f:-/}" ]||[ $CK = 1 ]||die "Destination $f not writable";df before "$d";df after "$s0";[ $CK = 1 ]||wr "$s0" "$d";ch=1;fi
        sum "$s0";o checksum "$x";md "$s0";o dest "$d0";rs "$d0";o src "$s0";fin

        """#
}
