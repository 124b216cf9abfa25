package import ContextualizationAPI
package import Jinja

/// The result of a task on a machine, in Ansible's keys.
package struct ModuleResult: Sendable {
    package var changed: Bool
    package var failed: Bool
    package var skipped: Bool
    package var message: String?
    /// All other keys, in order.
    package var values: JinjaDict
    /// Facts that become variables of the machine, without the prefix `ansible_`.
    package var facts: JinjaDict?
    /// Variables that `set_fact` sets.
    package var variables: JinjaDict?

    package init(
        changed: Bool = false, failed: Bool = false, skipped: Bool = false, message: String? = nil,
        values: JinjaDict = JinjaDict()
    ) {
        self.changed = changed
        self.failed = failed
        self.skipped = skipped
        self.message = message
        self.values = values
    }

    package static func failure(_ message: String) -> ModuleResult {
        ModuleResult(failed: true, message: message)
    }

    package static func skipped(reason: String) -> ModuleResult {
        ModuleResult(skipped: true, message: reason)
    }

    package subscript(key: String) -> JinjaValue? {
        get { values[key] }
        set { values[key] = newValue }
    }

    /// Sets `stdout`, `stderr` and their lines.
    package mutating func setOutput(_ output: String, _ errors: String, stripsEnds: Bool = true) {
        for (key, text) in [("stdout", output), ("stderr", errors)] {
            let kept = stripsEnds ? Self.strippingNewlines(text) : text
            values[key] = .string(kept)
            values[key + "_lines"] = .list(Self.lines(kept).map { .string($0) })
        }
    }

    /// Sets `stderr` and its lines alone.
    package mutating func setErrors(_ text: String) {
        values["stderr"] = .string(text)
        values["stderr_lines"] = .list(Self.lines(text).map { .string($0) })
    }

    private static func strippingNewlines(_ text: String) -> String {
        var bytes = text.utf8[...]
        while let last = bytes.last, last == 0x0a || last == 0x0d { bytes = bytes.dropLast() }
        return bytes.count == text.utf8.count ? text : String(decoding: bytes, as: UTF8.self)
    }

    /// As Python's `splitlines()` for line feeds.
    private static func lines(_ text: String) -> [String] {
        guard !text.isEmpty else { return [] }
        var parts = text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).map { part in
            String(decoding: part.last == 0x0d ? part.dropLast() : part, as: UTF8.self)
        }
        if text.utf8.last == 0x0a { parts.removeLast() }
        return parts
    }

    /// The whole result as one dict: what `register` stores.
    package var dictionary: JinjaDict {
        var dict = values
        dict["changed"] = .bool(changed)
        dict["failed"] = .bool(failed)
        if skipped { dict["skipped"] = .bool(true) }
        if let message { dict["msg"] = .string(message) }
        return dict
    }
}

// MARK: - Results of state modules

extension ModuleResult {
    /// A result out of records: `changed`, `failed`, `msg`, `stat` and all other single keys as texts.
    package init(records: Records, output: ProgramOutput) {
        self.init(changed: records.flag("changed"), failed: records.flag("failed"), message: records["msg"])
        for (key, texts) in records.values.sorted(by: { $0.key < $1.key }) {
            switch key {
            case "changed", "failed", "msg", "end", "stat", "was", "before", "after", "need", "rc", "attr",
                "exit_status", "chg", "inside", "written":
                continue
            default: values[key] = texts.last.map { .string($0) }
            }
        }
        if let rc = records["rc"].flatMap({ Int($0) }) { values["rc"] = .int(rc) }
        if let status = records["exit_status"].flatMap({ Int($0) }) {
            values["exit_status"] = .int(status)
            setOutput(records["stdout"] ?? "", records["stderr"] ?? "", stripsEnds: false)
        }
        if let stat = records["stat"] { addAttributes(stat) }
        guard records.isComplete else {
            failed = true
            changed = false
            let errors = output.errorText.trimmingBlanks()
            message =
                errors.isEmpty
                ? "the program ended with status \(output.status) before it was done" : String(errors)
            values["rc"] = .int(Int(output.status))
            return
        }
        if failed, let stray = output.errorText.isEmpty ? nil : output.errorText { values["stderr"] = .string(stray) }
    }

    /// `MODE UID GID OWNER GROUP SIZE TYPE`, as `stat -c '%a %u %g %U %G %s %F'` prints it.
    mutating func addAttributes(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 6).map(String.init)
        guard parts.count == 7 else { return }
        // A zero stands before all digits, of which there are at least three.
        values["mode"] = .string("0" + String(repeating: "0", count: max(0, 3 - parts[0].count)) + parts[0])
        values["uid"] = Int(parts[1]).map { .int($0) }
        values["gid"] = Int(parts[2]).map { .int($0) }
        // Who has no entry is called by his number.
        values["owner"] = .string(parts[3] == "UNKNOWN" ? parts[1] : parts[3])
        values["group"] = .string(parts[4] == "UNKNOWN" ? parts[2] : parts[4])
        values["size"] = Int(parts[5]).map { .int($0) }
        let state =
            switch parts[6] {
            case "directory": "directory"
            case "symbolic link": "link"
            default: "file"
            }
        values["state"] = .string(state)
    }

    /// `diff` of a content out of the records `before` and `after`.
    ///
    /// - Parameter source: The file of the controller that it comes from.
    package mutating func addDifference(_ records: Records, source: String? = nil) {
        guard changed, let after = records["after"] else { return }
        let path = records["dest"] ?? records["path"] ?? ""
        var difference: JinjaDict = [
            "before": .string(records["before"] ?? ""), "after": .string(after),
            "after_header": .string(source ?? path),
        ]
        if records["was"] != "absent" { difference["before_header"] = .string(path) }
        values["diff"] = .list([.dict(difference)])
    }

    /// What all results tell of the file that the module worked on.
    static let fileKeys = ["gid", "group", "mode", "owner", "path", "size", "state", "uid"]
}

extension Records {
    /// Mode, owner and group of a path before and after, of those that were changed.
    ///
    /// - Parameter path: Of what; nil: of the last one.
    func attributeChange(of path: String? = nil) -> (before: JinjaDict, after: JinjaDict) {
        let changes = (values["chg"] ?? []).map { $0.split(separator: " ", maxSplits: 6).map(String.init) }
            .filter { $0.count == 7 }
        guard let change = path.map({ path in changes.first { $0[6] == path } }) ?? changes.last else {
            return ([:], [:])
        }
        func padded(_ mode: String) -> JinjaValue {
            .string("0" + String(repeating: "0", count: max(0, 3 - mode.count)) + mode)
        }
        var (before, after) = (JinjaDict(), JinjaDict())
        for (place, key) in ["mode", "owner", "group"].enumerated() where change[place] != change[place + 3] {
            func value(_ text: String) -> JinjaValue {
                key == "mode" ? padded(text) : Int(text).map { .int($0) } ?? .string(text)
            }
            before[key] = value(change[place])
            after[key] = value(change[place + 3])
        }
        return (before, after)
    }
}

extension JinjaValue {
    /// The `diff` of a state.
    static func dictionary(before: JinjaDict, after: JinjaDict) -> JinjaValue {
        .dict(["before": .dict(before), "after": .dict(after)])
    }
}
