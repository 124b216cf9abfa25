import ContextualizationAPI
import Jinja

/// Edits a text file: what `lineinfile`, `replace` and `blockinfile` share.
///
/// The first program sets owner and mode and sends the content; the edit is decided here, with Python's regular
/// expressions; only when something differs a second program replaces the file, if it is still the one that was read.
struct TextEdit: Sendable {
    /// What the edit found.
    enum Outcome: Sendable {
        case unchanged(String, JinjaDict)
        case changed([UInt8], String, JinjaDict)
        case failed(String, rc: Int?)
    }

    var path: String
    var context: ModuleContext
    var library: String
    /// Gets the content, or nil when the file does not exist.
    var edit: @Sendable ([UInt8]?) -> Outcome
    /// Gives the result its last form.
    var finish: @Sendable (inout ModuleResult) -> Void = { _ in }

    init(
        _ arguments: ModuleArguments, _ context: ModuleContext,
        edit: @escaping @Sendable ([UInt8]?) -> Outcome
    ) throws(ModuleError) {
        path = arguments.string("path") ?? ""
        self.context = context
        self.edit = edit
        library =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode)
            + (try FileParameterValues(arguments)).shell
            + (try ShellLibrary.write(
                validate: arguments.string("validate"), backup: arguments.bool("backup") ?? false))
            + ShellLibrary.checksum
            + "p0=\(ShellText.path(path));[ ! -L \"$p0\" ]||p0=$(readlink -f \"$p0\")\n"
    }

    var step: ModuleStep {
        let script =
            library + #"""
                [ ! -d "$p0" ]||{ o rc 256;die "Path $p0 is a directory !"; }
                if [ -f "$p0" ];then at "$p0";o exists 1;o changed $ch;rs "$p0";o content;fl;cat "$p0";else o exists 0;o end 1;fl;fi

                """#
        return .run(
            ModuleInvocation(script: script, reads: [path], writes: [path]) { output in finished(decide(output)) })
    }

    private func finished(_ step: ModuleStep) -> ModuleStep {
        switch step {
        case .finish(var result):
            finish(&result)
            return .finish(result)
        case .run(var invocation):
            let decode = invocation.decode
            invocation.decode = { finished(decode($0)) }
            return .run(invocation)
        }
    }

    private func decide(_ output: ProgramOutput) -> ModuleStep {
        let marker = Array("\u{1e}content\u{1f}".utf8)
        let (head, content) = Self.split(output.standardOutput, at: marker)
        let records = Records(head)
        if records.flag("failed") { return .finish(ModuleResult(records: records, output: output)) }
        guard records["exists"] != nil, output.status == 0 else {
            return .finish(ModuleResult(records: Records([]), output: output))
        }
        if output.truncated {
            return .finish(.failure("\(path) is too large to be edited (more than the output limit)"))
        }
        let attributesChanged = records.flag("changed")
        guard content.map({ String(validating: $0, as: UTF8.self) != nil }) ?? true else {
            return .finish(
                .failure(
                    "\(path) is no UTF-8, and an edit would change other lines, too; nothing was edited: convert it,"
                        + " or use a command such as sed"))
        }
        switch edit(content) {
        case .failed(let message, let rc):
            var result = ModuleResult.failure(message)
            result["rc"] = rc.map { .int($0) }
            return .finish(result)
        case .unchanged(let message, let values):
            var result = ModuleResult(changed: attributesChanged, message: message, values: values)
            if attributesChanged {
                result.message =
                    message.isEmpty
                    ? "ownership, perms or SE linux context changed"
                    : message + " and ownership, perms or SE linux context changed"
            }
            return .finish(result)
        case .changed(let bytes, let message, let values):
            let before = content.map { String(decoding: $0, as: UTF8.self) }
            if context.isCheckMode {
                var result = ModuleResult(changed: true, message: message, values: values)
                addDifference(&result, before: before ?? "", after: bytes)
                return .finish(result)
            }
            let guardText =
                content.map {
                    "sum \"$p0\";[ -z \"$x\" ]||[ \"$x\" = \(SHA1.hexadecimal($0)) ]"
                        + "||die \"$p0 was changed by somebody else at the same time\"\n"
                } ?? "[ ! -e \"$p0\" ]||die \"$p0 was made by somebody else at the same time\"\n"
                + "d=${p0%/*};[ -z \"$d\" ]||[ -d \"$d\" ]||e=$(mkdir -p \"$d\" 2>&1)||die \"Error creating $d: $e\"\n"
            let script = library + guardText + "wr \"$GANTRY_FILES/c\" \"$p0\"\nrs \"$p0\";fin\n"
            return .run(
                ModuleInvocation(script: script, files: ["c": bytes], reads: [path], writes: [path]) { output in
                    let records = Records(output.standardOutput)
                    var result = ModuleResult(records: records, output: output)
                    if !result.failed {
                        result.message =
                            attributesChanged || records.flag("attr")
                            ? message + " and ownership, perms or SE linux context changed" : message
                        for (key, value) in values { result.values[key] = value }
                        addDifference(&result, before: before ?? "", after: bytes)
                    }
                    return .finish(result)
                })
        }
    }

    private func addDifference(_ result: inout ModuleResult, before: String, after: [UInt8]) {
        guard context.wantsDifference else { return }
        result["diff"] = .list([
            .dict([
                "before": .string(before), "after": .string(String(decoding: after, as: UTF8.self)),
                "before_header": .string("\(path) (content)"), "after_header": .string("\(path) (content)"),
            ])
        ])
    }

    static func split(_ bytes: [UInt8], at marker: [UInt8]) -> (head: [UInt8], tail: [UInt8]?) {
        guard bytes.count >= marker.count else { return (bytes, nil) }
        for start in 0...(bytes.count - marker.count) where bytes[start] == marker[0] {
            if bytes[start..<(start + marker.count)].elementsEqual(marker) {
                return (Array(bytes[..<start]), Array(bytes[(start + marker.count)...]))
            }
        }
        return (bytes, nil)
    }
}
