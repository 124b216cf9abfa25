import ContextualizationAPI
import Jinja

/// `fetch`: brings a file of the machine to the controller.
package enum FetchModule: Module {
    /// Held in memory at once.
    private static let limit = 512 << 20

    package static let documentation = ModuleDocumentation(
        name: "fetch", summary: "Brings a file of the machine to the controller; not in recipes of a document.",
        parameters: [
            ModuleParameter("src", .path, required: true, "The file on the machine."),
            ModuleParameter(
                "dest", .string, required: true,
                "Folder on the controller, in which each machine has one of its name; with flat the file itself."),
            ModuleParameter(
                "flat", .boolean, default: false, "dest is the file, or with a slash at its end the folder."),
            ModuleParameter("fail_on_missing", .boolean, default: true, "A file that is not there is a failure."),
            ModuleParameter("validate_checksum", .boolean, default: true, "Compare with the machine's checksum."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        guard !context.isCheckMode else {
            return .finish(.skipped(reason: "check mode not (yet) supported for this module"))
        }
        let path = arguments.string("src") ?? ""
        let script =
            ShellLibrary.prologue(isCheckMode: false) + ShellLibrary.access + ShellLibrary.checksum + """
                p=\(ShellText.path(path));o file "$p"
                [ ! -d "$p" ]||{ o kind directory;die "remote file is a directory, fetch cannot work on directories"; }
                [ -e "$p" ]||ac "$p"||{ o kind hidden;die "Failed to get information on remote file ($p): $zr"; }
                [ -e "$p" ]||{ o kind missing;die "the remote file does not exist, not transferring, ignored"; }
                [ -r "$p" ]||{ o kind unreadable;die "file is not readable: $p"; }
                sum "$p";m=$(md5sum <"$p" 2>/dev/null);o checksum "$x";o md5 "${m%% *}";o content;fl;cat "$p"

                """
        var invocation = ModuleInvocation(script: script, reads: [path]) { output in
            let (head, content) = TextEdit.split(output.standardOutput, at: Array("\u{1e}content\u{1f}".utf8))
            let records = Records(head)
            guard let content, output.status == 0 else { return .finish(failure(arguments, records, output)) }
            guard !output.truncated else { return .finish(.failure("\(path) is too large: more than \(limit) bytes")) }
            return save(arguments, records, Payload(Array(content)), path)
        }
        invocation.outputLimit = limit
        return .run(invocation)
    }

    private static func save(
        _ arguments: ModuleArguments, _ records: Records, _ content: Payload, _ path: String
    ) -> ModuleStep {
        let source = records["file"] ?? path
        let remote = records["checksum"].flatMap { $0.isEmpty ? nil : $0 } ?? content.checksum
        let md5 = records["md5"].flatMap { $0.isEmpty ? nil : JinjaValue.string($0) } ?? .none
        if arguments.bool("validate_checksum") != false, remote != content.checksum {
            // Nothing is written: it changed while it was read.
            var result = ModuleResult.failure("checksum mismatch")
            result["file"] = .string(source)
            result["checksum"] = .string(content.checksum)
            result["remote_checksum"] = .string(remote)
            result["remote_md5sum"] = JinjaValue.none
            return .finish(result)
        }
        return .save(
            ControllerFile(
                source: source, destination: arguments.string("dest") ?? "", isFlat: arguments.bool("flat") == true,
                content: content
            ) { saved in
                var result = ModuleResult(changed: saved.isChanged)
                result["dest"] = .string(saved.path)
                result["checksum"] = .string(content.checksum)
                result["md5sum"] = md5
                if saved.isChanged {
                    result["remote_checksum"] = .string(remote)
                    result["remote_md5sum"] = JinjaValue.none
                } else {
                    result["file"] = .string(source)
                }
                return result
            })
    }

    private static func failure(_ arguments: ModuleArguments, _ records: Records, _ output: ProgramOutput)
        -> ModuleResult
    {
        var result = ModuleResult(records: records, output: output)
        result["kind"] = nil
        let kind = records["kind"]
        if arguments.bool("fail_on_missing") != false, kind != "hidden" { result["file"] = nil }
        guard arguments.bool("fail_on_missing") == false, let kind else { return result }
        result.failed = false
        if kind == "directory" { result.message = (result.message ?? "") + ", not transferring, ignored" }
        if kind == "hidden" { result.message = (result.message ?? "") + ", ignored" }
        return result
    }
}
