import ContextualizationAPI
import Jinja
import Modules
import Support

/// A task of the steps `basic` and `main`: an own program, as root.
struct BuiltInTask: Sendable {
    var path: String
    var name: String
    /// What it is called in events.
    var module: String
    var script: String
    var files: [String: [UInt8]] = [:]
    /// A failure is a message, not an error.
    var isOptional = false
    /// Texts that must not be seen.
    var secrets: [String] = []
    var timeout: Duration = .seconds(900)

    var invocation: ModuleInvocation {
        ModuleInvocation(script: script, files: files) { output in
            .finish(ModuleResult(records: Records(output.standardOutput), output: output))
        }
    }
}

/// Shell functions that built-in tasks share; the same records as those of modules.
enum BuiltInShell {
    static let prologue = #"""
        LC_ALL=C;export LC_ALL;PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin;ch=0
        o(){ printf '\036%s\037%s' "$1" "$2"; }
        die(){ o failed 1;o msg "$1";o end 1;exit 0; }
        fin(){ [ $# = 0 ]||o msg "$1";o changed $ch;o end 1;exit 0; }
        hv(){ command -v "$1" >/dev/null 2>&1; }
        put(){ t=$2.gantry.$$;{ cat "$1" >"$t"&&chmod "$3" "$t"&&mv -f "$t" "$2"; } 2>/dev/null||{ rm -f "$t";e=$({ cat "$1" >"$2"; } 2>&1)||die "could not write $2: $e"; };ch=1; }

        """#
}
