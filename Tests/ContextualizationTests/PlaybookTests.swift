import ContextualizationAPI
import Foundation
import Jinja
import Support
import Testing

@testable import Contextualization

@Suite struct PlaybookTests {
    private func run(
        _ files: [String: String], _ change: (inout RecipeRunner.Options, String) throws -> Void = { _, _ in }
    ) async throws -> (machines: FakeMachines, log: EventLog) {
        let project = try Project(files)
        let machines = try FakeMachines()
        var options = RecipeRunner.Options()
        options.privateKeyFiles = []
        try change(&options, project.root)
        let log = EventLog()
        _ = try await RecipeRunner(factory: machines, options: options, clock: ImmediateClock()).run(
            playbook: project.root + "/site.yml",
            inventory: try RecipeRunner.inventory(file: project.root + "/hosts")
        ) { try log.take($0) }
        return (machines, log)
    }

    private static func play(_ tasks: String, _ keywords: String = "") -> String {
        "- hosts: a\n  gather_facts: false\n" + keywords + "  tasks:\n"
            + tasks.split(separator: "\n").map { "    \($0)\n" }.joined()
    }

    // MARK: Becoming others

    struct Becoming: Sendable, CustomTestStringConvertible {
        var inventory = ""
        var keywords = ""
        var escalation: Escalation?
        var testDescription: String { "\(inventory) \(keywords)" }
    }

    @Test(
        "variables of the machine come before the keywords",
        arguments: [
            Becoming(inventory: "ansible_become=true", escalation: Escalation()),
            Becoming(inventory: "ansible_become=no", keywords: "  become: true\n", escalation: nil),
            Becoming(
                inventory: "ansible_become_user=app ansible_become_method=su", keywords: "  become: true\n",
                escalation: Escalation(method: .su, user: "app")),
            Becoming(
                inventory: "ansible_become_user=app", keywords: "  become: true\n  become_user: db\n",
                escalation: Escalation(user: "app")),
            Becoming(
                keywords: "  become: true\n  become_exe: /opt/bin/sudo\n  become_flags: -H -E\n",
                escalation: Escalation(program: "/opt/bin/sudo", flags: ["-H", "-E"])),
            Becoming(
                keywords: "  become: true\n  vars: {ansible_become_password: 'pw {{ 1 + 1 }}'}\n",
                escalation: Escalation(password: "pw 2")),
        ])
    func becoming(case test: Becoming) async throws {
        let (machines, _) = try await run([
            "hosts": "a ansible_host=10.0.0.1 ansible_user=plain \(test.inventory)\n",
            "site.yml": Self.play("- command: id", test.keywords),
        ])
        let program = try #require(machines.seen("10.0.0.1").programs.first { $0.script.contains("id") })
        #expect(program.escalation == test.escalation)
    }

    // MARK: Folders that are copied

    private static let copying = [
        "hosts": "a ansible_host=10.0.0.1\n",
        "site.yml": play("- {name: tree, copy: {src: tree, dest: .}}"), "files/tree/a": "1", "files/tree/sub/b": "2",
    ]

    @Test("a name that is no UTF-8 refuses the copy, and nothing is written")
    func namesOfOtherEncodings() async throws {
        let (machines, log) = try await run(Self.copying) { _, root in
            let path = "\(root)/files/tree/caf".utf8.map { CChar(bitPattern: $0) } + [CChar(bitPattern: 0xe9), 0]
            let file = open(path, O_CREAT | O_WRONLY, 0o644)
            try #require(file >= 0)
            close(file)
        }
        let record = try #require(log.record("tree", "a"))
        #expect(record.status == .failed)
        #expect(record.summary.contains("holds a name that is no UTF-8, 'caf\\xe9'"), "\(record.summary)")
        #expect(machines.read("10.0.0.1", "tree/a") == nil)
    }

    @Test("links in a folder are followed, or stay links", arguments: [true, false])
    func linksInFolders(follows: Bool) async throws {
        var files = Self.copying
        files["site.yml"] = Self.play("- {name: tree, copy: {src: tree, dest: ., local_follow: \(follows)}}")
        files["elsewhere/c"] = "3"
        let (machines, log) = try await run(files) { _, root in
            let manager = FileManager.default
            try manager.createSymbolicLink(
                atPath: "\(root)/files/tree/far", withDestinationPath: "../../elsewhere")
            try manager.createSymbolicLink(atPath: "\(root)/files/tree/loop", withDestinationPath: ".")
            try manager.createSymbolicLink(atPath: "\(root)/files/tree/none", withDestinationPath: "no such file")
        }
        #expect(log.record("tree", "a")?.status == .changed, "\(log.records)")
        #expect(machines.read("10.0.0.1", "tree/sub/b") == "2")
        func link(_ name: String) -> String? {
            try? FileManager.default.destinationOfSymbolicLink(atPath: machines.path("10.0.0.1", "tree/" + name))
        }
        #expect(link("far") == (follows ? nil : "../../elsewhere"))
        #expect(machines.read("10.0.0.1", "tree/far/c") == (follows ? "3" : nil))
        #expect(link("loop") == ".")
        #expect(link("none") == "no such file")
    }

    // MARK: Templates

    @Test func delimitersOfATemplate() async throws {
        let (machines, log) = try await run([
            "hosts": "a ansible_host=10.0.0.1\n", "templates/t": "<< 1 + 1 >> {{ x }} [% if true %]yes[% endif %]",
            "site.yml": Self.play(
                """
                - name: t
                  template:
                    src: t
                    dest: t
                    variable_start_string: "<<"
                    variable_end_string: ">>"
                    block_start_string: "[%"
                    block_end_string: "%]"
                """),
        ])
        #expect(machines.read("10.0.0.1", "t") == "2 {{ x }} yes", "\(log.records)")
    }

    // MARK: Questions

    @Test func answersAreHashed() async throws {
        let (machines, log) = try await run([
            "hosts": "a ansible_host=10.0.0.1\n",
            "site.yml": Self.play(
                "- {name: out, copy: {content: '{{ p }}', dest: p}}",
                "  vars_prompt: [{name: p, encrypt: sha512_crypt, salt: abcdefgh}]\n"),
        ]) { options, _ in options.ask = { _ in "marker-secret" } }
        let hash = machines.read("10.0.0.1", "p") ?? ""
        #expect(hash.hasPrefix("$6$rounds=656000$abcdefgh$") && hash.utf8.count == 112, "\(hash) \(log.records)")
    }

    @Test func answersAreEncrypted() async throws {
        let error = await #expect(throws: (any Error).self) {
            try await run([
                "hosts": "a ansible_host=10.0.0.1\n",
                "site.yml": Self.play(
                    "- {name: out, copy: {content: '{{ p }}', dest: p}}",
                    "  vars_prompt: [{name: p, encrypt: des_crypt, salt: ab}]\n"),
            ]) { options, _ in options.ask = { _ in "marker-secret" } }
        }
        let text = String(describing: error)
        #expect(text.contains("password_hash supports sha512, sha256, md5 and blowfish, not 'des_crypt'"), "\(text)")
        #expect(!text.contains("marker-secret"))
    }

    // MARK: Loops and facts

    @Test func itemsOfAnExtendedLoop() async throws {
        let (machines, log) = try await run([
            "hosts": "a ansible_host=10.0.0.1\n",
            "site.yml": Self.play(
                """
                - name: all
                  copy: {content: "{{ ansible_loop.allitems is defined }} {{ ansible_loop.last }}", dest: "{{ item }}"}
                  loop: [x, y]
                  loop_control: {extended: true, extended_allitems: false}
                """),
        ])
        #expect(machines.read("10.0.0.1", "y") == "False True", "\(log.records)")
    }

    @Test func ownFactsOfAnotherFolder() async throws {
        let (machines, log) = try await run([
            "hosts": "a ansible_host=10.0.0.1\n", "facts/one.fact": "{\"a\": 1}",
            "site.yml":
                "- hosts: a\n  fact_path: '{{ where }}'\n  tasks: [{copy: {content: '{{ ansible_local }}', dest: l}}]\n",
        ]) { options, root in options.extraVariables = ["where": .string(root + "/facts")] }
        #expect(machines.read("10.0.0.1", "l") == "{\"one\": {\"a\": 1}}", "\(log.records)")
    }
}
