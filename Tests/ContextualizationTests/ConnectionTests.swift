import ContextualizationAPI
import Foundation
import Jinja
import Modules
import Recipes
import Support
import Testing

@testable import Contextualization

/// Connection variables and arguments for `ssh`: followed, passed over on purpose, or refused before anything runs.
@Suite struct ConnectionTests {
    private static func host(
        _ variables: String, _ options: RecipeRunner.Options = Self.options
    ) throws -> PlaybookRun.Host {
        let inventory = try Inventory.parse("a ansible_host=10.0.0.9 \(variables)\n", name: "i")
        return try #require(HostBuilder(options: options).hosts(of: inventory).first)
    }

    /// Of a user without keys and known hosts.
    static var options: RecipeRunner.Options {
        var options = RecipeRunner.Options()
        options.privateKeyFiles = []
        options.knownHostsFiles = []
        options.user = "me"
        return options
    }

    // MARK: - Variables

    /// Each of the page's variables that is followed or refused, with a value and what becomes of it.
    @Test(arguments: [
        ("ansible_ssh_host=10.0.0.8", "10.0.0.9:22 me 15.0 seconds 0"),
        ("ansible_port=2222", "10.0.0.9:2222 me 15.0 seconds 0"),
        ("ansible_ssh_port=2222", "10.0.0.9:2222 me 15.0 seconds 0"),
        ("ansible_port=0", "ansible_port is '0', which is no port"),
        ("ansible_port=ssh", "ansible_port is 'ssh', which is no port"),
        ("ansible_user=ada", "10.0.0.9:22 ada 15.0 seconds 0"),
        ("ansible_ssh_user=ada", "10.0.0.9:22 ada 15.0 seconds 0"),
        ("ansible_password=x", "10.0.0.9:22 me 15.0 seconds 0 password"),
        ("ansible_ssh_pass=x", "10.0.0.9:22 me 15.0 seconds 0 password"),
        ("ansible_ssh_password=x", "10.0.0.9:22 me 15.0 seconds 0 password"),
        ("ansible_ssh_private_key_file=/nosuch", "the private key '/nosuch' cannot be read"),
        ("ansible_private_key_file=/nosuch", "the private key '/nosuch' cannot be read"),
        ("ansible_private_key=KEY", "10.0.0.9:22 me 15.0 seconds 0 key"),
        ("ansible_ssh_private_key=KEY", "10.0.0.9:22 me 15.0 seconds 0 key"),
        ("ansible_private_key_passphrase=x", "ansible_private_key_passphrase: keys with a passphrase"),
        ("ansible_ssh_private_key_passphrase=x", "ansible_ssh_private_key_passphrase: keys with a passphrase"),
        ("ansible_connection=ssh", "10.0.0.9:22 me 15.0 seconds 0"),
        ("ansible_connection=smart", "10.0.0.9:22 me 15.0 seconds 0"),
        ("ansible_connection=paramiko", "10.0.0.9:22 me 15.0 seconds 0"),
        ("ansible_connection=ansible.builtin.ssh", "10.0.0.9:22 me 15.0 seconds 0"),
        ("ansible_connection=local", "here"), ("ansible_connection=ansible.builtin.local", "here"),
        ("ansible_connection=winrm", "ansible_connection: connections by 'winrm' are not supported"),
        ("ansible_connection=community.docker.docker", "ansible_connection: connections by 'community.docker.docker'"),
        ("ansible_connection=paramiko ansible_paramiko_user=x", "ansible_paramiko_user: the connection is not made"),
        ("ansible_paramiko_user=x", "10.0.0.9:22 me 15.0 seconds 0"),
        ("ansible_timeout=3", "10.0.0.9:22 me 3.0 seconds 0"),
        ("ansible_ssh_timeout=3 ansible_timeout=4", "10.0.0.9:22 me 3.0 seconds 0"),
        ("ansible_timeout=soon", "ansible_timeout is 'soon', which is no number of seconds"),
        ("ansible_ssh_retries=2", "10.0.0.9:22 me 15.0 seconds 2"),
        ("ansible_ssh_retries=-1", "ansible_ssh_retries is '-1', which is no number of tries"),
        ("ansible_host_key_checking=true", "10.0.0.9:22 me 15.0 seconds 0 only known"),
        ("ansible_ssh_host_key_checking=yes", "10.0.0.9:22 me 15.0 seconds 0 only known"),
        ("ansible_host_key_checking=false", "10.0.0.9:22 me 15.0 seconds 0"),
        (
            "ansible_host_key_checking=perhaps",
            "ansible_host_key_checking is 'perhaps', which is neither true nor false"
        ),
        ("ansible_ssh_executable=/usr/bin/ssh", "10.0.0.9:22 me 15.0 seconds 0"),
        ("ansible_ssh_executable=/opt/wrapper", "ansible_ssh_executable: no program is called"),
        ("ansible_ssh_pkcs11_provider=/lib/x.so", "ansible_ssh_pkcs11_provider: keys of smart cards"),
        ("ansible_sudo_chdir=/", "ansible_sudo_chdir: sudo changes no folder"),
        ("ansible_shell_type=fish", "10.0.0.9:22 me 15.0 seconds 0"),
        ("ansible_shell_type=powershell", "ansible_shell_type: hosts with Windows"),
        ("ansible_shell_type=cmd", "ansible_shell_type: hosts with Windows"),
        ("ansible_become_password=x", "10.0.0.9:22 me 15.0 seconds 0 becomes"),
        ("ansible_become_pass=x", "10.0.0.9:22 me 15.0 seconds 0 becomes"),
        ("ansible_sudo_pass=x", "10.0.0.9:22 me 15.0 seconds 0 becomes"),
        ("ansible_user='{{ nobody }}'", "ansible_user: "),
    ])
    func variables(given: String, gives: String) throws {
        let host = try Self.host(given)
        if gives.wholeMatch(of: /10\.0\.0\.9:.*|here/) == nil {
            #expect(host.refusal?.hasPrefix(gives) == true, "\(host.refusal ?? "none")")
            return
        }
        #expect(host.refusal == nil || host.isLocal, "\(host.refusal ?? "")")
        guard !host.isLocal else { return #expect(gives == "here") }
        let target = host.machine.target
        var words = ["\(target.endpoints[0])", target.user, "\(host.patience.timeout)", "\(host.patience.retries)"]
        for authentication in target.authentications {
            switch authentication {
            case .password("x"): words.append("password")
            case .privateKey("KEY"): words.append("key")
            default: words.append("?")
            }
        }
        if target.hostKey == .pinned([]) { words.append("only known") }
        if host.machine.escalationPassword == "x" { words.append("becomes") }
        #expect(words.joined(separator: " ") == gives)
    }

    /// Whatever their values are: what Ansible does inside is done otherwise.
    @Test func variablesThatMakeNoDifference() throws {
        let plain = try Self.host("")
        let ignored = ConnectionVariables.table.filter { $0.treatment == .ignored }
        #expect(ignored.count > 5)
        for name in ignored.flatMap(\.names) {
            let host = try Self.host("\(name)=value")
            #expect(host.refusal == nil && host.machine.target == plain.machine.target, "\(name)")
            #expect(host.patience == plain.patience && host.isLocal == plain.isLocal, "\(name)")
        }
    }

    /// All that Ansible's own connections by SSH and its ways to become somebody are told by.
    @Test func theTableHasAllThatAnsibleKnows() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/ansible.json")
        let recorded = try JinjaValue(json: try String(contentsOf: file, encoding: .utf8))
        let known = try #require(recorded["connection_variables"]?.listValue).map(\.text)
        #expect(known.count > 40)
        let table = ConnectionVariables.table.flatMap(\.names)
        #expect(known.filter { !table.contains($0) } == [])
        #expect(Set(table).count == table.count, "each once")
    }

    @Test func defaultsOfARun() throws {
        var options = Self.options
        options.connectTimeout = .seconds(7)
        options.retries = 3
        options.port = 24
        options.checksHostKeys = true
        options.sshArguments = "-o ConnectTimeout=9 -l bea"
        options.sshCommonArguments = "-J jump"
        var host = try Self.host("", options)
        #expect(host.patience == .init(timeout: .seconds(9), retries: 3))
        #expect(host.machine.target.endpoints == [Endpoint(host: "10.0.0.9", port: 24)])
        #expect(host.machine.target.hostKey == .pinned([]))
        #expect(host.machine.target.jumps.map(\.endpoint.host) == ["jump"])
        // The inventory says it better.
        host = try Self.host(
            "ansible_timeout=4 ansible_ssh_retries=0 ansible_port=25 ansible_host_key_checking=no "
                + "ansible_ssh_common_args='-o ProxyJump=none'", options)
        #expect(host.patience == .init(timeout: .seconds(4), retries: 0))
        #expect(host.machine.target.endpoints == [Endpoint(host: "10.0.0.9", port: 25)])
        #expect(host.machine.target.hostKey == .trustOnFirstUse && host.machine.target.jumps.isEmpty)
        options.connection = "winrm"
        #expect(try Self.host("", options).refusal?.contains("'winrm'") == true)
    }

    // MARK: - Arguments for ssh

    @Test(arguments: [
        // In between.
        ("-J ada@jump:2222,last", "ada@jump:2222 local@last:22"),
        ("-Jjump", "local@jump:22"), ("-o ProxyJump=ssh://bea@jump:24", "bea@jump:24"),
        ("-o ProxyJump=[fd00::1]:24", "local@[fd00::1]:24"), ("-o ProxyJump=fd00::1", "local@[fd00::1]:22"),
        ("-oProxyJump=none", ""), ("-o 'ProxyJump jump'", "local@jump:22"),
        ("-o ProxyCommand=none", ""), ("-o ProxyJump=b -o ProxyJump=c -J d", "local@b:22"),
        ("-o ProxyCommand=none -J c", ""),
        (#"-o ProxyCommand="ssh -W %h:%p -q ada@jump""#, "ada@jump:22"),
        (#"-o ProxyCommand="ssh -q -p 2222 -l ada -W [%h]:%p -o StrictHostKeyChecking=no jump""#, "ada@jump:2222 any"),
        (#"-o ProxyCommand="exec /usr/bin/ssh -A -W %h:%p jump""#, "local@jump:22"),
        (#"-o ProxyCommand="ssh -J first ada@jump -W %h:%p""#, "local@first:22 ada@jump:22"),
        (#"-o ProxyCommand="ssh -J first -W %h:%p ada@jump""#, "local@first:22 ada@jump:22"),
        (#"-o ProxyCommand="ssh ada@jump nc -w 10 %h %p""#, "ada@jump:22"),
        (#"-o ProxyCommand="nc -X 5 -x proxy:1080 %h %p""#, "refused: only 'ssh -W %h:%p"),
        (#"-o ProxyCommand="sshpass -p secret ssh -W %h:%p jump""#, "refused: only 'ssh -W %h:%p"),
        (#"-o ProxyCommand="ssh -W other:22 jump""#, "refused: only 'ssh -W %h:%p"),
        ("-J @jump", "refused: '@jump' names no machine"), ("-J jump:none", "refused: the value 'none'"),
        ("-J %h", "refused: '%h' names no machine"),
        // What makes no difference.
        ("-C -o ControlMaster=auto -o ControlPersist=60s -o ControlPath=/tmp/%h -vvv -q -4", ""),
        ("-o ServerAliveInterval=5 -o BatchMode=yes -o LogLevel=ERROR -o IdentitiesOnly=yes -F /dev/null", ""),
        ("-o ForwardAgent=no -o KbdInteractiveAuthentication=no -tt -x", ""),
        // What would be another run than is wanted.
        ("-A", "refused: no agent of yours"), ("-o ForwardAgent=yes", "refused: no agent of yours"),
        ("-F ssh.cfg", "refused: the file 'ssh.cfg' of the argument '-F' for ssh cannot be read"),
        ("-L 80:x:80", "refused: '-L' for ssh"),
        ("-D 1080", "refused: '-D' for ssh"), ("-o LocalForward=1", "refused: 'LocalForward' for ssh"),
        ("-o Ciphers=aes128-cbc", "refused: 'Ciphers' for ssh"), ("-o PKCS11Provider=x", "refused: 'PKCS11Provider'"),
        ("-o HostKeyAlgorithms=+ssh-rsa", "refused: 'HostKeyAlgorithms'"), ("-W x:1", "refused: '-W' makes no sense"),
        ("word", "refused: 'word' is no option"), ("-o", "refused: '-o' for ssh needs a value"),
        ("-o Port=x", "refused: the value 'x'"), ("-o StrictHostKeyChecking=perhaps", "refused: 'perhaps'"),
        ("-o NoSuch=1", "refused: 'NoSuch' for ssh"), (#"-o ""a"#, "refused: '-o a' has no value"),
        ("-Z", "refused: '-Z' for ssh"),
    ])
    func arguments(given: String, gives: String) throws {
        let inventory = try Inventory.parse(
            "all:\n  hosts:\n    a:\n      ansible_ssh_common_args: \(JSONText.text(.string(given)))\n", name: "i.yml")
        let host = try #require(HostBuilder(options: Self.options).hosts(of: inventory).first)
        guard !gives.hasPrefix("refused: ") else {
            let refusal = host.refusal ?? "it was followed"
            #expect(refusal.contains(gives.dropFirst("refused: ".count)), "\(refusal)")
            #expect(!refusal.contains("secret"))
            return
        }
        #expect(host.refusal == nil)
        let jumps = host.machine.target.jumps.map {
            "\($0.user == NSUserName() ? "local" : $0.user)@\($0.endpoint)"
                + (given.contains("KeyChecking") && $0.hostKey == .trustOnFirstUse ? " any" : "")
        }
        #expect(jumps.joined(separator: " ") == gives)
    }

    @Test func whatArgumentsSayOfTheHost() throws {
        let project = try Project([
            "k1": "ONE", "k2": "TWO", "k3": "THREE",
            "known": "other ssh-ed25519 AAAA\n[10.0.0.9]:24 ssh-ed25519 BBBB\njump ssh-ed25519 CCCC\n",
        ])
        let known = "-o UserKnownHostsFile=\(project.root)/known"
        func host(_ arguments: String, _ more: String = "") throws -> ConnectionTarget {
            let host = try Self.host("\(more) ansible_ssh_extra_args='\(arguments)'")
            #expect(host.refusal == nil)
            return host.machine.target
        }
        var target = try host("-p 24 -l ada \(known) -o StrictHostKeyChecking=yes")
        #expect(target.endpoints == [Endpoint(host: "10.0.0.9", port: 24)])
        #expect(target.hostKey == .pinned(["ssh-ed25519 BBBB"]))
        // Over what arguments say.
        target = try host("-p 24 -l ada", "ansible_port=25 ansible_user=bea")
        #expect(target.endpoints == [Endpoint(host: "10.0.0.9", port: 25)] && target.user == "bea")
        target = try host("-o HostKeyAlias=other \(known)")
        #expect(target.hostKey == .pinned(["ssh-ed25519 AAAA"]))
        target = try host("-o StrictHostKeyChecking=no -p 24 \(known) -J jump")
        #expect(target.hostKey == .trustOnFirstUse && target.jumps[0].hostKey == .trustOnFirstUse)
        target = try host("-J jump -o StrictHostKeyChecking=accept-new \(known)")
        #expect(target.hostKey == .trustOnFirstUse && target.jumps[0].hostKey == .pinned(["ssh-ed25519 CCCC"]))
        target = try host(
            "-i \(project.root)/k1 -o IdentityFile=\(project.root)/k2",
            "ansible_ssh_private_key_file=\(project.root)/k3")
        #expect(target.authentications == [.privateKey("THREE"), .privateKey("ONE"), .privateKey("TWO")])
        let both = "ansible_password=x ansible_ssh_private_key_file=\(project.root)/k1"
        #expect(try host("-o PreferredAuthentications=publickey", both).authentications == [.privateKey("ONE")])
        #expect(try host("-o PubkeyAuthentication=no", both).authentications == [.password("x")])
        #expect(try host("-o PasswordAuthentication=no", both).authentications == [.privateKey("ONE")])
        target = try host("-o ProxyCommand=\"ssh -i \(project.root)/k2 -W %h:%p jump\"", both)
        #expect(target.jumps[0].authentications == [.privateKey("TWO"), .privateKey("ONE"), .password("x")])
    }

    // MARK: - A run

    private func run(
        _ files: [String: String], _ machines: FakeMachines, local: FakeMachines? = nil,
        _ change: (inout RecipeRunner.Options) -> Void = { _ in }
    ) async throws -> (ContextualizationReport, EventLog) {
        let project = try Project(files)
        var options = Self.options
        change(&options)
        let log = EventLog()
        let runner = RecipeRunner(
            factory: machines, local: local ?? machines, options: options, clock: ImmediateClock())
        let report = try await runner.run(
            playbook: project.root + "/site.yml",
            inventory: try RecipeRunner.inventory(file: project.root + "/hosts")
        ) { try log.take($0) }
        return (report, log)
    }

    private static let play = "- hosts: all\n  gather_facts: false\n  tasks: [{name: t, command: 'true'}]\n"

    /// As Ansible does; the machine takes no further part.
    @Test(arguments: [(nil, 1, 0), (0, 1, 0), (2, 3, 0), (2, 2, 1)] as [(Int?, Int, Int)])
    func aHostThatIsDownIsTriedOnce(retries: Int?, tries: Int, successes: Int) async throws {
        let refused = CommunicatorError(code: .refused, message: "10.0.0.1:22 refuses")
        let machines = try FakeMachines([
            "10.0.0.1": .init(connect: Array(repeating: refused, count: tries + (1 - successes) * 5))
        ])
        let tasks = "[{name: t, command: 'true'}, {name: u, command: 'true'}]"
        let (report, log) = try await run(
            [
                "hosts": "a ansible_host=10.0.0.1 \(retries.map { "ansible_ssh_retries=\($0)" } ?? "")\n",
                "site.yml": "- hosts: all\n  gather_facts: false\n  tasks: \(tasks)\n- hosts: all\n  tasks: []\n",
            ], machines)
        #expect(machines.seen("10.0.0.1").failures == tries)
        guard successes == 0 else { return #expect(report.results["a"] == .configured, "\(log.records)") }
        guard case .failed("all", let message) = report.results["a"] else {
            Issue.record("\(report)")
            return
        }
        let words = "t: 10.0.0.1:22 refuses"
        #expect(tries == 1 ? message == words : message.hasPrefix(words + " (gave up after \(tries) tries in "))
        #expect(log.records.map(\.status) == [.unreachable])
    }

    @Test func whatCannotBeFollowedIsToldBeforeAnythingRuns() async throws {
        let machines = try FakeMachines()
        let hosts = """
            good ansible_host=10.0.0.1
            [windows]
            w1 ansible_connection=winrm
            w2 ansible_ssh_common_args='-A'
            """
        let error = await #expect(throws: ContextualizationError.self) {
            try await run(["hosts": hosts, "site.yml": Self.play], machines)
        }
        let text = "\(try #require(error))"
        #expect(text.contains("nothing was done:\n  w1: ansible_connection: connections by 'winrm'"), "\(text)")
        #expect(text.contains("\n  w2: the argument '-A' for ssh cannot be followed: no agent"), "\(text)")
        #expect(machines.seen("10.0.0.1").connections == 0)
        // They are no hindrance where they take no part, or need no connection.
        for play in [
            Self.play.replacing("hosts: all", with: "hosts: all:!windows"),
            Self.play.replacing("gather_facts", with: "connection: local\n  gather_facts"),
            Self.play.replacing("command: 'true'", with: "debug: {msg: hello}"),
            Self.play.replacing("command: 'true'", with: "command: 'true', delegate_to: localhost"),
        ] {
            let (report, log) = try await run(["hosts": hosts, "site.yml": play], machines)
            #expect(report.results["good"] == .configured, "\(play) \(log.records)")
        }
        let (limited, _) = try await run(["hosts": hosts, "site.yml": Self.play], machines) { $0.limit = "good" }
        #expect(limited.results == ["good": .configured])
    }

    /// In Ansible they need not stand in the inventory.
    @Test func variablesOfPlaysAndTasks() async throws {
        let machines = try FakeMachines()
        let play = """
            - hosts: a
              gather_facts: false
              vars: {ansible_host: 10.0.0.2}
              tasks:
                - {name: of the play, shell: echo 1 >> log}
                - {name: of the task, shell: echo 2 >> log, vars: {ansible_ssh_host: unused, ansible_host: 10.0.0.3}}
                - {name: remembers, set_fact: {ansible_port: 2222, ansible_host: 10.0.0.4}}
                - {name: of an earlier task, shell: echo 3 >> log}
            - hosts: a
              gather_facts: false
              vars: {ansible_connection: local}
              tasks: [{name: here, shell: echo 4 >> ~/log}]
            - hosts: b
              gather_facts: false
              vars: {ansible_ssh_common_args: -A}
              tasks: [{name: refused, command: 'true'}]
            """
        let local = try FakeMachines()
        let (report, log) = try await run(
            ["hosts": "a ansible_host=10.0.0.1\nb ansible_host=10.0.0.5\n", "site.yml": play], machines, local: local)
        #expect(report.results["a"] == .configured, "\(log.records)")
        #expect(machines.seen("10.0.0.1").connections == 0 && machines.seen("10.0.0.5").connections == 0)
        for (host, text) in [("10.0.0.2", "1\n"), ("10.0.0.3", "2\n"), ("10.0.0.4", "3\n")] {
            #expect(machines.read(host, "log") == text && machines.seen(host).connections == 1, "\(host)")
        }
        #expect(machines.seen("10.0.0.4").ports == [2222])
        #expect(local.read("10.0.0.1", "log") == "4\n", "\(log.records)")
        #expect(log.record("refused", "b")?.summary.contains("no agent of yours") == true, "\(log.records)")
    }

    @Test func aHostThatATaskAddsIsToldWhenItIsReached() async throws {
        let play = """
            - hosts: all
              gather_facts: false
              tasks: [{add_host: {name: late, groups: new, ansible_connection: winrm}}]
            - hosts: new
              gather_facts: false
              tasks: [{name: t, command: 'true'}]
            """
        let (report, log) = try await run(
            ["hosts": "a ansible_host=10.0.0.1\n", "site.yml": play], try FakeMachines())
        #expect(report.results["a"] == .configured, "\(log.records)")
        guard case .failed(_, let message) = report.results["late"] else {
            Issue.record("\(report)")
            return
        }
        #expect(message.contains("connections by 'winrm' are not supported"), "\(message)")
    }
}
