import ArgumentParser
import Contextualization
import Foundation
import Recipes
import Support
import Testing

@testable import gantry

/// Files that are Ansible's or made for it: programs that print passwords and inventories, `ansible.cfg`.
@Suite struct AnsibleFileTests {
    private static func folder(_ files: [String: String], isExecutable: Bool = true) throws -> String {
        let folder = NSTemporaryDirectory() + "gantry-ansible-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            try FileManager.default.setAttributes(
                [.posixPermissions: isExecutable ? 0o755 : 0o644], ofItemAtPath: "\(folder)/\(name)")
        }
        return folder
    }

    /// A program in the folder that this one was started in is not looked for in the search path.
    @Test func aPasswordProgramIsNamedWithoutAFolder() throws {
        let name = "gantry-password-\(UUID().uuidString)"
        try Data("#!/bin/sh\necho marker\n".utf8).write(to: URL(fileURLWithPath: name))
        defer { try? FileManager.default.removeItem(atPath: name) }
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: name)
        #expect(try PasswordFile.read(name).expose() == "marker")
    }

    // MARK: Inventories

    private static func read(_ text: String, isExecutable: Bool = true) throws -> Inventory {
        let folder = try folder(["inventory": text], isExecutable: isExecutable)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let options = try RecipeSourceOptions.parse(["-i", folder + "/inventory"])
        return try options.read(nil)
    }

    @Test func anInventoryIsAProgram() throws {
        let inventory = try Self.read(
            """
            #!/bin/sh
            case $1:$2 in
            --list:) echo '{"web": ["w1", "w2"], "db": ["d1"]}' ;;
            --host:*) echo said >&2; echo '{"x": 1}' ;;
            *) exit 1 ;;
            esac
            """)
        #expect(inventory.hosts.map(\.name).sorted() == ["d1", "w1", "w2"])
        #expect(inventory.groupNames(ofHost: "d1") == ["db"])
    }

    @Test(arguments: [
        ("#!/bin/sh\necho broken >&2; exit 3\n", true, "inventory --list' ended with status 3: broken"),
        ("#!/bin/sh\necho '{'\n", true, "with --list is no JSON"),
        ("#!/bin/sh\necho '[]'\n", true, "with --list is no mapping but a list"),
        ("#!/bin/sh\necho '{\"g\": 1}'\n", true, "the group of 'g' is no list"),
        ("#!/bin/sh\necho '{\"g\": {\"hosts\": 1}}'\n", true, "'hosts' of 'g' is no list"),
        ("#!/bin/sh\necho '{\"g\": {\"vars\": 1}}'\n", true, "'vars' of 'g' is no mapping"),
        ("#!/no/such/shell\n", true, "cannot be started: No such file or directory"),
        ("#!/bin/sh\n", false, "it may not be executed: chmod +x it"),
    ])
    func whatIsWrongWithAnInventoryProgram(text: String, isExecutable: Bool, said: String) {
        let error = #expect(throws: (any Error).self) { try Self.read(text, isExecutable: isExecutable) }
        #expect(error.map { "\($0)".contains(said) } == true, "\(error.map { "\($0)" } ?? "")")
    }

    // MARK: Settings

    @Test func settingsOfTheFileHoldWhereTheEnvironmentSaysNothing() throws {
        let configuration = try AnsibleConfiguration(
            """
            # comment
            [defaults]
            inventory = hosts, /etc/more
            roles_path: roles:~/own
            remote_user = deploy ; who
            Timeout = 30
            forks=20
            nocows = 1
            stdout_callback = yaml
            gathering = smart
            force_handlers = yes
            become_password_file = become.txt
            hash_behaviour = merge
            [ssh_connection]
            ssh_args = -o ControlMaster=auto
                -o ServerAliveInterval=9
            pipelining = True
            [privilege_escalation]
            become = true
            become_user = admin
            become_method = community.general.doas
            become_ask_pass = no
            become_exe = /opt/doas
            """, file: "/srv/ansible.cfg")
        #expect(configuration.values["ANSIBLE_INVENTORY"] == "/srv/hosts,/etc/more")
        #expect(configuration.values["ANSIBLE_ROLES_PATH"] == "/srv/roles:\(NSHomeDirectory())/own")
        #expect(configuration.values["ANSIBLE_SSH_ARGS"] == "-o ControlMaster=auto -o ServerAliveInterval=9")
        #expect(
            configuration.warnings == [
                "these settings of '/srv/ansible.cfg' are not followed: [defaults] hash_behaviour, "
                    + "[privilege_escalation] become_exe"
            ])
        var options = RecipeRunner.Options()
        let environment = AnsibleEnvironment(
            ["ANSIBLE_REMOTE_USER": "other", "ANSIBLE_TIMEOUT": ""], configuration: configuration)
        try environment.apply(to: &options)
        #expect(options.user == "other")
        #expect(options.connectTimeout == .seconds(30))
        #expect(options.rolePaths == ["/srv/roles", NSHomeDirectory() + "/own"])
        #expect(options.parallelism == 20)
        #expect(options.gathering == .smart)
        #expect(options.forcesHandlers)
        #expect(options.becomes)
        #expect(options.becomeUser == "admin")
        #expect(options.becomeMethod == "doas")
        #expect(try !environment.asksBecomePassword)
        #expect(environment.text("ANSIBLE_BECOME_PASSWORD_FILE")?.value == "/srv/become.txt")
        #expect(throws: UsageError.self) { try AnsibleConfiguration("[defaults]\nnonsense\n", file: "/srv/a") }
    }

    @Test(arguments: [
        ("ANSIBLE_GATHERING", "never", "$ANSIBLE_GATHERING is implicit, explicit or smart, not 'never'"),
        ("ANSIBLE_BECOME_METHOD", "pbrun", "$ANSIBLE_BECOME_METHOD is sudo, su or doas, not 'pbrun'"),
        ("ANSIBLE_BECOME", "perhaps", "$ANSIBLE_BECOME is true or false, not 'perhaps'"),
        ("ANSIBLE_FORKS", "0", "$ANSIBLE_FORKS is a number from 1, not '0'"),
    ])
    func whatTheEnvironmentCannotSay(name: String, value: String, said: String) {
        var options = RecipeRunner.Options()
        let error = #expect(throws: UsageError.self) { try AnsibleEnvironment([name: value]).apply(to: &options) }
        #expect(error.map { "\($0)" } == said)
    }

    @Test func hostsOfALimitStandInAFile() throws {
        let folder = try Self.folder(["again": "a\n# no host\n\n b \n", "none": "# none\n"])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try RecipeSourceOptions.parse(["-l", "web,@\(folder)/again"]).hostLimit() == "web,a,b")
        #expect(try RecipeSourceOptions.parse([]).hostLimit() == nil)
        for file in ["none", "nosuch"] {
            #expect(throws: (any Error).self) {
                try RecipeSourceOptions.parse(["-l", "@\(folder)/\(file)"]).hostLimit()
            }
        }
    }
}
