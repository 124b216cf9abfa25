import ArgumentParser

struct RecipeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe", abstract: "Run recipes on machines of any inventory.",
        discussion: """
            Playbooks in Ansible's syntax, with ansible-playbook's option names. Nothing is installed on the machines, and \
            nothing but this program is needed here. What of Ansible there is: docs/compatibility-ansible.md.
            """,
        subcommands: [
            RecipeRunCommand.self, RecipeCheckCommand.self, RecipeListTasksCommand.self, RecipeListHostsCommand.self,
            RecipeListTagsCommand.self,
            RecipeFactsCommand.self, RecipeVaultCommand.self,
        ])
}
