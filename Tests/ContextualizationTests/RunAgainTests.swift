import Contextualization
import ContextualizationAPI
import Foundation
import Support
import Testing

/// Recipes that are run again, and the log of a machine.
@Suite struct RunAgainTests {
    /// Each time all of its tasks; what was told is in the log.
    @Test func aRecipeThatFailsIsRunAgain() async throws {
        let recipe = "- tasks: [{name: add, shell: echo x >> out}, {name: third, shell: 'test $(wc -l < out) = 3'}]"
        for (attempts, lines) in [(1, "x\n"), (2, "x\nx\n"), (4, "x\nx\nx\n")] {
            let harness = try Harness()
            var request = harness.request(["web": recipe, "last": "- tasks: [{shell: echo last >> out}]"])
            request.attempts = attempts
            let (report, log) = try await harness.run(request)
            #expect(harness.machines.read("10.0.0.1", "out") == lines)
            let isDone = attempts == 4
            #expect(
                report.results["m1"]
                    == (isDone ? .configured : .failed(step: "web", message: "third: non-zero return code")))
            let told = log.all.compactMap { if case .message(let text) = $0.body { text } else { nil } }
            let words = "third: non-zero return code; it is run again in"
            #expect(
                told
                    == [
                        "ERROR executing task web: (1/\(attempts)): \(words) 20 s",
                        "ERROR executing task web: (2/\(attempts)): \(words) 45 s",
                    ].prefix(attempts == 4 ? 2 : attempts - 1).map { $0 })
        }
    }

    /// Whenever the controller dies: what one time did is not taken for what the next one has to do, and nothing is done
    /// twice.
    @Test func aDeathAnywhereInARecipeThatIsRunAgain() async throws {
        let recipe = "- tasks: [{name: add, shell: echo x >> out}, {name: second, shell: 'test $(wc -l < out) = 2'}]"
        var (place, hasEnded) = (0, false)
        while !hasEnded {
            place += 1
            let harness = try Harness()
            var request = harness.request(["web": recipe])
            request.attempts = 2
            let log = EventLog(dyingAt: place)
            do {
                _ = try await harness.contextualizer().run(request) { try log.take($0) }
                hasEnded = true
            } catch is EventLog.Stopped {}
            // It is asked for with what is on record.
            request.history = log.all
            let (report, second) = try await harness.run(request)
            #expect(report.results["m1"] == .configured, "\(place): \(second.records)")
            #expect(harness.machines.read("10.0.0.1", "out") == "x\nx\n", "\(place): \(log.all.last.debugDescription)")
        }
        #expect(place > 10)
    }

    /// Ansible's output in the words of IM's agent.
    @Test func theLogOfAMachine() async throws {
        let harness = try Harness()
        let recipe = """
            - tasks:
                - {name: said, debug: {msg: hello}}
                - {name: made, shell: echo 1 > out}
                - {name: passed over, shell: 'true', when: false}
                - {name: borne, command: 'false', ignore_errors: true}
                - {name: broken, command: 'false'}
            """
        let (_, log) = try await harness.run(recipe)
        let contextualizer = NativeContextualizer(factory: harness.machines)
        let lines = try #require(contextualizer.log(of: log.all.filter { $0.machine == "m1" }, host: "10.0.0.1_0"))
        let stars = String(repeating: "*", count: 69)
        #expect(lines.first == "Remote access to VM: 10.0.0.1 Open!", "\(lines)")
        #expect(lines.contains("Launch task: web") && lines.contains("PLAY [web] " + stars), "\(lines)")
        for (head, result) in [
            ("TASK [said] ", "ok: [10.0.0.1_0] => {"), ("TASK [made] ", "changed: [10.0.0.1_0]"),
            ("TASK [passed over] ", "skipping: [10.0.0.1_0]"), ("TASK [borne] ", "fatal: [10.0.0.1_0]: FAILED! => {"),
            ("TASK [broken] ", "fatal: [10.0.0.1_0]: FAILED! => {"),
        ] {
            let place = try #require(lines.firstIndex { $0.hasPrefix(head + "***") }, "\(head)? \(lines)")
            #expect(lines[place].count == 80 && lines[place - 1].isEmpty)
            let time = /[A-Z][a-z]+day \d\d [A-Z][a-z]+ \d{4}  \d\d:\d\d:\d\d\.\d{6}/
            #expect(try time.wholeMatch(in: lines[place + 1]) != nil, "\(lines[place + 1])")
            #expect(lines[place + 2].hasPrefix(result), "\(lines[place + 2])")
        }
        #expect(lines.contains("...ignoring"))
        #expect(lines.suffix(2) == ["ERROR executing task web", "broken: non-zero return code"], "\(lines.suffix(4))")
        let recap = try #require(lines.last { $0.hasPrefix("10.0.0.1_0 ") })
        #expect(recap.contains(": ok=3    changed=2    unreachable=0    failed=1    skipped=1 "), "\(recap)")
    }
}
