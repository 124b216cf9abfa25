/// Handlers: who is notified, and when they run.
extension HostRunner {
    func notify(_ names: [String], from task: ProgramTask) throws {
        for name in names {
            // Of several handlers of one name the last one counts; of a topic all do.
            let byName = handlers.lastIndex { handler in
                handler.name == name || handler.role.map { "\($0) : \(handler.name)" } == name
            }
            let byTopic = handlers.indices.filter { handlers[$0].listen.contains(name) }
            guard byName != nil || !byTopic.isEmpty else {
                throw TaskFailure(
                    message: "The requested handler '\(name)' was not found in either the main handlers list nor in "
                        + "the listening handlers list")
            }
            notified.formUnion(byTopic)
            if let byName { notified.insert(byName) }
        }
    }

    /// Runs the notified handlers in order of definition; they may notify later ones.
    func flushHandlers() async throws -> Outcome {
        flushes += 1
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
