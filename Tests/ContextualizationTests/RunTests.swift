import Contextualization
import ContextualizationAPI
import Foundation
import Modules
import Support
import Testing

/// Runs as a whole: order, faults, resume, secrets.
@Suite struct RunTests {
    private static let twenty =
        "- tasks:\n"
        + (1...20).map { "    - {name: t\($0), shell: 'echo \($0) >> out', register: r\($0)}\n" }.joined()
        + "    - {name: sum, shell: 'echo {{ r1.stdout }}{{ r12.rc }}{{ r20.rc }} >> out'}\n"

    @Test(arguments: [1, 2, 7, 12, 13, 20, 21])
    func interruptedRunGoesOnAtTheNextTask(stop: Int) async throws {
        let harness = try Harness()
        let request = harness.request(["web": Self.twenty])
        let first = EventLog(stopAfter: stop)
        await #expect(throws: EventLog.Stopped.self) { try await harness.run(request, log: first) }
        var resumed = request
        resumed.history = first.all
        let (report, second) = try await harness.run(resumed)
        #expect(report.results["m1"] == .configured, "\(second.records)")
        let lines = try #require(harness.machines.read("10.0.0.1", "out")).split(separator: "\n").map(String.init)
        #expect(lines == (1...20).map(String.init) + ["00"])
        // Nothing is told twice.
        let names = (first.records + second.records).map { $0.task.path }
        #expect(Set(names).count == names.count)
        #expect(report.counts["m1"]?.changed == 21)
    }

    @Test func resumedHandlersRunOnce() async throws {
        let recipe = """
            - tasks:
                - {name: a, shell: echo a >> out, notify: h1}
                - {name: b, shell: echo b >> out, notify: h2}
              handlers:
                - {name: h1, shell: echo h1 >> out}
                - {name: h2, shell: echo h2 >> out}
            """
        for stop in 1...5 {
            let harness = try Harness()
            let request = harness.request(["web": recipe])
            let first = EventLog(stopAfter: stop)
            await #expect(throws: EventLog.Stopped.self) { try await harness.run(request, log: first) }
            var resumed = request
            resumed.history = first.all
            let (report, log) = try await harness.run(resumed)
            #expect(report.results["m1"] == .configured, "\(log.records)")
            #expect(harness.machines.read("10.0.0.1", "out") == "a\nb\nh1\nh2\n", "stopped after \(stop)")
        }
    }

    /// A record that may be lost costs nothing but doing the task again; commands and what others read are never such.
    @Test func lostRecordsOfTasksThatDidNothing() async throws {
        let recipe = """
            - tasks:
                - {name: once, shell: echo 1 >> out}
                - {name: silent, shell: echo 2 >> out, changed_when: false}
                - {name: written, copy: {dest: page, content: x}}
                - {name: there, copy: {dest: page, content: x}}
                - {name: read, copy: {dest: page, content: x}, register: page}
                - {name: said, debug: {msg: hello}}
                - {name: kept, set_fact: {number: '{{ 1000000 | random }}'}}
                - {name: skipped, shell: echo 3 >> out, when: false}
                - {name: last, shell: 'echo {{ page.changed }} >> out'}
            """
        let harness = try Harness()
        let request = harness.request(["web": recipe])
        let first = EventLog(stopAfter: 9)
        await #expect(throws: EventLog.Stopped.self) { try await harness.run(request, log: first) }
        #expect(
            first.records.filter(\.isRepeatable).map(\.task.name) == ["Gathering Facts", "there", "said", "skipped"])
        var resumed = request
        resumed.history = first.all.filter { event in
            if case .taskFinished(let record) = event.body { !record.isRepeatable } else { true }
        }
        let (report, log) = try await harness.run(resumed)
        #expect(report.results["m1"] == .configured, "\(log.records)")
        #expect(log.records.map(\.task.name) == ["Gathering Facts", "there", "said", "skipped", "last"])
        #expect(harness.machines.read("10.0.0.1", "out") == "1\n2\nFalse\n")
    }

    @Test func finishedRunTouchesNothing() async throws {
        let harness = try Harness()
        let request = harness.request(["web": Self.twenty])
        let (_, first) = try await harness.run(request)
        let programs = harness.machines.seen("10.0.0.1").programs.count
        var again = request
        again.history = first.all
        let (report, log) = try await harness.run(again)
        #expect(report.results["m1"] == .configured)
        #expect(log.all.isEmpty)
        #expect(harness.machines.seen("10.0.0.1").programs.count == programs)
    }

    @Test func stepsWaitForEachOtherAndFailedMachinesStayOut() async throws {
        let harness = try Harness()
        let request = harness.request(
            [
                "one":
                    "- tasks: [{name: one, shell: 'test {{ IM_NODE_NUM }} != 2; echo 1 {{ IM_NODE_NUM }} >> \(harness.machines.root)/all; test {{ IM_NODE_NUM }} != 2'}]",
                "two": "- tasks: [{name: two, shell: 'echo 2 {{ IM_NODE_NUM }} >> \(harness.machines.root)/all'}]",
            ], machines: 4, steps: [("two", 5), ("one", 3)])
        let (report, log) = try await harness.run(request)
        let lines = try #require(harness.machines.read("", "all")).split(separator: "\n")
        #expect(lines.prefix(4).allSatisfy { $0.hasPrefix("1 ") })
        #expect(lines.suffix(3).allSatisfy { $0.hasPrefix("2 ") })
        #expect(lines.count == 7)
        #expect(report.results["m2"] == .failed(step: "one", message: "one: non-zero return code"))
        #expect(report.results["m3"] == .configured)
        #expect(!log.all.contains { $0.machine == "m2" && $0.body == .stepStarted(step: "two", tasks: 1) })
    }

    @Test func machinesAreWaitedFor() async throws {
        let refused = CommunicatorError(code: .refused, message: "10.0.0.1:22 refuses")
        let denied = CommunicatorError(code: .authenticationFailed, message: "no key is accepted")
        let harness = try Harness(["10.0.0.1": .init(connect: [refused, refused, denied])])
        let (report, log) = try await harness.run("- tasks: [{ping: }]")
        #expect(report.results["m1"] == .configured, "\(log.records)")
        let first = try #require(log.all.first)
        #expect(first.body == .message("waiting until the machine lets us in: 10.0.0.1:22 refuses"))
        // Told anew when the reason is another one.
        #expect(log.all[1].body == .message("waiting until the machine lets us in: no key is accepted"))
        #expect(log.all[2].body == .reached(endpoint: Endpoint(host: "10.0.0.1"), hostKey: "ssh-x AAAA"))
    }

    @Test(arguments: [
        CommunicatorError(code: .hostKeyChanged, message: "the host key of m1 is not the pinned one"),
        CommunicatorError(code: .protocolViolation, message: "no POSIX shell"),
    ])
    func whatCannotPassIsToldAtOnce(error: CommunicatorError) async throws {
        let harness = try Harness(["10.0.0.1": .init(connect: [error])])
        let (report, log) = try await harness.run("- tasks: [{ping: }]")
        #expect(report.results["m1"] == .failed(step: "facts", message: error.message))
        #expect(log.all.last?.body == .failed(step: "facts", message: error.message))
        #expect(log.all.count == 2)
        #expect(report.counts["m1"]?.unreachable == 1)
    }

    @Test func patienceEnds() async throws {
        let refused = CommunicatorError(code: .refused, message: "10.0.0.1:22 refuses")
        let harness = try Harness(["10.0.0.1": .init(connect: Array(repeating: refused, count: 100_000))])
        var request = harness.request(["web": "- tasks: [{ping: }]"])
        request.reachTimeout = .milliseconds(50)
        let (report, _) = try await harness.run(request)
        guard case .failed(_, let message) = report.results["m1"] else {
            Issue.record("\(report)")
            return
        }
        #expect(message.hasPrefix("10.0.0.1:22 refuses (gave up after "))
    }

    @Test func escalationFailureIsClear() async throws {
        let harness = try Harness([
            "10.0.0.1": .init(answer: { _ in nil })
        ])
        let failing = EscalationRefused(base: harness.machines)
        var request = harness.request(["web": "- tasks: [{name: t, command: id}]"])
        request.machines[0].target.user = "debian"
        let log = EventLog()
        let report = try await NativeContextualizer(factory: failing, clock: ImmediateClock()).run(request) {
            try log.take($0)
        }
        #expect(
            report.results["m1"]
                == .failed(
                    step: "facts", message: "Gathering Facts: sudo is not on 10.0.0.1: install it or log in as root"))
    }

    @Test func lostConnectionIsOpenedAgainForModulesOnly() async throws {
        let recipe = "- tasks: [{name: c, copy: {content: x, dest: out}}, {name: s, shell: echo y >> out}]"
        let harness = try Harness(["10.0.0.1": .init(losesProgram: 2)])
        let (report, log) = try await harness.run(recipe)
        #expect(report.results["m1"] == .configured, "\(log.records)")
        #expect(harness.machines.seen("10.0.0.1").connections == 2)
        let other = try Harness(["10.0.0.1": .init(losesProgram: 3)])
        let (failed, failedLog) = try await other.run(recipe)
        #expect(failed.results["m1"] == .failed(step: "web", message: "s: the connection to 10.0.0.1 was lost"))
        #expect(failedLog.record("s")?.status == .unreachable)
    }

    @Test func badRecipesAreRefusedBeforeAnythingRuns() async throws {
        let harness = try Harness()
        let recipes = [
            "- tasks: [{nosuch: {a: 1}}]", "- tasks: [{copy: {dest: /x, contents: y}}]", "- tasks: [", "just text",
            "- tasks: [{command: ls, wen: true}]", "- tasks: [{debug: {msg: '{{ x'}}]",
            "- tasks: [{command: ls, notify: nobody}]", "- tasks: [{local_action: command ls}]",
            "- tasks: [{command: ls, delegate_to: localhost}]",
        ]
        for recipe in recipes {
            let error = await #expect(throws: ContextualizationError.self, "\(recipe)") {
                try await harness.run(recipe)
            }
            #expect(error?.problems.isEmpty == false)
            #expect(error?.problems.first?.recipe == "web")
        }
        let missing = harness.request(["other": "- tasks: []"])
        await #expect(throws: ContextualizationError.self) { try await harness.run(missing) }
        #expect(harness.machines.seen("10.0.0.1").connections == 0)
        let problems = await harness.contextualizer().check(recipes: [
            ContextualizationRecipe(name: "r", text: "- tasks:\n    - nosuch: {}\n    - copy: {bogus: 1, dest: /x}\n")
        ])
        #expect(problems.count == 2)
        #expect(problems[0].line == 2)
        #expect(problems[1].message.hasPrefix("Unsupported parameters for (copy) module: bogus."))
    }

    @Test(
        "a recipe runs on the machines of its systems, whatever its plays say",
        arguments: [
            ("web", true), ("[web, db]", true), ("localhost", true), ("all", true), (#""{{ IM_HOST }}""#, false),
            (#""{{IM_HOST}}""#, false),
        ])
    func hostsOfRecipesAreTold(hosts: String, isTold: Bool) async throws {
        let problems = try await Harness().contextualizer().check(recipes: [
            ContextualizationRecipe(name: "r", text: "\n- hosts: \(hosts)\n  tasks: []\n")
        ])
        #expect(problems.map(\.isWarning) == (isTold ? [true] : []), "\(problems)")
        #expect(problems.first?.line == (isTold ? 2 : nil))
        if isTold { #expect(problems.first?.message.contains("is not followed") == true) }
    }

    @Test func includedFilesThatAreNoSectionAreTold() async throws {
        let problems = try await Harness().contextualizer().check(recipes: [
            ContextualizationRecipe(
                name: "r",
                text: """
                    - tasks:
                        - include_tasks: part.yml
                        - block:
                            - include_tasks: none.yml
                              when: false
                        - include_tasks: "{{ os }}.yml"
                    """),
            ContextualizationRecipe(name: "part", text: "- ping:\n"),
        ])
        #expect(
            problems.map(\.message) == [
                "'none.yml' is included, and the document has no configure section 'none'"
            ])
        #expect(problems.map(\.isWarning) == [true])
        #expect(problems.first?.line == 4)
    }

    @Test func secretsAreSeenNowhere() async throws {
        let harness = try Harness()
        var request = harness.request([
            "web": """
            - tasks:
                - {name: "task {{ TOKEN }}", shell: "echo {{ TOKEN }}; echo {{ TOKEN }} >&2", register: r}
                - {name: hidden, shell: "echo private", no_log: true, register: p}
                - {name: shown, debug: {msg: "{{ r.stdout }} {{ login }}"}}
                - {name: used, copy: {content: "{{ r.stdout }} {{ p.stdout }}", dest: out}}
                - {name: fails, shell: "echo {{ TOKEN }} >&2; exit 1"}
            """
        ])
        request.variables = ["TOKEN": .secret("marker-token-1"), "login": .string("plain")]
        request.machines[0].target.authentications = [.password("marker-password-2")]
        request.machines[0].basics.newPassword = "marker-password-3"
        let (report, log) = try await harness.run(request)
        #expect(harness.machines.read("10.0.0.1", "out") == "marker-token-1 private")
        for event in log.all {
            var shown = event
            if case .taskFinished(var record) = event.body {
                record.effects = nil
                shown.body = .taskFinished(record)
            }
            #expect(!String(describing: shown).contains("marker-"), "\(shown)")
            #expect(!String(describing: shown).contains("private"), "\(shown)")
        }
        #expect(!String(describing: report).contains("marker-"))
        #expect(!RecipeLog.text(of: log.all, hosts: ["m1": "h"]).contains("marker-"))
        // A program's text holds the value; the arguments of processes do not.
        #expect(log.record("hidden")?.result.contains("censored") == true)
    }

    @Test func timeLimitEndsTheRun() async throws {
        let harness = try Harness()
        var request = harness.request(["web": "- tasks: [{name: slow, command: sleep 5}]"])
        request.timeout = .milliseconds(300)
        let (report, log) = try await harness.run(request)
        #expect(report.results["m1"] == .failed(step: nil, message: "ERROR: Max contextualization time passed."))
        #expect(log.all.last?.body == .failed(step: nil, message: "ERROR: Max contextualization time passed."))
    }

    @Test func parallelismIsBounded() async throws {
        let harness = try Harness()
        var request = harness.request(
            [
                "web":
                    "- tasks: [{name: t, shell: 'mkdir \(harness.machines.root)/lock && rmdir \(harness.machines.root)/lock'}]"
            ],
            machines: 6)
        request.parallelism = 1
        let (report, log) = try await harness.run(request)
        #expect(report.results.values.allSatisfy { $0 == .configured }, "\(log.records)")
    }

    @Test func logLooksLikeAnsibles() async throws {
        let harness = try Harness()
        let (report, log) = try await harness.run(
            """
            - tasks:
                - {name: one, shell: echo x, loop: [a, b], when: item == 'a'}
                - {name: two, debug: {msg: hi}}
                - {name: three, command: "false", ignore_errors: true}
                - {name: four, command: "false", when: false}
            """)
        let text = RecipeLog.text(of: log.all, hosts: ["m1": "10.0.0.1_1"], counts: report.counts)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.contains("TASK [one] " + String(repeating: "*", count: 69)))
        #expect(lines.contains("changed: [10.0.0.1_1] => (item=a)"))
        #expect(lines.contains("skipping: [10.0.0.1_1] => (item=b) "))
        #expect(text.contains("ok: [10.0.0.1_1] => {\n    \"msg\": \"hi\"\n}"))
        #expect(lines.contains { $0.hasPrefix("fatal: [10.0.0.1_1]: FAILED! => {") && $0.contains("\"rc\": 1") })
        #expect(lines.contains("...ignoring"))
        #expect(lines.contains("skipping: [10.0.0.1_1]"))
        #expect(
            lines.contains(
                "10.0.0.1_1                 : ok=4    changed=2    unreachable=0    failed=0    skipped=1    rescued=0    ignored=1   "
            ))
    }

    /// However the machines come in, a task's results stand together and none is lost.
    @Test func streamsKeepTheOrderOfTasks() throws {
        func event(_ machine: String, _ task: Int) -> ContextualizationEvent {
            ContextualizationEvent(
                machine: machine,
                body: .taskFinished(
                    TaskRecord(
                        task: TaskReference(step: "s", path: "0.tasks.\(task)", name: "t\(task)", module: "command"),
                        status: .ok, seconds: 0, summary: "", result: "{}", effects: nil)))
        }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let machines = ["a", "b", "c"]
            var queues: [String: [ContextualizationEvent]] = [:]
            var log = RecipeLog(hosts: [:])
            var lines: [String] = []
            for machine in machines {
                queues[machine] =
                    (0..<5).map { event(machine, $0) }
                    + [ContextualizationEvent(machine: machine, body: .stepFinished(step: "s", succeeded: true))]
                lines += log.lines(
                    for: ContextualizationEvent(machine: machine, body: .stepStarted(step: "s", tasks: 5)))
            }
            while let machine = machines.filter({ queues[$0]?.isEmpty == false }).randomElement(using: &generator) {
                if let next = queues[machine]?.removeFirst() { lines += log.lines(for: next) }
            }
            let tasks = lines.filter { $0.hasPrefix("TASK") }.map { $0.split(separator: " ")[1] }
            #expect(tasks == ["[t0]", "[t1]", "[t2]", "[t3]", "[t4]"])
            #expect(lines.count { $0.hasPrefix("ok: ") } == 15)
        }
    }

    @Test func differencesAreUnified() {
        let lines = UnifiedDifference.lines(before: "a\nb\nc\nd\ne\nf\ng\n", after: "a\nb\nc\nX\ne\nf\ng\nh\n")
        #expect(
            lines == [
                "--- before", "+++ after", "@@ -1,7 +1,8 @@", " a", " b", " c", "-d", "+X", " e", " f", " g", "+h",
            ])
        #expect(UnifiedDifference.lines(before: "", after: "x\n").suffix(2) == ["@@ -0,0 +1 @@", "+x"])
        let note = "\\ No newline at end of file"
        #expect(
            UnifiedDifference.lines(before: "a\nb", after: "a\nb\n").dropFirst(2)
                == ["@@ -1,2 +1,2 @@", " a", "-b", note, "+b"])
        #expect(
            UnifiedDifference.lines(before: "a\nb", after: "c\nb").dropFirst(2)
                == ["@@ -1,2 +1,2 @@", "-a", "+c", " b", note])
        #expect(
            UnifiedDifference.lines(before: "a\r\n\r\nb\r\n", after: "a\r\n\r\nc\r\n").dropFirst(2)
                == ["@@ -1,3 +1,3 @@", " a\r", " \r", "-b\r", "+c\r"])
        #expect(
            UnifiedDifference.lines(before: "\u{e9}\n", after: "e\u{301}\n").count == 5, "texts that only look alike")
    }
}

/// Machines on which nobody may become root.
private struct EscalationRefused: CommunicatorFactory {
    let base: FakeMachines

    func connect(to target: ConnectionTarget, timeout: Duration) async throws -> Connection {
        var connection = try await base.connect(to: target, timeout: timeout)
        connection.communicator = Refusing()
        return connection
    }

    private struct Refusing: Communicator {
        func run(_ program: ShellProgram) async throws -> ProgramOutput {
            throw CommunicatorError(
                code: .escalationFailed, message: "sudo is not on 10.0.0.1: install it or log in as root")
        }
        func close() async {}
    }
}
