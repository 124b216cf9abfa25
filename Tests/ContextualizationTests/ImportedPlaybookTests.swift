import ContextualizationAPI
import Foundation
import Jinja
import Testing

@testable import Contextualization

/// What plays of a playbook see that is imported from another folder: what lies beside it, as ansible-core 2.19 was seen
/// to look for it, and not what lies beside the playbook that imports it.
@Suite struct ImportedPlaybookTests {
    private static let files = [
        "files/f.txt": "top", "templates/t.j2": "top", "templates/inc.j2": "top", "vars/v.yml": "v: top",
        "tasks/i.yml": "- debug: {msg: 'tasks of top'}", "roles/r/tasks/main.yml": "- debug: {msg: 'role of top'}",
        "sub/files/f.txt": "sub", "sub/templates/t.j2": "{% include 'inc.j2' %}", "sub/templates/inc.j2": "sub",
        "sub/vars/v.yml": "v: sub", "sub/vars/w.yml": "w: sub",
        "sub/tasks/i.yml": "- debug: {msg: 'tasks of {{ playbook_dir | basename }}'}",
        "sub/roles/r/tasks/main.yml": "- debug: {msg: 'role of {{ role_path | dirname | dirname | basename }}'}",
    ]
    private static let hosts = "a ansible_connection=local\n"

    /// What `debug` showed.
    private static func messages(_ trial: PlaybookTrial) -> [String] {
        trial.lines.flatMap { $0.split(separator: "\n") }.filter { $0.contains("\"msg\": ") }
            .compactMap { $0.split(separator: "\"").last.map(String.init) }
    }

    @Test func filesLieBesideTheImportedPlaybook() async throws {
        let play = """
            - hosts: a
              vars_files: [vars/v.yml]
              roles: [r]
              tasks:
                - include_vars: w.yml
                - debug: {msg: "{{ v }} {{ w }} {{ lookup('file', 'f.txt') }} {{ lookup('pipe', 'basename $PWD') }}"}
                - debug: {msg: "{{ lookup('template', 't.j2') }} {{ hostvars.a.playbook_dir | basename }}"}
                - include_tasks: tasks/i.yml
                - import_tasks: tasks/i.yml
                - include_role: {name: r}
                - import_role: {name: r}
                - copy: {src: f.txt, dest: "{{ out }}/copied"}
                - template: {src: t.j2, dest: "{{ out }}/rendered"}
                - command: cat {{ out }}/copied {{ out }}/rendered
                  register: sent
                - debug: {msg: "sent {{ sent.stdout }}"}
                - command: pwd
                  register: place
                - debug: {msg: "at {{ place.stdout | basename }}"}
            """
        let out = try Project(["kept": ""])
        let trial = try await PlaybookTrial(
            "- import_playbook: sub/s.yml\n- hosts: a\n  tasks:\n"
                + "    - debug: {msg: \"then {{ playbook_dir == top }} {{ lookup('file', 'f.txt') }}\"}\n",
            files: Self.files.merging(["sub/s.yml": play]) { $1 }, hosts: Self.hosts
        ) { options in
            options.extraVariables = [
                "out": .string(out.root), "top": "{{ playbook_dir | regex_replace('/sub$', '') }}",
            ]
        }
        #expect(trial.report.results["a"] == .configured, "\(trial.lines)")
        #expect(
            Self.messages(trial) == [
                "role of sub", "sub sub sub sub", "sub sub", "tasks of sub", "tasks of sub", "role of sub",
                "role of sub", "sent subsub", "at sub", "then True top",
            ], "\(trial.lines)")
    }

    @Test func whatLiesBesideTheTopIsNotFound() async throws {
        let trial = try await PlaybookTrial(
            "- import_playbook: sub/s.yml\n",
            files: [
                "files/f.txt": "top", "sub/s.yml": "- hosts: a\n  tasks: [{copy: {src: f.txt, dest: /nowhere/f}}]\n",
            ], hosts: Self.hosts)
        #expect(trial.summaries().first?.contains("Could not find or access 'f.txt'") == true, "\(trial.summaries())")
        await #expect(throws: ContextualizationError.self) {
            try await PlaybookTrial(
                "- import_playbook: sub/s.yml\n",
                files: ["roles/r/tasks/main.yml": "[]", "sub/s.yml": "- hosts: a\n  roles: [r]\n"], hosts: Self.hosts)
        }
    }

    @Test func importsInsideFindWhatLiesBesideThem() async throws {
        let trial = try await PlaybookTrial(
            "- import_playbook: sub/s.yml\n",
            files: [
                "sub/s.yml": "- import_playbook: \"{{ playbook_dir }}/deep/d.yml\"\n",
                "sub/deep/d.yml": "- hosts: a\n  tasks: [{debug: {msg: 'in {{ playbook_dir | basename }}'}}]\n",
            ], hosts: Self.hosts)
        #expect(trial.lines.contains { $0.contains("in deep") }, "\(trial.lines)")
    }

    /// Those beside the playbook before are not seen then.
    @Test func variablesLieBesideTheImportedPlaybook() async throws {
        let look = """
            - hosts: a:localhost
              tasks:
                - debug:
                    msg: "{{ inventory_hostname }} {{ g | default('-') }} {{ only | default('-') }}
                      {{ h | default('-') }} {{ i }} {{ late | default('-') }}"

            """
        let trial = try await PlaybookTrial(
            "- import_playbook: one/s.yml\n- import_playbook: sub/s.yml\n- import_playbook: one/s.yml\n",
            files: [
                "one/s.yml": look + "    - add_host: {name: b, late: 1}\n",
                "one/group_vars/all.yml": "g: one\nonly: one", "one/host_vars/a.yml": "h: one\ni: one",
                "one/host_vars/localhost.yml": "h: lone", "sub/s.yml": look.replacing("a:", with: "a:b:"),
                "sub/group_vars/all.yml": "g: sub", "sub/host_vars/a.yml": "h: sub",
                "sub/host_vars/localhost.yml": "h: lsub",
            ], hosts: "a ansible_connection=local\n[all:vars]\ni=inventory\n")
        #expect(
            Self.messages(trial).sorted()
                == [
                    "a one one one one -", "localhost one one lone inventory -",
                    "a sub - sub inventory -", "b sub - - inventory 1", "localhost sub - lsub inventory -",
                    "a one one one one -", "localhost one one lone inventory -",
                ].sorted(), "\(trial.lines)")
    }

    @Test func wrongVariablesBesideAnImportedPlaybookAreToldBefore() async throws {
        await #expect(throws: ContextualizationError.self) {
            try await PlaybookTrial(
                "- import_playbook: sub/s.yml\n",
                files: ["sub/s.yml": "- hosts: a\n  tasks: []\n", "sub/group_vars/all.yml": "[1]"], hosts: Self.hosts)
        }
    }
}
