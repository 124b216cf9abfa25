import ContextualizationAPI
import Foundation
import Jinja
import Testing

@testable import Contextualization

/// In which order files of tasks are found, as ansible-core 2.19 was seen to look for them: of files of one name the one
/// that it took, then the one that it took without that one, and so on.
@Suite struct TaskFileTests {
    struct Search: Sendable, CustomTestStringConvertible {
        var role: String?
        var folders: [String]
        var isImport: Bool
        /// Folders with a file of the name, in the order in which it was taken from them.
        var found: [String]
        var testDescription: String { "\(role ?? "playbook") \(folders) \(isImport ? "import" : "include")" }
    }

    @Test(arguments: [
        Search(
            role: "pb/roles/p", folders: [], isImport: false,
            found: ["pb/roles/p/tasks", "cwd/tasks", "pb/roles/p", "pb/tasks", "pb"]),
        Search(
            role: "pb/roles/p", folders: ["sub"], isImport: false,
            found: [
                "pb/roles/p/tasks", "cwd/tasks", "pb/roles/p", "pb/tasks", "pb", "pb/roles/p/tasks/sub/tasks",
                "pb/roles/p/tasks/sub",
            ]),
        Search(
            role: "pb/roles/p", folders: ["deep", "sub"], isImport: false,
            found: [
                "pb/roles/p/tasks", "cwd/tasks", "pb/roles/p", "pb/tasks", "pb", "pb/roles/p/tasks/deep",
                "pb/roles/p/tasks/sub/deep/tasks", "pb/roles/p/tasks/sub/deep",
            ]
        ),
        Search(
            role: "pb/roles/p", folders: [], isImport: true,
            found: ["pb/roles/p/tasks", "cwd/tasks", "pb/roles/p", "pb/tasks", "pb"]),
        Search(
            role: "pb/roles/p", folders: ["sub"], isImport: true,
            found: [
                "pb/roles/p/tasks/sub/tasks", "cwd/tasks", "pb/roles/p/tasks/sub", "pb/tasks", "pb", "pb/roles/p/tasks",
                "pb/roles/p",
            ]),
        Search(
            role: "pb/roles/p", folders: ["deep", "sub"], isImport: true,
            found: [
                "cwd/tasks", "pb/roles/p/tasks/deep", "pb/tasks", "pb", "pb/roles/p/tasks/sub/deep/tasks",
                "pb/roles/p/tasks/sub/deep", "pb/roles/p/tasks", "pb/roles/p",
            ]
        ),
        Search(
            role: "pb/roles/p", folders: [""], isImport: false,
            found: ["pb/roles/p/tasks", "cwd/tasks", "pb/roles/p", "pb/tasks", "pb", "pb/roles/p/tasks/tasks"]),
        Search(
            role: "pb/roles/p", folders: ["", ""], isImport: true,
            found: ["pb/roles/p/tasks/tasks", "cwd/tasks", "pb/roles/p/tasks", "pb/tasks", "pb", "pb/roles/p"]),
        Search(
            role: nil, folders: [], isImport: false,
            found: ["pb"]),
        Search(
            role: nil, folders: ["sub"], isImport: false,
            found: ["pb/sub", "cwd/sub", "pb"]),
        Search(
            role: nil, folders: ["deep", "sub"], isImport: false,
            found: ["pb/deep", "cwd/deep", "pb", "pb/sub/deep"]),
        Search(
            role: nil, folders: [], isImport: true,
            found: ["pb"]),
        Search(
            role: nil, folders: ["sub"], isImport: true,
            found: ["pb/sub", "cwd/sub", "pb"]),
        Search(
            role: nil, folders: ["deep", "sub"], isImport: true,
            found: ["pb/deep", "cwd/deep", "pb", "pb/sub/deep"]),
    ])
    func order(search: Search) {
        let places = TaskFiles(role: search.role, folders: search.folders).places(
            of: "leaf.yml", isImport: search.isImport, playbook: "pb", current: "cwd")
        var seen: Set<String> = []
        let order = places.filter { seen.insert($0).inserted }.map { String($0.dropLast("/leaf.yml".count)) }
            // Where no file was when the orders were recorded.
            .filter { !["pb/roles/p/tasks/deep/tasks", "cwd/sub/deep"].contains($0) }
        #expect(order == search.found + (search.role == nil ? ["pb/tasks"] : []))
    }

    @Test func absoluteNamesStay() {
        let places = TaskFiles(role: "r", folders: ["sub"]).places(
            of: "/x/leaf.yml", isImport: true, playbook: "pb", current: "cwd")
        #expect(places == ["/x/leaf.yml"])
    }

    private static func leaf(_ name: String) -> String { "- debug: {msg: \(name)}\n" }

    @Test func playbooksAreImportedByVariables() async throws {
        let trial = try await PlaybookTrial(
            """
            - import_playbook: "{{ name }}.yml"
              vars: {name: one}
            - import_playbook: "{{ playbook_dir }}/{{ which | default('none') }}.yml"
              vars: {which: one}
            """,
            files: ["one.yml": "- hosts: a\n  tasks: [{debug: {msg: one}}]\n", "two.yml": "- hosts: a\n  tasks: []\n"]
        ) { $0.extraVariables = ["which": "two"] }
        #expect(trial.summaries() == ["one"])
        await #expect {
            _ = try await PlaybookTrial("- import_playbook: '{{ nobody }}.yml'\n")
        } throws: { error in
            let problems = (error as? ContextualizationError)?.problems.map(\.message) ?? []
            return problems.count == 1 && problems[0].contains("'nobody' is undefined")
        }
    }

    @Test func filesOfOneName() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              roles: [p]
              tasks:
                - include_tasks: tasks/sub/x.yml
                - import_tasks: tasks/sub/x.yml
                - import_tasks: tasks/sub/z.yml
            - import_playbook: other/p.yml
            """,
            files: [
                "roles/p/tasks/main.yml":
                    "- include_tasks: sub/x.yml\n- import_tasks: sub/z.yml\n- include_tasks: sub/only.yml\n",
                "roles/p/tasks/sub/x.yml": "- include_tasks: y.yml\n",
                "roles/p/tasks/sub/z.yml": "- import_tasks: y.yml\n",
                "roles/p/tasks/sub/only.yml": "- import_tasks: o.yml\n- include_tasks: o.yml\n",
                "roles/p/tasks/y.yml": Self.leaf("role"), "roles/p/tasks/sub/y.yml": Self.leaf("role sub"),
                "roles/p/tasks/sub/o.yml": Self.leaf("only"), "tasks/sub/x.yml": "- include_tasks: y.yml\n",
                "tasks/sub/z.yml": "- import_tasks: y.yml\n", "tasks/y.yml": Self.leaf("play tasks"),
                "tasks/sub/y.yml": Self.leaf("play sub"), "y.yml": Self.leaf("play"), "other/y.yml": Self.leaf("other"),
                "other/p.yml": "- hosts: a\n  tasks: [{import_tasks: y.yml}, {include_tasks: y.yml}]\n",
            ], hosts: "a ansible_host=10.0.0.1\n")
        #expect(
            trial.summaries().filter { !$0.hasSuffix(".yml") } == [
                "role", "role sub", "only", "only", "play sub", "play sub", "play sub", "other", "other",
            ])
    }
}
