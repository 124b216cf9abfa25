import Foundation
import Jinja

/// Handlers: who is notified, and when they run.
extension HostRunner {
    /// Keeps the names until the handlers run: those that are defined by then answer, as in Ansible.
    func notify(_ names: [String], from task: ProgramTask) throws {
        for name in names {
            let answering = answering(name)
            guard !answering.isEmpty else {
                throw TaskFailure(
                    message: "The requested handler '\(name)' was not found in either the main handlers list nor in "
                        + "the listening handlers list")
            }
            if handler == nil {
                notifications.insert(name)
            } else {
                notified.formUnion(answering)
            }
        }
    }

    private func answering(_ name: String) -> Set<Int> {
        // Of several handlers of one name the first of the last list counts.
        let order = handlers.indices.sorted { left, right in
            (-handlers[left].handlerList, left) < (-handlers[right].handlerList, right)
        }
        // Of a topic all do, each name once.
        var seen: Set<String> = []
        let byTopic = order.filter { index in
            let handler = handlers[index]
            return handler.listen.contains(name) && (!handler.isNamed || seen.insert(handler.name).inserted)
        }
        return Set(byTopic).union(order.first { answers($0, to: name) }.map { [$0] } ?? [])
    }

    /// Whether a handler has this name, alone or with its role's before it. One whose name cannot be rendered has none.
    private func answers(_ index: Int, to name: String) -> Bool {
        let handler = handlers[index]
        guard handler.isNamed else { return false }
        var own = handler.name
        if JinjaTemplate.isTemplate(own) {
            let scope = TaskRun(runner: self, task: handler).scope()
            guard let text = try? context.environment.renderText(own, scope: scope) else { return false }
            own = text
        }
        return own == name || handler.role.map { "\($0) : \(own)" } == name
    }

    /// The handlers of a role that was included: they come last, but for those that are there from an include before, whose
    /// place they take.
    func add(_ included: [ProgramTask]) {
        let first = (handlers.map(\.handlerList).max() ?? -1) + 1
        for var handler in included {
            handler.handlerList += first
            if let known = handlers.firstIndex(where: { Self.isSame($0, handler) }) {
                handlers[known] = handler
            } else {
                handlers.append(handler)
            }
        }
    }

    private static func isSame(_ left: ProgramTask, _ right: ProgramTask) -> Bool {
        func place(_ task: ProgramTask) -> Substring? {
            task.path.range(of: ".handlers.", options: .backwards).map { task.path[$0.lowerBound...] }
        }
        return left.name == right.name && left.roleKey != nil && left.roleKey == right.roleKey
            && place(left) == place(right)
    }

    /// Runs the notified handlers in order of definition; they may notify later ones.
    func flushHandlers() async throws -> Outcome {
        flushes += 1
        for name in notifications { notified.formUnion(answering(name)) }
        notifications = []
        let place = flushPlace
        var index = 0
        while index < handlers.count {
            defer { index += 1 }
            guard notified.remove(index) != nil else { continue }
            var task = handlers[index]
            task.path = "\(playPath).handlers.\(index)@\(flushes)"
            flushPlace = place + [1, index]
            let outer = handler
            handler = (task.path, flushPlace)
            defer {
                handler = outer
                flushPlace = place
            }
            let outcome = try await run(task, place: flushPlace)
            if case .done = outcome { continue }
            return outcome
        }
        return .done
    }

    /// The place of a task; what a handler includes stands where the handler does.
    func place(of task: ProgramTask) -> [Int] {
        guard let handler, task.path.hasPrefix(handler.path + ".") else { return LockStep.place(of: task.path) }
        return handler.place + LockStep.place(of: task.path.dropFirst(handler.path.utf8.count + 1))
    }
}
