import Foundation
import Modules
import Testing

@testable import Contextualization
@testable import Jinja
@testable import Recipes

/// `docs/compatibility-ansible.md` is what the engine's own tables say beside those of real ansible-core, from
/// `Recorded/record.py`. After a change: `GANTRY_WRITE_DOCS=1 make test`.
@Suite struct CompatibilityTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    @Test func documentIsUpToDate() throws {
        let text = try String(contentsOf: Self.folder.appending(path: "Recorded/ansible.json"), encoding: .utf8)
        let page = CompatibilityPage(ansible: try JinjaValue(json: text)).text
        let file = Self.folder.appending(path: "../../docs/compatibility-ansible.md")
        if ProcessInfo.processInfo.environment["GANTRY_WRITE_DOCS"] != nil {
            try page.write(to: file, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: file, encoding: .utf8)
        #expect(
            written == page, "docs/compatibility-ansible.md is not what the code says: GANTRY_WRITE_DOCS=1 writes it")
    }

    @Test func testsOfTheControllerAreKnownToTheCheck() {
        #expect(UnknownCallees.controllerTests == Set(ControllerTests.all.keys))
        #expect(UnknownCallees.controllerLookups == Set(ControllerLookups.names))
        #expect(UnknownCallees.engineLookups == Set(ControllerLookups.open))
        #expect(UnknownCallees.engineFilters == Set(EngineFilters.controller.keys))
        #expect(UnknownCallees.engineFilters == Set(EngineFilters.document.keys))
    }

    /// In playbooks that a user runs.
    @Test(
        "what tests say of files here",
        arguments: [
            ("'/proc' is mount", true), ("'/' is is_mount", true), ("'/etc' is mount", false),
            ("'/none' is is_mount", false), ("'/etc/../etc/passwd' is is_same_file '/etc/passwd'", true),
            ("'/etc/passwd' is same_file '/etc/group'", false), ("'/etc' is is_dir", true),
            ("'/proc/self' is is_link", true), ("'/none' is exists", false), ("'urn:isbn:0451450523' is urn", true),
            ("'http://a.test/' is urn", false), ("('nan' | float) is isnan", true), ("1 is isnan", false),
        ])
    func testsOfFiles(expression: String, holds: Bool) throws {
        let environment = RecipeEnvironment.make(tests: ControllerTests.all)
        #expect(try environment.renderText("{{ \(expression) }}", scope: JinjaDict()) == (holds ? "True" : "False"))
    }

    /// A keyword that the page calls native is one that the reader takes.
    @Test func keywordsOfThePageAreRead() throws {
        let play = "- hosts: all\n  %@: x\n  tasks: []\n"
        let task = "- hosts: all\n  tasks:\n  - debug: {}\n    %@: x\n"
        for (template, words) in [(play, Keywords.play.union(Keywords.common)), (task, Keywords.task)] {
            for word in words where !["hosts", "tasks", "name", "action", "local_action"].contains(word) {
                let recipe = try Recipe.parse(text: template.replacing("%@", with: word), name: "x")
                #expect(
                    !recipe.diagnostics.contains { $0.message.contains("is not a valid attribute") }, "\(word)")
            }
        }
    }
}

/// The page.
struct CompatibilityPage {
    let ansible: JinjaValue

    var text: String {
        let version = ansible["version"]?.text ?? ""
        return """
            # What of Ansible there is

            Made by the tests of the engine from its own tables and those of ansible-core \(version); nobody edits it.
            What is not there is told, with its place, before anything runs: `gantry recipe check` lists it. Recipes of a
            document have neither files of the controller nor roles; playbooks that a user runs have both.

            What Ansible Vault has encrypted, and what `vars_prompt` asks for, is shown by `debug` and `-v` where a
            user runs a playbook, as Ansible shows it: `no_log` hides it. In the log of a recipe of a document, which
            the service keeps, what the vault opens is masked as every secret is.

            ## Keywords

            \(keywords)

            ## Connections

            \(connections)

            ## Filters

            \(names("filters", own: Self.filters))

            `fileglob` only where a user runs a playbook. Tags are those of Jinja2, and `{% do %}`, `{% break %}` and \
            `{% continue %}`, which Ansible has where its configuration names the extensions of Jinja2 that bring them.

            ## Tests

            \(names("tests", own: Set(BuiltIns.tests.keys).union(ControllerTests.all.keys)))

            Those that look at files of the controller \
            (`exists file directory link link_exists mount same_file vaulted_file`) only where a user runs a playbook.

            ## Lookups

            \(names("lookups", own: Set(Lookups.all.keys).union(ControllerLookups.names + ControllerLookups.open)))

            Those that read files, the environment or programs of the controller \
            (\(ControllerLookups.names.map { "`\($0)`" }.joined(separator: " "))) only where a user runs a playbook.

            ## Modules

            \(modules)

            """
    }

    private static let filters = Set(BuiltIns.filters.keys).union(["from_yaml", "from_yaml_all"])
        .union(EngineFilters.controller.keys)

    private func list(_ key: String) -> [String] { ansible[key]?.listValue?.map(\.text) ?? [] }

    private static func code(_ names: some Sequence<String>) -> String {
        names.map { "`\($0)`" }.joined(separator: " ")
    }

    // MARK: - Keywords

    private var keywords: String {
        let all = Keywords.play.union(Keywords.common).union(Keywords.conditional).union(Keywords.task)
            .union(Keywords.block).union(["role", "with_<lookup>"])
        let loop: Set<String> = [
            "loop_var", "index_var", "label", "pause", "extended", "extended_allitems", "break_when",
        ]
        var lines = ["| Keyword | Of | Here |", "| --- | --- | --- |"]
        var places: [String: [String]] = [:]
        for place in ["play", "role", "block", "task", "handler", "loop_control"] {
            for word in ansible["keywords"]?[place]?.listValue?.map(\.text) ?? [] {
                places[word, default: []].append(place)
            }
        }
        for word in Keywords.play.union(Keywords.task) where places[word] == nil && word != "static" {
            places[word] = Keywords.play.contains(word) ? ["play"] : ["task"]
        }
        for (word, kinds) in places.sorted(by: { $0.key < $1.key }) {
            let isHere = all.contains(word) || kinds == ["loop_control"] && loop.contains(word)
            let here =
                KeywordSupport.refused[word].map { "not yet: \($0)" }
                ?? (isHere ? KeywordSupport.notes[word].map { "native; \($0)" } ?? "native" : "not yet")
            lines.append("| `\(word)` | \(kinds.joined(separator: ", ")) | \(here) |")
        }
        lines.append("")
        lines.append("`meta`: \(Self.code(RecipeCheck.metaActions)).")
        lines.append("")
        lines.append(
            "Old forms are read, each with a warning that names the modern one: `include`, `sudo`, `su`, `always_run`, "
                + "`action: module k=v`, `x|success`, bare variables in `with_items`, conditions of any type.")
        return lines.joined(separator: "\n")
    }

    // MARK: - Connections

    private var connections: String {
        var lines = [
            "Of a host in an inventory. Where one cannot be connected to as its variables say, and a play would do so, "
                + "the run does not begin; the message names host, variable and reason. Where `vars`, `set_fact` or "
                + "`include_vars` say it, or what variables of the inventory name and it does not have, the task goes that "
                + "way, or fails.", "",
            "| Variable | Here | |", "| --- | --- | --- |",
        ]
        for entry in ConnectionVariables.table {
            lines.append("| \(Self.code(entry.names)) | \(entry.treatment) | \(entry.note) |")
        }
        lines += [
            "",
            "Environment, below the inventory and options: "
                + Self.code([
                    "ANSIBLE_TIMEOUT", "ANSIBLE_SSH_TIMEOUT", "ANSIBLE_SSH_RETRIES", "ANSIBLE_REMOTE_USER",
                    "ANSIBLE_REMOTE_PORT", "ANSIBLE_PRIVATE_KEY_FILE", "ANSIBLE_HOST_KEY_CHECKING",
                    "ANSIBLE_SSH_HOST_KEY_CHECKING", "ANSIBLE_SSH_ARGS", "ANSIBLE_SSH_COMMON_ARGS",
                    "ANSIBLE_SSH_EXTRA_ARGS", "ANSIBLE_INVENTORY", "ANSIBLE_ROLES_PATH", "ANSIBLE_VAULT_PASSWORD_FILE",
                    "ANSIBLE_FORKS", "ANSIBLE_GATHERING", "ANSIBLE_FORCE_HANDLERS", "ANSIBLE_ASK_PASS",
                    "ANSIBLE_CONNECTION_PASSWORD_FILE", "ANSIBLE_BECOME", "ANSIBLE_BECOME_USER",
                    "ANSIBLE_BECOME_METHOD", "ANSIBLE_BECOME_ASK_PASS", "ANSIBLE_BECOME_PASSWORD_FILE",
                ]) + ".", "",
            "`~/.ssh/config` and `/etc/ssh/ssh_config` are read as `ssh` reads them: `Host`, `Include`, and `Match` by `host`, "
                + "`originalhost`, `user`, `localuser` and `all` (`exec` and others refuse the host; `-F none` in "
                + "`ansible_ssh_args` reads no file, `-F FILE` that one). They count where the inventory, options and "
                + "arguments for `ssh` say nothing, for machines in between too, by the options that are followed below; "
                + "all others in them are passed over. Of the keys of an agent (`$SSH_AUTH_SOCK`, `IdentityAgent`) all "
                + "are tried: behind keys that are named, before those of `~/.ssh` that are not. The service reads no "
                + "such file and asks no agent.", "",
            "`ansible.cfg` is looked for where Ansible does (`ANSIBLE_CONFIG`, the working folder unless anybody may write "
                + "there, `~/.ansible.cfg`, `/etc/ansible/ansible.cfg`; the first counts). Of it these hold where the "
                + "environment says nothing: of `[defaults]` "
                + Self.code([
                    "inventory", "roles_path", "vault_password_file", "private_key_file", "remote_user", "remote_port",
                    "timeout", "host_key_checking", "forks", "gathering", "force_handlers", "ask_pass",
                    "connection_password_file", "become_password_file",
                ]) + ", of `[privilege_escalation]` "
                + Self.code(["become", "become_user", "become_method", "become_ask_pass"]) + ", of `[ssh_connection]` "
                + Self.code(["ssh_args", "ssh_common_args", "ssh_extra_args", "retries", "timeout"])
                + ". A warning names all others, but for those by which Ansible only looks or works otherwise inside.",
            "",
            "An inventory may be a program, which `gantry recipe` runs as the user who calls it, with `--list`, and with "
                + "`--host NAME` where the answer has no `_meta`. One that is not executable, fails or prints no such "
                + "JSON ends the command. The service runs none.", "",
            "A controller that no inventory lists is in no group; it has the variables of `all` and of "
                + "`host_vars/localhost`, and `ansible_connection=local`.",
            "",
            "A host that is down is tried once (`ansible_ssh_retries`) within the timeout, is `UNREACHABLE`, and takes no "
                + "further part. The service is more patient: it waits while a new machine boots.",
            "",
            "Of the arguments for `ssh` these options are followed, of most of them the first one: "
                + Self.code(SSHArguments.followedOptions) + ", with `-J`, `-i`, `-l`, `-p` and `-F`. `ProxyCommand` is "
                + "followed where it is `ssh -W %h:%p` with options, or `ssh HOST nc %h %p`: as a jump, without a program "
                + "here; `none` is none. A machine in between that is named without a user is logged in to as whoever "
                + "runs this, or as the files of ssh say, as `ssh` does it. These make no difference: "
                + Self.code(SSHArguments.ignoredOptions.sorted())
                + ", and `-4 -6 -a -C -k -M -n -q -T -t -v -x -X -Y`. "
                + "All others are refused.",
        ]
        return lines.joined(separator: "\n")
    }

    // MARK: - Names

    private func names(_ key: String, own: Set<String>) -> String {
        let theirs = list(key)
        let native = theirs.filter(own.contains)
        let missing = theirs.filter { !own.contains($0) }
        let more = own.subtracting(theirs).sorted()
        return """
            Native, \(native.count) of \(theirs.count): \(Self.code(native)).

            Not yet: \(missing.isEmpty ? "none" : Self.code(missing)).

            Beside those of ansible.builtin: \(more.isEmpty ? "none" : Self.code(more)).
            """
    }

    // MARK: - Modules

    private static let engine: Set<String> = [
        "include_vars", "include_tasks", "import_tasks", "include_role", "import_role", "import_playbook", "meta",
    ]

    /// What modules use that not each machine has.
    private static let needs = [
        "get_url": "needs curl or wget on the machine", "uri": "needs curl on the machine",
        "wait_for": "for a port of another host, or what a port says, needs bash, nc or python3 on the machine",
    ]

    private var modules: String {
        var lines = [
            "| Module | Here | Parameters not yet | Parameters accepted, with another effect |",
            "| --- | --- | --- | --- |",
        ]
        for (key, value) in ansible["modules"]?.dictValue ?? JinjaDict() {
            let name = key.text
            let theirs = value.dictValue ?? JinjaDict()
            if let parameters = RecipeCheck.controllerModules[name] ?? (Self.engine.contains(name) ? ["*"] : nil) {
                let missing =
                    parameters == ["*"] ? [] : theirs.keys.map(\.text).filter { !parameters.contains($0) }
                lines.append("| `\(name)` | native, by the engine | \(Self.code(missing.sorted())) | |")
                continue
            }
            guard let module = ModuleRegistry.module(named: name) else {
                lines.append("| `\(name)` | not yet | | |")
                continue
            }
            let own = module.documentation
            func isRefused(_ parameter: ModuleParameter) -> Bool { parameter.summary.hasPrefix("Not supported") }
            let missing = theirs.keys.map(\.text).filter { name in
                guard let parameter = own.parameter(name) else {
                    return !own.acceptsAnything && !(own.isFreeForm && name == "free_form")
                }
                return isRefused(parameter)
            }
            let accepted = own.parameters.filter { $0.summary.hasPrefix("Accepted") || $0.summary.hasPrefix("Ignored") }
            var here = Self.needs[name].map { "native; \($0)" } ?? "native"
            for parameter in own.parameters where parameter.isLimited {
                let choices = parameter.choices.filter { $0 == $0.lowercased() }
                here += "; `\(parameter.name)` is one of \(Self.code(choices))"
            }
            lines.append(
                "| `\(name)` | \(here) | \(Self.code(missing.sorted())) | \(Self.code(accepted.map(\.name).sorted())) |"
            )
        }
        let known = Set(ansible["modules"]?.dictValue?.keys.map(\.text) ?? [])
        let more = ModuleRegistry.all.map { $0.documentation }
            .filter { documentation in !documentation.names.contains { known.contains($0) } }
            .map(\.name).sorted()
        if !more.isEmpty { lines += ["", "Native, too: \(Self.code(more))."] }
        return lines.joined(separator: "\n")
    }
}
