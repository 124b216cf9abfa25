import Jinja
import Modules

extension TaskRun {
    /// `changed_when` and `failed_when`; an empty list says nothing. One that cannot be evaluated fails the task, and the
    /// result says so beside all that it was.
    func judge(_ result: inout ModuleResult, _ scope: TaskScope) {
        var key = "changed_when_result"
        do {
            if let conditions = task.changedWhen, !conditions.isEmpty {
                result.changed = try holds(conditions, scope)
            }
            key = "failed_when_result"
            guard let conditions = task.failedWhen, !conditions.isEmpty else { return }
            let failed = try holds(conditions, scope)
            result[key] = .bool(failed)
            if failed, !result.failed, result.message?.isEmpty ?? true { result.message = "failed_when holds" }
            result.failed = failed
        } catch {
            let reason = (error as? TaskFailure)?.message ?? "\(error)"
            result.failed = true
            result[key] = .string(reason)
            if result.message?.isEmpty ?? true { result.message = reason }
        }
    }

    /// Whether a result counts as a failure. What `failed_when` said decides, even where `until` never held; of a loop,
    /// what it said of the items.
    static func isFailure(_ result: JinjaValue) -> Bool {
        let key = "failed_when_result"
        if let judged = result[key] { return judged.isTrue }
        let items = result["results"]?.listValue ?? []
        if items.contains(where: { $0[key] != nil }) { return items.contains { $0[key]?.isTrue ?? false } }
        return result["failed"] == .bool(true)
    }

    /// `include_vars`: a file, or the files of a folder.
    func includeVariables(_ scope: TaskScope) throws -> ModuleResult {
        let context = runner.context
        let arguments = try resolvedArguments(scope, keeping: [])
        var variables = JinjaDict()
        var files: [String] = []
        if let folder = arguments["dir"]?.text {
            let depth = arguments["depth"].flatMap { Int($0.text) } ?? 0
            let names = try context.library.variableFiles(in: folder, depth: depth, for: task)
            let pattern = arguments["files_matching"]?.text
            let ignored = arguments["ignore_files"].map { $0.listValue?.map(\.text) ?? [$0.text] } ?? []
            let endings = arguments["extensions"]?.listValue?.map(\.text) ?? ["yaml", "yml", "json"]
            for name in names {
                let base = name.split(separator: "/").last.map(String.init) ?? name
                let ending = base.contains(".") ? base.split(separator: ".").last.map(String.init) ?? "" : ""
                guard !ignored.contains(base) else { continue }
                guard endings.contains(ending) else {
                    if arguments["ignore_unknown_extensions"]?.isTrue == true { continue }
                    throw TaskFailure(
                        message: "\(name) does not have a valid extension: \(endings.joined(separator: ", "))")
                }
                if let pattern {
                    let isWanted = try context.environment.evaluate(
                        expression: "name is search(pattern)",
                        scope: ["name": .string(base), "pattern": .string(pattern)] as JinjaDict)
                    guard isWanted.isTrue else { continue }
                }
                files.append(name)
            }
        } else {
            guard let file = (arguments["_raw_params"] ?? arguments["file"])?.text else {
                throw TaskFailure(message: "include_vars needs the name of a file")
            }
            files = [file]
        }
        // What a vault keeps is shown to nobody.
        if files.contains(where: { context.library.isEncrypted($0, for: task) }) { isCensored = true }
        for file in files { variables.merge(try context.library.variables(named: file, includedBy: task)) }
        if let name = arguments["name"]?.text { variables = [name: .dict(variables)] }
        runner.host.mergeIncluded(variables)
        var result = ModuleResult()
        result["ansible_facts"] = .dict(variables)
        result["ansible_included_var_files"] = .list(files.map { .string($0) })
        result.variables = JinjaDict()
        return result
    }
}
