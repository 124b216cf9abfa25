import ContextualizationAPI
import Foundation
import Jinja
import Recipes
import Support
import Testing

@testable import Contextualization

/// Files in the form of `ssh_config`, as ssh_config(5) has it: what they say where the inventory says nothing.
@Suite struct SSHConfigFileTests {
    private static func host(
        _ name: String, _ variables: String = "", files: [String: String], agent: String? = nil
    ) throws -> PlaybookRun.Host {
        let project = try Project(files)
        let named = files.mapValues { $0.replacing("ROOT", with: project.root) }
        for (file, text) in named { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(project.root)/\(file)")) }
        var options = RecipeRunner.Options()
        options.privateKeyFiles = []
        options.knownHostsFiles = []
        options.agentSocket = agent
        options.sshConfiguration = try SSHConfigFile(files: ["config", "system"].map { "\(project.root)/\($0)" })
        let inventory = try Inventory.parse(
            "\(name) \(variables.replacing("ROOT", with: project.root))\n", name: "i")
        return try #require(HostBuilder(options: options).hosts(of: inventory).first)
    }

    private static func way(_ name: String, _ variables: String, _ config: String) throws -> String {
        let host = try host(name, variables, files: ["config": config])
        if let refusal = host.refusal { return refusal }
        let target = host.machine.target
        return (target.jumps.map { "\($0.user)@\($0.endpoint)" } + ["\(target.user)@\(target.endpoints[0])"])
            .joined(separator: " ").replacing(NSUserName() + "@", with: "me@")
    }

    @Test(arguments: [
        ("", "me@web:22"),
        ("Host web\n HostName 10.0.0.1\n Port 2222\n User ada", "ada@10.0.0.1:2222"),
        ("host=web\nhostname = 10.0.0.1 # no comment\n", "me@10.0.0.1:22"),
        ("Host other web\n\tUser \"ada\"\nHost *\n\tUser bea\n\tPort 23\n", "ada@web:23"),
        ("Host * !web\n User ada\nHost w?b\n User bea\n", "bea@web:22"),
        ("Host WEB\n Port 24\nHost web\n HostName %h.example.org\n", "me@web.example.org:22"),
        ("Match host WEB\n Port 24\n", "me@web:24"), ("Match user ROOT,ME\n Port 24\n", "me@web:22"),
        ("User first\nHost web\n User second\n", "first@web:22"),
        // A block is judged where it begins.
        ("Match host web\n HostName 10.0.0.1\n User ada\nMatch host web\n User bea\n Port 23\n", "ada@10.0.0.1:22"),
        ("Host web\n HostName 10.0.0.1\nMatch host 10.0.* user me,ada\n Port 23\n", "me@10.0.0.1:22"),
        ("Match originalhost web,db !user ada\n Port 23\n", "me@web:23"),
        ("Match all\n Port 23\nMatch final\n User ada\nMatch canonical\n User bea\n", "ada@web:23"),
        ("Match canonical all\n User bea\nMatch all\n Port 23\n", "me@web:23"),
        ("Match !final\n Port 23\nMatch final host web\n Port 24\n User ada\n", "ada@web:23"),
        ("Match host db exec \"false\"\n Port 23\n", "me@web:22"),
        // In between.
        (
            "Host web\n ProxyJump jump\nHost jump\n HostName 10.0.0.9\n User ada\n Port 24\n",
            "ada@10.0.0.9:24 me@web:22"
        ),
        ("Host web\n ProxyJump bea@jump:25\nHost jump\n User ada\n Port 24\n", "bea@jump:25 me@web:22"),
        ("Host *\n ProxyJump jump\n", "me@jump:22 me@web:22"),
        ("Host web\n ProxyJump one\nHost one\n ProxyJump two\n", "me@two:22 me@one:22 me@web:22"),
        ("Host web\n ProxyJump one,two\nHost one two\n ProxyJump three\n", "me@three:22 me@one:22 me@two:22 me@web:22"),
        ("Host web\n ProxyCommand ssh -q -W %h:%p ada@jump\n", "ada@jump:22 me@web:22"),
        ("Host web\n ProxyCommand none\nHost *\n ProxyJump jump\n", "me@web:22"),
        // For ssh, which is not called.
        ("ForwardAgent yes\nLocalForward 80 x:80\nCiphers aes128-cbc\nRequestTTY yes\n", "me@web:22"),
    ])
    func whatAFileSays(config: String, gives: String) throws {
        #expect(try Self.way("web", "", config) == gives)
        // ssh itself reads the same of the host.
        let project = try Project(["config": config])
        let read = try ChildCommand(["ssh", "-G", "-F", project.root + "/config", "web"]).run()
        let settings = Dictionary(
            String(decoding: read.output, as: UTF8.self).split(separator: "\n").map { line in
                let words = line.split(separator: " ", maxSplits: 1)
                return (String(words[0]), words.count > 1 ? String(words[1]) : "")
            }, uniquingKeysWith: { first, _ in first })
        let user = settings["user"].map { $0 == NSUserName() ? "me" : $0 } ?? "?"
        let way = "\(user)@\(settings["hostname"] ?? "?"):\(settings["port"] ?? "?")"
        #expect(gives.split(separator: " ").last.map(String.init) == way)
    }

    @Test(arguments: [
        ("ProxyCommand nc -x proxy %h %p", "/config:1: the ProxyCommand for ssh cannot be followed"),
        ("Host web\n Port many\n", "/config:2: the argument 'Port' for ssh has the value 'many'"),
        ("Match exec true\n Port 23\n", "/config:1: 'Match exec' cannot be followed; with '-F none'"),
        ("Host one\n ProxyJump two\nHost two\n ProxyJump one\nHost web\n ProxyJump one\n", "are behind one another"),
    ])
    func whatCannotBeFollowed(config: String, said: String) throws {
        #expect(try Self.way("web", "", config).contains(said))
    }

    @Test(arguments: [
        ("Host\n", "/config:1: 'Host' has no value"), ("Port \"2\n", "/config:1: a quote has no end"),
        ("Match host\n", "/config:1: 'Match host' has no value"),
        ("Include ROOT/config\n", "files include each other more than 16 deep"),
    ])
    func linesThatAreNone(config: String, said: String) throws {
        let error = #expect(throws: ContextualizationError.self) { try Self.way("web", "", config) }
        #expect(error?.message.contains(said) == true, "\(error?.message ?? "")")
    }

    @Test func othersMayNotWriteAFile() throws {
        let project = try Project(["config": "Port 23\n"])
        #expect(chmod(project.root + "/config", 0o664) == 0)
        let error = #expect(throws: ContextualizationError.self) {
            try SSHConfigFile(files: [project.root + "/config"])
        }
        #expect(error?.message.hasSuffix("others may write it: chmod go-w it") == true)
    }

    @Test func whatWasSaidCountsMore() throws {
        let config = "Host web\n HostName 10.0.0.1\n User ada\n Port 23\n ProxyJump jump\n"
        #expect(try Self.way("web", "ansible_user=bea ansible_port=24", config) == "me@jump:22 bea@10.0.0.1:24")
        #expect(try Self.way("web", "ansible_ssh_args='-l bea -J last -p 25'", config) == "me@last:22 bea@10.0.0.1:25")
        // The address is what the files are asked for.
        #expect(try Self.way("x", "ansible_host=web", config) == "me@jump:22 ada@10.0.0.1:23")
        #expect(try Self.way("web", "ansible_host=10.0.0.2", config) == "me@10.0.0.2:22")
        #expect(try Self.way("web", "ansible_ssh_args='-F none'", config) == "me@web:22")
        #expect(try Self.way("web", "ansible_ssh_args='-o HostName=10.0.0.7'", "") == "me@10.0.0.7:22")
    }

    @Test func filesIncludeOthersInTheirBlock() throws {
        let files = [
            "config": "Host web\n Include ROOT/more-*\n User late\nHost *\n Port 26\n",
            "more-1": "User ada\nHost db\n Port 24\n", "more-2": "Port 25\n",
            "system": "User system\nHostName 10.0.0.5\n",
        ]
        var target = try Self.host("web", files: files).machine.target
        #expect(target.user == "ada" && target.endpoints == [Endpoint(host: "10.0.0.5", port: 25)])
        target = try Self.host("db", files: files).machine.target
        #expect(target.user == "system" && target.endpoints == [Endpoint(host: "10.0.0.5", port: 26)])
        target = try Self.host("web", "ansible_ssh_args='-F ROOT/more-2'", files: files).machine.target
        #expect(target.endpoints == [Endpoint(host: "web", port: 25)])
        let refusal = try Self.host("web", "ansible_ssh_args='-F /nosuch'", files: files).refusal
        #expect(refusal == "the file '/nosuch' of the argument '-F' for ssh cannot be read")
    }

    @Test func keysAndAgents() throws {
        let files = [
            "config": """
            Host web db
             IdentityFile ROOT/%h
             IdentityFile ROOT/nosuch
             UserKnownHostsFile ROOT/known
            Host db
             IdentityAgent none
             StrictHostKeyChecking yes
            Host web
             ProxyJump jump
            Host jump
             IdentityFile ROOT/jump
            Host cache
             IdentityAgent /run/%u/other
            """, "web": "WEB", "db": "DB", "jump": "JUMP", "given": "GIVEN", "known": "web ssh-ed25519 AAAA\n",
        ]
        var target = try Self.host("web", files: files, agent: "/agent").machine.target
        #expect(target.authentications == [.privateKey("WEB"), .agent(socket: "/agent")])
        #expect(target.jumps[0].authentications == [.privateKey("JUMP"), .privateKey("WEB"), .agent(socket: "/agent")])
        #expect(target.hostKey == .pinned(["ssh-ed25519 AAAA"]))
        target = try Self.host("web", "ansible_ssh_private_key_file=ROOT/given", files: files).machine.target
        #expect(target.authentications == [.privateKey("GIVEN"), .privateKey("WEB")])
        target = try Self.host("db", "ansible_password=x", files: files, agent: "/agent").machine.target
        #expect(target.authentications == [.privateKey("DB"), .password("x")])
        #expect(target.hostKey == .pinned([]))
        target = try Self.host("cache", files: files, agent: "/agent").machine.target
        #expect(target.authentications == [.agent(socket: "/run/\(NSUserName())/other")])
        target = try Self.host("plain", files: files, agent: "/agent").machine.target
        #expect(target.authentications == [.agent(socket: "/agent")])
    }
}
