import Modules

/// Marks on the machine which program of a run is at work, so that a controller that takes over knows what the dead one
/// left behind.
///
/// Each program writes its process id, the start time of that process into a
/// file of its own user. A process of that id with another start time is somebody else's.
struct RunLock: Sendable {
    private let name: String

    /// - Parameter id: The run's id; what is no letter or digit is replaced.
    init(id: String) {
        name = "gantry-run-" + String(id.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }.prefix(80))
    }

    private var file: String { "g=/run;[ -w /run ]||g=$HOME;g=$g/.\(name)" }

    /// Shell text before each program. Costs no process: the shell reads its own `/proc/self/stat`.
    var prefix: String {
        """
        \(file);read -r p r 2>/dev/null </proc/self/stat&&{ r=${r##*) };set -- $r;echo "$p ${20}" 2>/dev/null >"$g"; };set --

        """
    }

    /// Takes the mark away at the end of a run.
    var removing: String { "\(file);rm -f \"$g\"\n" }

    /// Waits until the program of an earlier controller has ended, and kills it with its children after `patience`.
    /// Prints a line when there was one.
    func clearing(patience: Duration) -> String {
        """
        \(file)
        [ -r "$g" ]||exit 0
        read -r q t <"$g"||exit 0
        up(){ [ -r "/proc/$q/stat" ]||return 1;r=$(cat "/proc/$q/stat" 2>/dev/null)||return 1;r=${r##*) };set -- $r;[ "${20}" = "$t" ]&&[ "$1" != Z ]; }
        read -r me r </proc/self/stat
        [ "$q" != "$me" ]||exit 0
        up||{ rm -f "$g";exit 0; }
        n=0
        while up;do
        [ $n -lt \(patience.rounded) ]||{
        l=$q;c=$q
        while [ -n "$c" ];do d=
        for f in /proc/[0-9]*/stat;do r=$(cat "$f" 2>/dev/null)||continue;p=${r%% *};r=${r##*) };set -- $r
        for i in $c;do [ "$2" != "$i" ]||d="$d $p";done;done
        l="$l $d";c=$d;done
        kill $l 2>/dev/null;sleep 2;kill -9 $l 2>/dev/null
        echo "ended the program of an interrupted run, process $q";rm -f "$g";exit 0; }
        sleep 1;n=$((n+1));done
        echo "waited $n s for the program of an interrupted run, process $q";rm -f "$g"

        """
    }
}
