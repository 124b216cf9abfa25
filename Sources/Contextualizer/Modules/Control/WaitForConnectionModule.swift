import ContextualizationAPI
import Jinja

/// `wait_for_connection`: waits until the machine lets us in and programs run there.
package enum WaitForConnectionModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "wait_for_connection", summary: "Waits until the machine lets us in.",
        parameters: [
            ModuleParameter("connect_timeout", .integer, default: 5, "Accepted: each try has the run's own limit."),
            ModuleParameter("delay", .integer, default: 0, "Seconds before the first try."),
            ModuleParameter("sleep", .integer, default: 1, "Seconds between tries."),
            ModuleParameter("timeout", .integer, default: 600, "Seconds in all."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        guard !context.isCheckMode else { return .finish(ModuleResult(skipped: true)) }
        func seconds(_ key: String) -> Duration { .seconds(max(0, arguments.int(key) ?? 0)) }
        return .wait(
            ModuleWait(
                script: "echo pong", delay: seconds("delay"), pause: seconds("sleep"), timeout: seconds("timeout"),
                problem: { output in
                    output.outputText.hasPrefix("pong") ? nil : "the shell answered \(output.status)"
                },
                next: { problem, elapsed in
                    var result = ModuleResult()
                    if let problem { result = .failure("timed out waiting for ping module test: \(problem)") }
                    result["elapsed"] = .int(Int(elapsed.components.seconds))
                    return .finish(result)
                }))
    }
}
