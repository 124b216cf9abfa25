import ContextualizationAPI
import Jinja

/// `assemble`: one file out of the files of a folder.
package enum AssembleModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "assemble", summary: "Puts the files of a folder together into one.",
        parameters: FileParameters.all + [
            ModuleParameter("src", .path, required: true, "The folder, on the machine."),
            ModuleParameter("dest", .path, required: true, "The file."),
            ModuleParameter("delimiter", .string, "A text between the parts."),
            ModuleParameter("regexp", .string, "Which names."),
            ModuleParameter("ignore_hidden", .boolean, default: false, "Without names that begin with a dot."),
            ModuleParameter("remote_src", .boolean, default: true, "False is refused: `src` is on the machine."),
            ModuleParameter("backup", .boolean, default: false, "Keep the old file."),
            ModuleParameter("validate", .string, "Command with %s that must accept the new file."),
            ModuleParameter("decrypt", .boolean, default: true, "Says nothing of a folder on the machine."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        if arguments.bool("remote_src") == false {
            throw ModuleError(
                code: .invalidArgument, message: "assemble: remote_src: no is not supported; copy the folder first")
        }
        var delimiter = arguments.string("delimiter") ?? ""
        delimiter = delimiter.replacing("\\n", with: "\n")
        if !delimiter.isEmpty, !delimiter.hasSuffix("\n") { delimiter += "\n" }
        let expression = try arguments.string("regexp").map { text throws(ModuleError) in
            try PythonPattern.extendedExpression(of: text)
        }
        let filter = expression.map { "|grep -E -e \(ShellText.quote($0))" } ?? ""
        let hidden = arguments.bool("ignore_hidden") == true ? "|grep -v '^[.]'" : ""
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode, wantsDifference: context.wantsDifference)
            + (try FileParameterValues(arguments)).shell
            + (try ShellLibrary.write(
                validate: arguments.string("validate"), backup: arguments.bool("backup") ?? false))
            + ShellLibrary.checksum + """
                s0=\(ShellText.path(arguments.string("src") ?? ""));d=\(ShellText.path(arguments.string("dest") ?? ""))
                [ -e "$s0" ]||die "Source ($s0) does not exist";[ -d "$s0" ]||die "Source ($s0) is not a directory"
                [ -r "$s0" ]&&[ -x "$s0" ]||die "Task failed: Module failed: [Errno 13] Permission denied: '$s0'"
                c_=$GANTRY_FILES/c;: >"$c_";n_=0;set -f;IFS='
                ';for f in $(ls -A "$s0"\(hidden)\(filter));do unset IFS;[ -f "$s0/$f" ]||continue
                if [ $n_ = 1 ];then [ -z "$(tail -c 1 "$c_")" ]||echo >>"$c_";\(delimiter.isEmpty ? ":" : "cat \"$GANTRY_FILES/delimiter\" >>\"$c_\"");fi
                cat "$s0/$f" >>"$c_"||die "could not read $s0/$f";n_=1;done;unset IFS;set +f
                sum "$c_";y_=$x;sum "$d";if [ -f "$d" ]&&[ "$x" = "$y_" ];then at "$d";else df before "$d";df after "$c_";[ $CK = 1 ]||wr "$c_" "$d";ch=1;fi
                o checksum "$y_";o msg OK;o src "$s0";rs "$d";o dest "$d";fin

                """
        let paths = ["src", "dest"].compactMap { arguments.string($0) }
        return .run(
            ModuleInvocation(
                script: script, files: delimiter.isEmpty ? [:] : ["delimiter": Array(delimiter.utf8)], reads: paths,
                writes: Array(paths.suffix(1))
            ) { output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                result["path"] = nil
                if !result.failed { result.addDifference(records) }
                return .finish(result)
            })
    }
}
