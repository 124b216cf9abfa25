import Jinja
import Modules

/// What `include_tasks` and `include_role` bring in.
extension TaskRun {
    /// The files that the task names on this machine, one for each item whose conditions hold, and the other
    /// items as results.
    func includes() throws -> (included: [Included], passedOver: [JinjaValue]) {
        var items: [JinjaDict?] = [nil]
        if let loop = task.loop {
            let all = try loopItems(loop)
            items = all.enumerated().map { itemVariables($1, $0, all, loop) }
        }
        var included: [Included] = []
        var passedOver: [JinjaValue] = []
        for item in items {
            let scope = self.scope(item.map { [TaskScope.Layer($0, isTemplate: false)] } ?? [])
            guard try firstFalseCondition(scope) == nil else {
                if let item, let loop = task.loop {
                    var result = named(loop, item, scope)
                    result["changed"] = false
                    result["skipped"] = true
                    result["skip_reason"] = "Conditional result was False"
                    passedOver.append(.dict(result))
                }
                continue
            }
            let arguments = try resolvedArguments(scope, keeping: [])
            guard let file = (arguments["_raw_params"] ?? arguments["file"] ?? arguments["name"])?.text else {
                throw TaskFailure(message: "\(task.moduleName) needs the name of a file")
            }
            var inner = task
            if case .includeRole = task.action { inner.arguments = arguments }
            if let item { inner.upperLayers.insert(item, at: 0) }
            included.append(Included(file: file, task: inner, item: item))
        }
        return (included, passedOver)
    }

    /// The item, and what stands for it in the log.
    private func named(_ loop: ProgramTask.Loop, _ item: JinjaDict, _ scope: TaskScope) -> JinjaDict {
        let value = item[loop.variable] ?? .none
        let label = loop.label.map { (try? environment.render($0, scope: scope)) ?? .string($0) }
        return [
            loop.variable: value, "ansible_loop_var": .string(loop.variable), "_ansible_item_label": label ?? value,
        ]
    }

    /// The end of an include that is not carried out.
    func skippedInclude(_ passedOver: [JinjaValue]) -> Ended {
        var result = ModuleResult(skipped: true)
        result["skip_reason"] = "Conditional result was False"
        if task.loop != nil { result["results"] = .list(passedOver) }
        return finish(result, effects: TaskEffects())
    }

    /// The end of an include whose tasks follow.
    ///
    /// - Parameters:
    ///   - place: Where the tasks were found.
    ///   - passedOver: What is told before it: items for which nothing is included.
    func included(_ place: String, _ included: Included, passedOver: [JinjaValue]) -> Ended {
        var result = ModuleResult()
        result["include"] = .string(included.file)
        result["_ansible_included"] = .string(place)
        if let loop = task.loop, let item = included.item {
            for (key, value) in named(loop, item, scope([TaskScope.Layer(item, isTemplate: false)])) {
                result[key.text] = value
            }
        }
        if !passedOver.isEmpty { result["_ansible_passed_over"] = .list(passedOver) }
        return finish(result, effects: TaskEffects())
    }
}
