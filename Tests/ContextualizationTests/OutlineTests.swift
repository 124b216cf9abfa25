import Recipes
import Testing

@testable import Contextualization

/// What a playbook would do, as `ansible-playbook --list-tasks` and `--list-tags` of 2.19 list it.
@Suite struct OutlineTests {
    private static let files = [
        "site.yml": """
        - hosts: a
          tags: [play]
          pre_tasks:
            - {debug: {}, tags: [never, dbg]}
            - {name: named, debug: {}, tags: [x, always]}
          roles: [{role: nginx, tags: [nginx]}]
          tasks:
            - block: [{debug: {}, tags: [b]}, {include_tasks: x.yml, tags: inc}]
              rescue: [{debug: {}, tags: r}]
              tags: blk
            - meta: flush_handlers
            - {import_tasks: x.yml, tags: imp}
            - {include_role: {name: common}, tags: [never, ir]}
            - ansible.builtin.import_role: {name: common}
          handlers: [{name: h, debug: {}, tags: hh}]
        - hosts: a
          tasks: []
        """,
        "x.yml": "- {debug: {}, tags: xx}\n",
        "roles/nginx/tasks/main.yml": "- debug:\n- {name: own, debug: {}, tags: [never, vh]}\n",
        "roles/nginx/meta/main.yml": "dependencies: [{role: common, tags: dep}]\n",
        "roles/nginx/meta/argument_specs.yml": "argument_specs: {main: {short_description: main, options: {}}}\n",
        "roles/common/tasks/main.yml": "- {ansible.builtin.debug: {}, tags: cm}\n",
    ]

    private func outline(_ tags: TagSelection) throws -> [PlayOutline] {
        let project = try Project(Self.files)
        var options = RecipeRunner.Options()
        options.tags = tags
        return try RecipeRunner(factory: try FakeMachines(), options: options).outline(
            playbook: project.root + "/site.yml", inventory: try Inventory.parse("a\n", name: "hosts"))
    }

    @Test func tasksWithTheirTags() throws {
        let plays = try outline(TagSelection())
        #expect(plays.map(\.tags) == [["play"], []] && plays[1].tasks.isEmpty)
        #expect(
            plays[0].tasks.map { "\($0.name) \($0.tags.joined(separator: " "))" } == [
                "named always play x", "ansible.builtin.debug cm dep nginx play",
                "nginx : Validating arguments against arg spec 'main' - main always nginx play", "debug nginx play",
                "debug b blk play", "include_tasks blk inc play", "meta play", "debug imp play xx",
                "ansible.builtin.debug cm play",
            ])
    }

    @Test func tasksThatRunOnlyWhenAskedFor() throws {
        let plays = try outline(TagSelection(only: ["all", "never"]))
        #expect(
            Set(plays[0].tasks.flatMap(\.tags)).sorted() == [
                "always", "b", "blk", "cm", "dbg", "dep", "imp", "inc", "ir", "never", "nginx", "play", "vh", "x", "xx",
            ])
        #expect(try outline(TagSelection(only: ["vh"]))[0].tasks.map(\.name).last == "nginx : own")
    }
}
