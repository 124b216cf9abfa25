import Foundation
import Glibc

/// Named places in the code at which a test can end the process, fail or wait.
///
/// Compiled in debug builds only: a release build has no failpoint. A test of a process sets
/// `GANTRY_FAILPOINTS="launch.intent=kill,launch.sent=kill@3"`: kill this process with SIGKILL at the named point, here
/// at the third time that it is reached. `GANTRY_FAILPOINTS_LOG=FILE` appends the name of each point that is reached, so
/// that a test can visit all.
package enum Failpoint {
    /// Marks a point. Named after the step that was just completed, such as `launch.intent`.
    @inline(__always)
    package static func reached(_ name: String) {
        #if DEBUG
            Registry.shared.reached(name)
        #endif
    }

    #if DEBUG
        private struct Action {
            var remaining: Int
        }

        private final class Registry: Sendable {
            static let shared = Registry()

            private let actions: LockedValue<[String: Action]>
            private let logPath: String?
            private let active: Bool

            init() {
                let environment = ProcessInfo.processInfo.environment
                var parsed: [String: Action] = [:]
                for entry in (environment["GANTRY_FAILPOINTS"] ?? "").split(separator: ",") {
                    let parts = entry.split(separator: "=", maxSplits: 1)
                    guard parts.count == 2, parts[1].hasPrefix("kill") else { continue }
                    let count = parts[1].split(separator: "@").dropFirst().first.flatMap { Int($0) } ?? 1
                    parsed[String(parts[0])] = Action(remaining: count)
                }
                logPath = environment["GANTRY_FAILPOINTS_LOG"]
                active = !parsed.isEmpty || logPath != nil
                actions = LockedValue(parsed)
            }

            func reached(_ name: String) {
                guard active else { return }
                if let logPath {
                    let line = Array((name + "\n").utf8)
                    let descriptor = open(logPath, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
                    if descriptor >= 0 {
                        _ = write(descriptor, line, line.count)
                        close(descriptor)
                    }
                }
                let kills = actions.withLock { actions -> Bool in
                    guard var action = actions[name] else { return false }
                    action.remaining -= 1
                    actions[name] = action
                    return action.remaining == 0
                }
                if kills {
                    kill(getpid(), SIGKILL)
                }
            }
        }
    #endif
}
