package import ContextualizationAPI
import Jinja
import Modules

extension RecipeLog {
    /// A whole run as one JSON document, in the form of Ansible's `json` output: `plays` with `tasks` with `hosts`, and
    /// `stats`.
    package static func json(
        of events: [ContextualizationEvent], counts: [String: ContextualizationReport.Counts]
    ) -> String {
        var plays: [(name: String, keys: [TaskKey])] = []
        var names: [TaskKey: String] = [:]
        var results: [TaskKey: JinjaDict] = [:]
        func play(_ name: String) -> Int {
            if let known = plays.firstIndex(where: { $0.name == name }) { return known }
            plays.append((name, []))
            return plays.count - 1
        }
        for event in events {
            switch event.body {
            case .stepStarted(let step, _): _ = play(step)
            case .taskFinished(let record):
                let key = TaskKey(step: record.task.step, path: record.task.path)
                let place = play(record.task.step)
                if names[key] == nil {
                    names[key] = record.task.name
                    plays[place].keys.append(key)
                }
                var result = JSONText.parse(record.result)?.dictValue ?? JinjaDict()
                result["action"] = .string(record.task.module)
                result["_gantry_status"] = .string(record.status.rawValue)
                if record.status == .unreachable { result["unreachable"] = true }
                results[key, default: JinjaDict()][event.machine ?? ""] = .dict(result)
            default: break
            }
        }
        var stats = JinjaDict()
        for (host, count) in counts.sorted(by: { $0.key < $1.key }) {
            stats[host] = [
                "ok": .int(count.ok), "changed": .int(count.changed), "unreachable": .int(count.unreachable),
                "failures": .int(count.failed), "skipped": .int(count.skipped), "rescued": .int(count.rescued),
                "ignored": .int(count.ignored),
            ]
        }
        let list: [JinjaValue] = plays.map { play in
            let tasks: [JinjaValue] = play.keys.map { key in
                [
                    "task": ["name": .string(names[key] ?? ""), "id": .string(key.path)],
                    "hosts": .dict(results[key] ?? JinjaDict()),
                ]
            }
            return ["play": ["name": .string(PlayName.title(of: play.name))], "tasks": .list(tasks)]
        }
        return JSONText.indented(["plays": .list(list), "stats": .dict(stats)])
    }
}
