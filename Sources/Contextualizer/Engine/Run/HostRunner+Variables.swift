import Jinja

extension HostRunner {
    /// The variables of the play's `vars_files`, of the last file first.
    ///
    /// - Parameter beforeFacts: Passes over those that are not to be found yet.
    func variableFiles(of play: ProgramPlay, beforeFacts: Bool) throws -> [JinjaDict] {
        let carrier = ProgramTask(
            path: playPath, name: "vars_files", moduleName: "include_vars", action: .meta, arguments: JinjaDict())
        let scope = playScope(play)
        var layers: [JinjaDict] = []
        for entry in play.variableFiles {
            // A list names alternatives: the first that exists counts.
            let names = entry.listValue ?? [entry]
            var failure: (any Error)?
            var found: JinjaDict?
            for name in names where found == nil {
                do {
                    let file = try context.environment.resolve(name, scope: scope).text
                    found = try context.library.variables(named: file, includedBy: carrier)
                } catch {
                    failure = failure ?? error
                }
            }
            guard let found else {
                if beforeFacts { continue }
                throw TaskFailure(
                    message: "vars_files: \((failure as? TaskFailure)?.message ?? "\(failure ?? CancellationError())")")
            }
            layers.insert(found, at: 0)
        }
        return layers
    }
}
