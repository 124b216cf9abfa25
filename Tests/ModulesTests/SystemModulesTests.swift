import ContextualizationAPI
import Foundation
import Jinja
import Modules
import Testing

/// Modules that change the system, tried against stand-ins of the system's tools in the sandbox's own `bin` folder.
@Suite struct SystemModulesTests {
    /// Puts a tool into the sandbox that the module finds first.
    private func tool(_ box: Sandbox, _ name: String, _ text: String) throws {
        try FileManager.default.createDirectory(atPath: box.path("bin"), withIntermediateDirectories: true)
        try box.write("bin/\(name)", "#!/bin/sh\n\(text)\n", mode: 0o755)
    }

    @Test(arguments: TestShell.allCases)
    func aptActsOnTheDifferenceOnly(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try tool(
            box, "dpkg-query",
            "for l in $4; do grep \"^$l \" \(box.root)/installed | sed 's/^[^ ]* /installed /'; done")
        try tool(
            box, "apt-get",
            """
            echo "$*" >> \(box.root)/calls
            case "$*" in *install*) echo 'curl 7.88' >> \(box.root)/installed; echo '0 upgraded, 1 newly installed, 0 to remove and 3 not upgraded.';;
            *remove*) : > \(box.root)/installed; echo '0 upgraded, 0 newly installed, 1 to remove and 3 not upgraded.';; esac
            """)
        try box.write("installed", "vim 9.0\n")
        let present = try await box.run("apt", ["name": ["vim"], "update_cache": true])
        #expect(!present.changed, "\(present)")
        #expect(box.read("calls") == nil, "nothing to install: no network")
        let install = try await box.run("apt", ["name": ["vim", "curl"], "update_cache": true])
        #expect(install.changed, "\(install)")
        #expect(install["cache_updated"] == true)
        let calls = try #require(box.read("calls")).split(separator: "\n")
        #expect(calls.count == 2)
        #expect(calls[0] == "-q update")
        #expect(calls[1].hasPrefix("-y -q install vim curl"))
        #expect(try await box.run("apt", ["name": "curl"]).changed == false)
        #expect(try await box.run("apt", ["name": "curl=7.*"]).changed == false)
        #expect(try await box.run("package", ["name": "curl"], facts: ["pkg_mgr": "apt"]).changed == false)
        #expect(try await box.run("apt", ["name": "curl", "state": "absent"]).changed)
        #expect(try await box.run("apt", ["name": "curl", "state": "absent"]).changed == false)
    }

    @Test(arguments: TestShell.allCases)
    func aptRefreshesListsOnceWhenAPackageIsUnknown(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try tool(box, "dpkg-query", "exit 1")
        try tool(
            box, "apt-get",
            """
            echo "$*" >> \(box.root)/calls
            case "$*" in *update*) touch \(box.root)/lists;; esac
            [ -e \(box.root)/lists ] || { echo 'E: Unable to locate package curl' >&2; exit 100; }
            echo '0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.'
            """)
        let result = try await box.run("apt", ["name": "curl"])
        #expect(result.changed, "\(result)")
        #expect(try #require(box.read("calls")).split(separator: "\n").count == 3)
        try tool(box, "apt-get", "echo 'E: Unable to locate package nosuch' >&2; exit 100")
        let failure = try await box.run("apt", ["name": "nosuch"])
        #expect(failure.failed)
        #expect(failure.message?.contains("No package matching 'nosuch' is available") == true)
        #expect(failure["rc"] == 100)
    }

    /// `policy-rc.d` is what `policy_rc_d` says while packages are installed, and then what it was.
    @Test(arguments: TestShell.allCases)
    func servicesAreNotStarted(shell: TestShell) async throws {
        let box = try Sandbox(shell, binds: ["/usr/sbin"])
        try FileManager.default.createDirectory(atPath: box.path("usr/sbin"), withIntermediateDirectories: true)
        try tool(box, "dpkg-query", "exit 1")
        try tool(
            box, "apt-get",
            "\(box.root)/usr/sbin/policy-rc.d >> \(box.root)/calls; echo $? >> \(box.root)/calls; "
                + "echo '0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.'; exit $(cat \(box.root)/status)"
        )
        try box.write("status", "0")
        #expect(try await box.run("apt", ["name": "curl", "policy_rc_d": 101]).changed)
        #expect(box.read("calls") == "101\n" && box.read("usr/sbin/policy-rc.d") == nil)
        try box.write("usr/sbin/policy-rc.d", "#!/bin/sh\necho mine\n", mode: 0o755)
        try box.write("status", "100")
        #expect(try await box.run("apt", ["name": "curl", "policy_rc_d": 0]).failed)
        #expect(box.read("calls") == "101\n0\n")
        #expect(box.read("usr/sbin/policy-rc.d") == "#!/bin/sh\necho mine\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: box.path("usr/sbin")) == ["policy-rc.d"])
        // Check mode leaves it alone.
        _ = try await box.run("apt", ["name": "curl", "policy_rc_d": 101], check: true)
        #expect(box.read("calls") == "101\n0\nmine\n0\n")
    }

    @Test(arguments: TestShell.allCases)
    func packageWithoutAManagerSaysSo(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let result = try await box.run("dnf", ["name": "x"])
        #expect(result.failed)
        #expect(result.message == "rpm is not on this machine: dnf packages cannot be managed here")
    }

    @Test(arguments: TestShell.allCases)
    func serviceFailsForUnknownServices(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let result = try await box.run("service", ["name": "gantry-no-such", "state": "started"])
        #expect(result.failed)
        #expect(result.message == "Could not find the requested service gantry-no-such: host")
    }

    @Test(arguments: TestShell.allCases)
    func checkModeOfUserAndGroupPredicts(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let user = try await box.run("user", ["name": "gantry-no-such"], check: true)
        #expect(user.changed, "\(user)")
        let root = try await box.run("user", ["name": "root", "home": "/root", "uid": 0], check: true)
        #expect(!root.changed, "\(root)")
        #expect(root["uid"] == 0)
        #expect(root["home"] == "/root")
        let shellChange = try await box.run("user", ["name": "root", "shell": "/bin/none"], check: true)
        #expect(shellChange.changed)
        // A group that a task before would have made is missing, for a new account only.
        for key in ["group", "groups"] as [JinjaDict.Key] {
            let new = try await box.run("user", ["name": "gantry-no-such", key: "gantry-none"], check: true)
            #expect(new.changed && !new.failed, "\(new)")
            let missing = try await box.run("user", ["name": "root", key: "gantry-none"], check: true)
            #expect(missing.message == "Group gantry-none does not exist")
        }
        let key = try await box.run("authorized_key", ["user": "gantry-no-such", "key": "ssh-rsa AAAA"], check: true)
        #expect(
            key.message == "Either user must exist or you must provide full path to key file in check mode", "\(key)")
        #expect(try await box.run("group", ["name": "gantry-none"], check: true).changed)
        let known = try await box.run("group", ["name": "root", "gid": 0], check: true)
        #expect(!known.changed)
        #expect(known["gid"] == 0)
        #expect(try await box.run("user", ["name": "gantry-none", "state": "absent"], check: true).changed == false)
    }

    @Test func wrongUserNamesAreRefused() async throws {
        let box = try Sandbox(.dash)
        await #expect(throws: ModuleError.self) { try await box.run("user", ["name": "a:b"]) }
    }

    @Test(arguments: TestShell.allCases)
    func factsAreGathered(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let facts = try #require(try await box.run("setup", [:]).facts)
        #expect(facts["system"] == "Linux")
        for key in [
            "architecture", "hostname", "fqdn", "kernel", "distribution", "distribution_version",
            "distribution_major_version", "distribution_release", "os_family", "pkg_mgr", "service_mgr", "user_id",
            "virtualization_type", "python_version",
        ] {
            #expect(facts[key]?.stringValue?.isEmpty == false, "\(key)")
        }
        #expect((facts["processor_vcpus"]?.intValue ?? 0) > 0)
        #expect((facts["memtotal_mb"]?.intValue ?? 0) > 0)
        #expect(facts["env"]?["HOME"] == .string(box.root))
        #expect(facts["date_time"]?["epoch"]?.stringValue.flatMap(Int.init) != nil)
        let filtered = try #require(try await box.run("setup", ["filter": "ansible_os*"]).facts)
        #expect(filtered.keys == ["os_family"])
    }

    @Test func addressesAreUnderstood() throws {
        let output = """
            \u{1e}system\u{1f}Linux\u{1e}nodename\u{1f}web.example.org\u{1e}ip_link\u{1f}1: lo: <LOOPBACK,UP> mtu 65536 state UNKNOWN\\ link/loopback 00:00:00:00:00:00
            2: eth0@if3: <BROADCAST,UP> mtu 1500 state UP\\    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff
            \u{1e}ip_addr\u{1f}1: lo    inet 127.0.0.1/8 scope host lo
            2: eth0    inet 10.1.2.3/20 brd 10.1.15.255 scope global eth0
            2: eth0    inet6 fe80::1/64 scope link
            \u{1e}ip_route\u{1f}default via 10.1.0.1 dev eth0 proto dhcp src 10.1.2.3 metric 100
            \u{1e}end\u{1f}1
            """
        guard
            case .run(let invocation) = try SetupModule.plan(
                ModuleArguments([:], for: SetupModule.documentation), ModuleContext())
        else { throw ModuleError(code: .invalidArgument, message: "no program") }
        let step = invocation.decode(
            ProgramOutput(status: 0, standardOutput: Array(output.utf8), standardError: []))
        guard case .finish(let result) = step, let facts = result.facts else {
            throw ModuleError(code: .invalidArgument, message: "no facts")
        }
        #expect(facts["hostname"] == "web")
        #expect(facts["default_ipv4"]?["address"] == "10.1.2.3")
        #expect(facts["default_ipv4"]?["gateway"] == "10.1.0.1")
        #expect(facts["default_ipv4"]?["network"] == "10.1.0.0")
        #expect(facts["default_ipv4"]?["netmask"] == "255.255.240.0")
        #expect(facts["eth0"]?["macaddress"] == "52:54:00:12:34:56")
        #expect(facts["all_ipv4_addresses"] == ["10.1.2.3"])
        #expect(facts["interfaces"] == ["lo", "eth0"])
    }
}
