import Foundation
import Glibc
import Support
import Testing

#if DEBUG
    /// Failpoints are compiled into debug builds only.
    @Suite struct FailpointTests {
        @Test func theProcessIsKilledAtTheNamedPoint() async {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                setenv("GANTRY_FAILPOINTS", "other=kill,step=kill", 1)
                Failpoint.reached("step")
            }
        }

        @Test func theCountIsThatOfThePoint() async {
            await #expect(processExitsWith: .exitCode(9)) {
                setenv("GANTRY_FAILPOINTS", "step=kill@3", 1)
                Failpoint.reached("step")
                Failpoint.reached("other")
                Failpoint.reached("step")
                exit(9)
            }
            await #expect(processExitsWith: .signal(SIGKILL)) {
                setenv("GANTRY_FAILPOINTS", "step=kill@3", 1)
                for _ in 0..<3 { Failpoint.reached("step") }
            }
        }

        @Test func nothingHappensWithoutSettings() async {
            await #expect(processExitsWith: .exitCode(9)) {
                unsetenv("GANTRY_FAILPOINTS")
                Failpoint.reached("step")
                exit(9)
            }
        }

        @Test func pointsThatAreReachedAreLogged() async throws {
            let log = FileManager.default.temporaryDirectory
                .appendingPathComponent("gantry-failpoints-" + UUID().uuidString).path
            defer { try? FileManager.default.removeItem(atPath: log) }
            await #expect(processExitsWith: .signal(SIGKILL)) { [log = log as String] in
                setenv("GANTRY_FAILPOINTS", "c=kill", 1)
                setenv("GANTRY_FAILPOINTS_LOG", log, 1)
                for name in ["a", "b", "a", "c", "d"] { Failpoint.reached(name) }
            }
            #expect(try String(contentsOfFile: log, encoding: .utf8) == "a\nb\na\nc\n")
        }
    }
#endif
