import ContextualizationAPI
import Jinja

/// Edits a text file: what `lineinfile`, `replace` and `blockinfile` share.
///
/// The first program sets owner and mode and sends the content; the edit is decided here, with Python's regular
/// expressions; only when something differs a second program replaces the file, if it is still the one that was read.
/// Else the edit is done anew with what is there now.
struct TextEdit: Sendable {
    /// What the edit found.
    enum Outcome: Sendable {
        case unchanged(String, JinjaDict)
        case changed([UInt8], String, JinjaDict)
        /// The file itself goes.
        case removed(String, JinjaDict)
        case failed(String, rc: Int?)
    }

    /// How often the edit is done before it is given up.
    static let mostTries = 20
    static let attributeNote = " and ownership, perms or SE linux context changed"

    var path: String
    var context: ModuleContext
    var library: String
    /// Gets the content, or nil when the file does not exist.
    var edit: @Sendable ([UInt8]?) -> Outcome
    /// Shell statements that follow the replacement.
    var epilogue = ""
    /// Shell statements that always run after the file is what it shall be, in check mode, too.
    var follow: String?
    /// Gives the result its last form.
    var finish: @Sendable (inout ModuleResult) -> Void = { _ in }
    /// What stands behind the path in the titles of the difference.
    var difference = " (content)"
    /// Whether the difference shows owner and mode, too.
    var showsAttributes = false
    /// Whether a file that is no UTF-8 is edited, too.
    var takesAnyBytes = false
    /// From 1.
    private var attempt = 1
    /// Whether an earlier try has changed owner or mode.
    private var hasNewAttributes = false
    /// What it changed.
    private var attributeChange = (before: JinjaDict(), after: JinjaDict())

    init(
        _ arguments: ModuleArguments, _ context: ModuleContext,
        edit: @escaping @Sendable ([UInt8]?) -> Outcome
    ) throws(ModuleError) {
        path = arguments.string("path") ?? ""
        self.context = context
        self.edit = edit
        library =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode)
            + (try FileParameterValues(arguments)).shell(tellsChanges: context.wantsDifference)
            + (try ShellLibrary.write(
                validate: arguments.string("validate"), backup: arguments.bool("backup") ?? false))
            + ShellLibrary.checksum
            + "p0=\(ShellText.path(path));[ ! -L \"$p0\" ]||p0=$(readlink -f \"$p0\")\n"
    }

    /// An edit of a file that the module knows itself.
    ///
    /// - Parameters:
    ///   - path: as one word of the shell, or a word that uses variables which `prologue` sets.
    ///   - prologue: statements before the file is looked at, in both programs.
    ///   - epilogue: statements after it was replaced.
    init(
        path: String, word: String? = nil, _ context: ModuleContext, attributes: FileParameterValues = .init(),
        backup: Bool = false, prologue: String = "", epilogue: String = "",
        edit: @escaping @Sendable ([UInt8]?) -> Outcome
    ) throws(ModuleError) {
        self.path = path
        self.context = context
        self.edit = edit
        self.epilogue = epilogue
        library =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + attributes.shell
            + (try ShellLibrary.write(backup: backup)) + ShellLibrary.checksum + prologue
            + "p0=\(word ?? ShellText.path(path));[ ! -L \"$p0\" ]||p0=$(readlink -f \"$p0\")\n"
    }

    var step: ModuleStep { finished(reading) }

    private var reading: ModuleStep {
        // Who was quicker is done; only where many write they have to get out of step.
        let pause = attempt > 2 ? "sleep 0.$(($$%4)) 2>/dev/null||sleep 1\n" : ""
        let script =
            pause + library + #"""
                [ ! -d "$p0" ]||{ o rc 256;die "Path $p0 is a directory !"; }
                if [ -f "$p0" ];then at "$p0";o exists 1;o changed $ch;rs "$p0";o content;fl;cat "$p0";else o exists 0;o end 1;fl;fi

                """#
        var invocation = ModuleInvocation(script: script, reads: [path], writes: [path]) { decide($0) }
        invocation.isEdit = true
        return .run(invocation)
    }

    /// The edit from its begin; nil when that was tried often enough.
    private func again(_ records: Records, attributesChanged: Bool) -> ModuleStep? {
        guard records.flag("conflict"), attempt < Self.mostTries else { return nil }
        var next = self
        next.attempt += 1
        next.hasNewAttributes = attributesChanged
        next.attributeChange = change(with: records)
        return next.reading
    }

    /// Defines `cf`: the program ends where the file is not the one that was read.
    private func conflictCheck(_ content: [UInt8]?) -> String {
        let (test, verb) =
            content.map { ("sum \"$p0\";[ -z \"$x\" ]||[ \"$x\" = \(SHA1.hexadecimal($0)) ]", "changed") }
            ?? ("[ ! -e \"$p0\" ]", "made")
        return "cf(){ \(test)||{ o conflict 1;die \"$p0 was \(verb) by somebody else at the same time\"; }; }\n"
    }

    /// The result, or the program that follows.
    private func concluded(_ result: ModuleResult) -> ModuleStep {
        guard let follow, !result.failed else { return .finish(result) }
        return .run(
            ModuleInvocation(script: library + follow + "\nfin\n", reads: [path], writes: [path]) { output in
                let last = ModuleResult(records: Records(output.standardOutput), output: output)
                guard !last.failed else { return .finish(last) }
                var whole = result
                whole.changed = result.changed || last.changed
                for (key, value) in last.values { whole.values[key] = value }
                return .finish(whole)
            })
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
        case .wait, .sleep, .save: return step
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
        let attributesChanged = hasNewAttributes || records.flag("changed")
        guard takesAnyBytes || content.map({ String(validating: $0, as: UTF8.self) != nil }) ?? true else {
            return .finish(
                .failure(
                    "\(path) is no UTF-8, and an edit would change other lines, too; nothing was edited: convert it,"
                        + " or use a command such as sed"))
        }
        var editing = self
        editing.attributeChange = change(with: records)
        return editing.edited(content, records, attributesChanged: attributesChanged)
    }

    private func edited(_ content: [UInt8]?, _ records: Records, attributesChanged: Bool) -> ModuleStep {
        switch outcome(of: content) {
        case .failed(let message, let rc):
            var result = ModuleResult.failure(message)
            result["rc"] = rc.map { .int($0) }
            return .finish(result)
        case .unchanged(let message, let values):
            var result = ModuleResult(changed: attributesChanged, message: message, values: values)
            if attributesChanged, showsAttributes, let content {
                addDifference(
                    &result, before: String(decoding: content, as: UTF8.self), after: content, change: attributeChange)
            }
            if let stat = records["stat"] { result.addAttributes(stat) }
            if attributesChanged {
                result.message =
                    message.isEmpty
                    ? "ownership, perms or SE linux context changed"
                    : message + Self.attributeNote
            }
            return concluded(result)
        case .removed(let message, let values):
            var result = ModuleResult(changed: true, message: message, values: values)
            if context.isCheckMode {
                addDifference(&result, before: content.map { String(decoding: $0, as: UTF8.self) } ?? "", after: [])
                return concluded(result)
            }
            let script =
                library + conflictCheck(content)
                + "cf;d=$p0;bk;e=$(rm -f \"$p0\" 2>&1)||die \"could not remove $p0: $e\"\n" + epilogue
                + "ch=1;fin\n"
            return .run(
                ModuleInvocation(script: script, reads: [path], writes: [path]) { output in
                    let records = Records(output.standardOutput)
                    if let again = again(records, attributesChanged: attributesChanged) { return again }
                    var result = ModuleResult(records: records, output: output)
                    result["conflict"] = nil
                    if !result.failed {
                        result.message = message
                        for (key, value) in values { result.values[key] = value }
                    }
                    return concluded(result)
                })
        case .changed(let bytes, let message, let values):
            let before = content.map { String(decoding: $0, as: UTF8.self) }
            if context.isCheckMode {
                var result = ModuleResult(changed: true, message: message, values: values)
                addDifference(&result, before: before ?? "", after: bytes, change: attributeChange)
                return concluded(result)
            }
            let makesFolder =
                content == nil
                ? "d=${p0%/*};[ -z \"$d\" ]||[ -d \"$d\" ]||e=$(mkdir -p \"$d\" 2>&1)||die \"Error creating $d: $e\"\n"
                : ""
            let script =
                library + conflictCheck(content) + makesFolder + "wr \"$GANTRY_FILES/c\" \"$p0\"\n" + epilogue
                + "rs \"$p0\";fin\n"
            return .run(
                ModuleInvocation(script: script, files: ["c": bytes], reads: [path], writes: [path]) { output in
                    let records = Records(output.standardOutput)
                    if let again = again(records, attributesChanged: attributesChanged) { return again }
                    var result = ModuleResult(records: records, output: output)
                    result["conflict"] = nil
                    if !result.failed {
                        result.message =
                            attributesChanged || records.flag("attr")
                            ? message + Self.attributeNote : message
                        for (key, value) in values { result.values[key] = value }
                        addDifference(&result, before: before ?? "", after: bytes, change: change(with: records))
                    }
                    return concluded(result)
                })
        }
    }

    /// What was changed of the file's owner and mode, by this program and those before it.
    private func change(with records: Records) -> (before: JinjaDict, after: JinjaDict) {
        var all = attributeChange
        let change = records.attributeChange()
        for (key, value) in change.before where all.before[key] == nil { all.before[key] = value }
        all.after.merge(change.after)
        return all
    }

    private func addDifference(
        _ result: inout ModuleResult, before: String, after: [UInt8],
        change: (before: JinjaDict, after: JinjaDict) = ([:], [:])
    ) {
        guard context.wantsDifference else { return }
        func part(_ before: JinjaValue, _ after: JinjaValue, _ note: String) -> JinjaValue {
            let title = JinjaValue.string(path + note)
            return ["before": before, "after": after, "before_header": title, "after_header": title]
        }
        var parts = [part(.string(before), .string(String(decoding: after, as: UTF8.self)), difference)]
        if showsAttributes { parts.append(part(.dict(change.before), .dict(change.after), " (file attributes)")) }
        // `replace` has one of no list.
        result["diff"] = difference.isEmpty ? parts[0] : .list(parts)
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
