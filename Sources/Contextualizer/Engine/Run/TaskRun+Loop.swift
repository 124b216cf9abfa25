import Jinja
import Modules
import Support

/// A task over the items of its loop.
extension TaskRun {
    func overItems(_ items: [JinjaValue], _ loop: ProgramTask.Loop) async throws -> Ended {
        var effects = TaskEffects()
        var results: [JinjaValue] = []
        var total = ModuleResult(skipped: true)
        var last: ModuleResult?
        // As in Ansible, where one item changed something, all that ran notify.
        var done: [JinjaDict] = []
        for (index, item) in items.enumerated() {
            try Task.checkCancellation()
            let layer = itemVariables(item, index, items, loop)
            var result: ModuleResult
            do {
                result = try await once([TaskScope.Layer(layer, isTemplate: false)])
            } catch let failure as TaskFailure {
                result = .failure(failure.message)
            }
            var dictionary = result.dictionary
            if result.skipped { dictionary["failed"] = nil } else if !task.notify.isEmpty { done.append(layer) }
            dictionary[loop.variable] = item
            dictionary["ansible_loop_var"] = .string(loop.variable)
            if loop.isExtended { dictionary["ansible_loop"] = layer["ansible_loop"] }
            if let name = loop.indexVariable {
                dictionary[name] = .int(index)
                dictionary["ansible_index_var"] = .string(name)
            }
            if let label = loop.label {
                let inner = scope([TaskScope.Layer(layer, isTemplate: false)])
                dictionary["_ansible_item_label"] = (try? environment.render(label, scope: inner)) ?? .string(label)
            }
            if let variables = result.variables {
                effects.variables.merge(variables)
                runner.host.mergeSet(variables)
            }
            if let facts = result.facts { effects.facts.merge(facts) }
            results.append(.dict(dictionary))
            total.changed = total.changed || result.changed
            total.failed = total.failed || result.failed
            total.skipped = total.skipped && result.skipped
            last = result
            if result["unreachable"] == .bool(true) {
                total["unreachable"] = .bool(true)
                break
            }
            if !loop.breakWhen.isEmpty,
                try holds(loop.breakWhen, scope([resultLayer(result), TaskScope.Layer(layer, isTemplate: false)]))
            {
                break
            }
            if let pause = loop.pause, index + 1 < items.count, let seconds = Double(pause.text) {
                try await context.clock.sleep(for: .seconds(seconds))
            }
        }
        total["results"] = .list(results)
        if !total.skipped { total["skipped"] = false }
        total.message =
            total.failed ? "One or more items failed" : total.skipped ? "All items skipped" : "All items completed"
        if total.failed, results.count == 1, let message = last?.message { total.message = message }
        if let warnings = last?["warnings"] { total["warnings"] = warnings }
        return finish(total, effects: effects, items: done)
    }

    func itemVariables(
        _ item: JinjaValue, _ index: Int, _ items: [JinjaValue], _ loop: ProgramTask.Loop
    ) -> JinjaDict {
        var variables: JinjaDict = [:]
        variables[loop.variable] = item
        if let name = loop.indexVariable { variables[name] = .int(index) }
        variables["ansible_loop_var"] = .string(loop.variable)
        if loop.isExtended {
            var info: JinjaDict = [
                "index": .int(index + 1), "index0": .int(index), "first": .bool(index == 0),
                "last": .bool(index + 1 == items.count), "length": .int(items.count),
                "revindex": .int(items.count - index), "revindex0": .int(items.count - index - 1),
            ]
            if loop.hasAllItems { info["allitems"] = .list(items) }
            if index > 0 { info["previtem"] = items[index - 1] }
            if index + 1 < items.count { info["nextitem"] = items[index + 1] }
            variables["ansible_loop"] = .dict(info)
        }
        return variables
    }

    func loopItems(_ loop: ProgramTask.Loop) throws -> [JinjaValue] {
        let scope = scope()
        do {
            return try LoopItems.items(of: loop, scope: scope, environment: environment)
        } catch let failure as TaskFailure {
            throw failure
        } catch {
            throw TaskFailure(message: "Error while resolving value for 'loop': \(error)")
        }
    }
}
