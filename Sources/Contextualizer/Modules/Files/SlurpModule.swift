import ContextualizationAPI
import Foundation
import Jinja

/// `slurp`: the content of a file in Base64.
package enum SlurpModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "slurp", summary: "Answers the content of a file in Base64.",
        parameters: [ModuleParameter("src", .path, aliases: ["path"], required: true, "The file.")])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let path = arguments.string("src") ?? ""
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + ShellLibrary.access + """
                p=\(ShellText.path(path))
                [ -e "$p" ]||{ ac "$p"||[ "$zr" != "Permission denied" ]||die "File is not readable: $p";die "File not found: $p"; }
                [ ! -d "$p" ]||die "Source is a directory and must be a file: $p"
                [ -r "$p" ]||die "File is not readable: $p"
                o source "$p";o content;fl;cat "$p"

                """
        return .run(
            ModuleInvocation(script: script, reads: [path]) { output in
                let (head, content) = TextEdit.split(output.standardOutput, at: Array("\u{1e}content\u{1f}".utf8))
                let records = Records(head)
                guard let content, !records.flag("failed"), output.status == 0 else {
                    return .finish(ModuleResult(records: records, output: output))
                }
                if output.truncated { return .finish(.failure("\(path) is too large (more than the output limit)")) }
                return .finish(
                    ModuleResult(values: [
                        "content": .string(Data(content).base64EncodedString()), "encoding": "base64",
                        "source": .string(records["source"] ?? path),
                    ]))
            })
    }
}

/// `tempfile`: a new file or folder that nobody else can guess.
package enum TempfileModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "tempfile", summary: "Makes a temporary file or folder.",
        parameters: [
            ModuleParameter("state", .string, choices: ["directory", "file"], default: "file", "Which."),
            ModuleParameter("path", .path, "Where; by default the machine's folder for temporary files."),
            ModuleParameter("prefix", .string, default: "ansible.", "How the name begins."),
            ModuleParameter("suffix", .string, default: "", "How it ends."),
        ], supportsCheckMode: false)

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        // The first folder that can be used, as the variables may name one that is not there.
        let usual = #"for p in "$TMPDIR" "$TEMP" "$TMP" /tmp /var/tmp;do [ ! -d "$p" ]||[ ! -w "$p" ]||break;done"#
        let folder = arguments.string("path").map { "p=" + ShellText.path($0) } ?? usual
        let isFolder = arguments.string("state") == "directory"
        for key in ["prefix", "suffix"] where arguments.string(key)?.contains("/") == true {
            throw ModuleError(code: .invalidArgument, message: "\(key) must not hold a slash")
        }
        let script =
            ShellLibrary.prologue(isCheckMode: false) + """
                \(folder);p=${p%/};[ -d "$p" ]||die "No such file or directory: '$p'"
                umask 077;set -C;i=0
                while :;do r=$(od -An -N6 -tx1 /dev/urandom|tr -d ' \\n');f=$p/\(ShellText.quote(arguments.string("prefix") ?? ""))${r}\(ShellText.quote(arguments.string("suffix") ?? ""))
                \(isFolder ? "e=$(mkdir \"$f\" 2>&1)" : "e=$({ : >\"$f\"; } 2>&1)")&&break
                i=$((i+1));[ $i -lt 20 ]||die "could not make a temporary \(isFolder ? "folder" : "file"): $e";done
                ch=1;o path "$f";s=$(stat -c '%a %u %g %U %G %s %F' "$f")&&o stat "$s";fin

                """
        return .run(
            ModuleInvocation(script: script, writes: ["*"]) { output in
                .finish(ModuleResult(records: Records(output.standardOutput), output: output))
            })
    }
}
