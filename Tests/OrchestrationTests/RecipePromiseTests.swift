import ConnectorAPI
import ContextualizationAPI
import Dummy
import Foundation
import InfrastructureModel
import Operations
import Orchestration
import Support
import Testing

/// What IM promises to recipes (im.md 6): variables, groups, the order of steps, disks, new credentials, limits.
@Suite struct RecipePromiseTests {
    private static let document = """
        network public (outbound = 'yes')
        network inside ()
        system front (
            net_interface.0.connection = 'public' and net_interface.0.dns_name = 'front.example.org' and
            net_interface.1.connection = 'inside' and net_interface.1.dns_name = 'back-#N#' and
            disk.0.image.url = 'dummy://image' and disk.0.os.credentials.username = 'ada' and
            disk.0.os.credentials.password = 'old-4711' and disk.0.os.credentials.new.password = 'N3w-secret-4711' and
            disk.0.applications contains (name = 'org.site.nginx' and version = '1.2' and path = '/opt/nginx') and
            disk.1.size = 1GB and disk.1.device = 'hdb' and disk.1.fstype = 'ext4' and disk.1.mount_path = '/data' and
            disk.2.size = 1GB and disk.2.fstype = 'swap' and
            disk.3.size = 1GB and disk.3.device = 'hdd' and
            vault.password = 'vault-4711'
        )
        system wn (net_interface.0.connection = 'inside' and disk.0.image.url = 'dummy://image')
        configure front (
        @begin
        - tasks: []
        @end
        )
        configure wn (
        @begin
        - tasks: []
        @end
        )
        configure late (
        @begin
        - tasks: []
        @end
        )
        deploy front 1
        deploy wn 2
        contextualize 1200 (
            option ansible_version = '2.9'
            system wn configure late step 2
            system front configure front step 1
            system wn configure wn step 1
        )
        """
    private static let clouds = [
        CloudCredential(
            id: "dummy", type: "Dummy",
            values: Secret(["type": "Dummy", "host": "https://cloud.example.org:5000/v3"]))
    ]

    private func deployed() async throws -> (ContextualizationRequest, [MachineRecord]) {
        let fixture = try Fixture()
        let submitted = try await fixture.manager.deploy(fixture.request(Self.document, clouds: Self.clouds))
        let operation = try await fixture.manager.follow(submitted)
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let snapshot = try await fixture.manager.snapshot(submitted.infrastructure, caller: .local)
        return (try #require(await fixture.contextualizer.requests.first), snapshot.machines)
    }

    @Test func everyVariableIsThere() async throws {
        let (request, records) = try await deployed()
        func address(_ interface: Int) throws -> VariableValue {
            .string(try #require(records[0].addresses.first { $0.interface == interface }?.address))
        }
        let host = try address(0)
        let expected: [String: VariableValue] = [
            "IM_NODE_PUBLIC_IP": host, "IM_NODE_PRIVATE_IP": try address(1), "IM_NODE_HOSTNAME": "front",
            "IM_NODE_FQDN": "front.example.org", "IM_NODE_DOMAIN": "example.org", "IM_NODE_NUM": .integer(0),
            "IM_NODE_VMID": .string(try #require(records[0].providerID)), "IM_NODE_CLOUD_TYPE": "Dummy",
            "IM_NODE_CLOUD_SERVER": "cloud.example.org", "IM_NODE_NET_0_IP": host, "IM_NODE_NET_0_HOSTNAME": "front",
            "IM_NODE_NET_0_DOMAIN": "example.org", "IM_NODE_NET_0_FQDN": "front.example.org",
            "IM_NODE_NET_1_IP": try address(1), "IM_NODE_NET_1_HOSTNAME": "back-0",
            "IM_NODE_NET_1_DOMAIN": "localdomain", "IM_NODE_NET_1_FQDN": "back-0.localdomain",
            "IM_APP_ORG_SITE_NGINX_VERSION": "1.2", "IM_APP_ORG_SITE_NGINX_PATH": "/opt/nginx", "ansible_host": host,
            "ansible_ssh_host": host, "ansible_port": .integer(22), "ansible_ssh_port": .integer(22),
            "ansible_user": "ada", "ansible_ssh_user": "ada",
        ]
        #expect(request.machines[0].variables == expected)
        var shared = request.variables
        let radl = shared.removeValue(forKey: "IM_INFRASTRUCTURE_RADL")
        #expect(
            shared == [
                "IM_INFRASTRUCTURE_ID": .string(request.id), "IM_FRONT_NUM_VMS": .integer(1),
                "IM_WN_NUM_VMS": .integer(2), "IM_MASTER_HOSTNAME": "front", "IM_MASTER_FQDN": "front.example.org",
                "IM_MASTER_DOMAIN": "example.org",
            ])
        guard case .list(let parts) = radl, case .dictionary(let system) = parts[2] else {
            Issue.record("\(String(describing: radl))")
            return
        }
        #expect(system["class"] == "system" && system["id"] == "front" && system["disk_1_device"] == "hdb")
        #expect(parts.last == .dictionary(["class": "deploy", "system": "wn", "vm_number": .integer(2)]))
        // Nothing that recipes or their output could tell.
        #expect(!"\(request.variables)\(request.machines.map(\.variables))".contains("4711"))
    }

    @Test func groupsNamesAndStepsAreIMs() async throws {
        let (request, records) = try await deployed()
        #expect(request.machines.map(\.groups) == [["front"], ["wn"], ["wn"]].map { $0 + ["allnowindows"] })
        for (machine, record) in zip(request.machines, records) {
            let address = try #require((record.addresses.first { $0.isPublic } ?? record.addresses.first)?.address)
            #expect(machine.inventoryName == "\(address)_\(record.id.number)")
        }
        #expect(
            request.steps.map { "\($0.number) \($0.name)" } == [
                "1 basic", "2 main_front", "2 main_wn", "4 front_front", "4 wn_wn", "5 late_wn",
            ])
        #expect(request.steps.map(\.machines.count) == [3, 1, 2, 1, 2, 2])
        #expect(request.timeout == .seconds(1200))
        let lines = request.machines[1].basics.hostsEntries
        #expect(lines.count == 4 && lines[0].hasSuffix(" front.example.org front"), "\(lines)")
        #expect(lines[1].hasSuffix(" back-0.localdomain back-0") && lines[3].hasSuffix(" vnode-2.localdomain vnode-2"))
    }

    @Test func aMachineIsMadeAsItsSystemSays() async throws {
        let (request, _) = try await deployed()
        let basics = request.machines[0].basics
        #expect(basics.fqdn == "front.example.org")
        #expect(basics.packages == ["nginx"])
        #expect(basics.newPassword?.expose() == "N3w-secret-4711")
        #expect(basics.authorizedKeys == ["ssh-ed25519 AAAA"])
        // The third one has no file system; the second one is known by its serial number alone.
        #expect(
            basics.disks == [
                .init(number: 1, serials: ["gantry-disk1"], device: "hdb", filesystem: "ext4", mountPath: "/data"),
                .init(number: 2, serials: ["gantry-disk2"], device: nil, filesystem: "swap", mountPath: nil),
            ])
        // By the first one as long as it holds, by the new one from then on.
        let passwords = request.machines[0].target.authentications.compactMap { authentication in
            if case .password(let password) = authentication { password.expose() } else { nil }
        }
        #expect(passwords == ["old-4711", "N3w-secret-4711"])
        #expect(request.machines[0].escalationPassword?.expose() == "old-4711")
        #expect(request.recipes["late"]?.vaultPasswords.map { $0.expose() } == ["vault-4711"])
    }

    /// Who changes the infrastructure without one leaves the last one there.
    @Test func theOwnersTokenComesToMachines() async throws {
        let fixture = try Fixture()
        let document = Fixture.document(1, contextualize: "configure node (\n@begin\n- tasks: []\n@end\n)")
        var tokens: [String?] = []
        for token in [nil, "ey.one", nil, "ey.two"] as [Secret<String>?] {
            var request = fixture.request(document, name: "cluster")
            request.token = token
            let operation = try await fixture.manager.follow(try await fixture.manager.deploy(request))
            #expect(operation.status == .succeeded, "\(operation.error ?? "")")
            tokens.append(await fixture.contextualizer.requests.last?.machines[0].basics.token?.expose())
        }
        #expect(tokens == [nil, "ey.one", "ey.one", "ey.two"])
    }

    @Test func whatIsNotUsedIsTold() async throws {
        let fixture = try Fixture()
        let document = Self.document.replacing(
            "deploy front 1",
            with:
                "ansible control (host = 'c' and credentials.username = 'ada' and credentials.password = 'pw')\ndeploy front 1"
        )
        .replacing(
            "disk.1.size", with: "disk.0.applications contains (name = 'ansible.roles.acme.web') and disk.1.size")
        let plan = try await fixture.manager.plan(fixture.request(document, clouds: Self.clouds))
        for words in [
            "ansible_version changes nothing", "ansible host 'control'", "'ansible.roles.acme.web' is not fetched",
        ] {
            #expect(plan.warnings.contains { $0.contains(words) }, "\(words)? \(plan.warnings)")
        }
    }

    @Test(
        "a private network's SSH proxy is gone through",
        arguments: [
            ("proxy_host = 'ada:pw:4711@proxy.example.org:2222'", "ada@proxy.example.org:2222 pw:4711"),
            ("proxy_host = 'ada@proxy.example.org' and proxy_key = 'KEY'", "ada@proxy.example.org:22 KEY"),
            ("proxy_host = 'proxy.example.org'", nil), ("", nil),
        ])
    func proxies(features: String, jump: String?) async throws {
        let fixture = try Fixture()
        let document = """
            network inside (\(features))
            system wn (net_interface.0.connection = 'inside' and disk.0.image.url = 'dummy://image')
            configure wn (
            @begin
            - tasks: []
            @end
            )
            deploy wn 1
            """
        let (_, operation) = try await fixture.deploy(document)
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let jumps = try #require(await fixture.contextualizer.requests.first).machines[0].target.jumps
        let told = jumps.map { host in
            let secrets = host.authentications.map { authentication in
                switch authentication {
                case .password(let secret), .privateKey(let secret): secret.expose()
                case .agent(let socket): socket
                }
            }
            return "\(host.user)@\(host.endpoint.host):\(host.endpoint.port) \(secrets.joined(separator: " "))"
        }
        #expect(told == (jump.map { [$0] } ?? []))
    }

    /// The key that a proxy shows first must be shown on the way to all machines, until it is said that another one is right.
    @Test func hostKeysOfProxiesAreKept() async throws {
        let fixture = try Fixture()
        let document = """
            network inside (proxy_host = 'ada:pw@proxy.example.org:2222')
            system wn (net_interface.0.connection = 'inside' and disk.0.image.url = 'dummy://image')
            configure wn (
            @begin
            - tasks: []
            @end
            )
            deploy wn 2
            """
        func policies() async throws -> [HostKeyPolicy] {
            let request = try #require(await fixture.contextualizer.requests.last)
            let jumps = request.machines.map(\.target.jumps)
            #expect(Set(jumps).count == 1, "they share a connection")
            return try jumps.map { try #require($0.first).hostKey }
        }
        await fixture.contextualizer.passes(
            Endpoint(host: "proxy.example.org", port: 2222), hostKey: "ssh-ed25519 PROXY")
        let (submitted, operation) = try await fixture.deploy(document, name: "one")
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        #expect(try await policies() == [.trustOnFirstUse, .trustOnFirstUse])
        _ = try await fixture.deploy(document, name: "one")
        #expect(try await policies() == [.pinned(["ssh-ed25519 PROXY"]), .pinned(["ssh-ed25519 PROXY"])])
        let access = try await fixture.manager.access(of: submitted.infrastructure, caller: .local)
        #expect(access.map(\.proxy?.hostKeys) == [["ssh-ed25519 PROXY"], ["ssh-ed25519 PROXY"]])
        #expect(access.allSatisfy { $0.jump == nil })
        var request = fixture.request(document, name: "one")
        request.newHostKeys = [1]
        _ = try await fixture.manager.follow(try await fixture.manager.deploy(request))
        #expect(try await policies() == [.trustOnFirstUse, .trustOnFirstUse])
    }

    // MARK: - cloud-init

    private static func booted(_ text: String, more: String = "", items: String = "") -> String {
        Fixture.document(
            2,
            contextualize: "configure init (\n@begin\n\(text)\n@end\n)\n\(more)\n"
                + "contextualize (\n system node configure init with cloud_init\n\(items))")
    }

    private func userData(_ document: String) async throws -> String {
        let connector = WrappedConnector()
        let fixture = try Fixture(dummy: connector)
        let (_, operation) = try await fixture.deploy(document)
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let data = connector.launched.map(\.userData)
        #expect(data.count == 2 && data[0] == data[1])
        let steps = await fixture.contextualizer.requests.first?.steps.map(\.name)
        #expect(steps == ["basic", "main_node"], "cloud-init alone runs it")
        return String(decoding: data.first??.map { $0 } ?? [], as: UTF8.self)
    }

    /// The infrastructure's key of the fixture is too short to be one, so there is no login to be laid over.
    @Test(
        "a section is handed over as it is, with the head that cloud-init asks for",
        arguments: [
            ("packages: [git]", "#cloud-config\npackages: [git]\n"),
            ("---\npackages: [git]", "#cloud-config\npackages: [git]\n"),
            ("  #cloud-config\n  packages: [git]", "#cloud-config\n  packages: [git]\n"),
            ("#!/bin/sh\n- ls", "#!/bin/sh\n- ls\n"),
        ])
    func oneSection(text: String, sent: String) async throws {
        #expect(try await userData(Self.booted(text)) == sent)
    }

    @Test func severalSectionsAreParts() async throws {
        let key = "ssh-ed25519 " + String(repeating: "A", count: 68)
        let document = Self.booted(
            "runcmd: [ls]", more: "configure more (\n@begin\n#!/bin/sh\necho grüße\n@end\n)",
            items: " system node configure more with cloud_init\n"
        ).replacing("'dummy://image'", with: "'dummy://image' and disk.0.os.credentials.public_key = '\(key)'")
        let text = try await userData(document)
        let parts = text.components(separatedBy: "--gantry-boot-data\n")
        #expect(parts.count == 4)
        #expect(parts[0] == "Content-Type: multipart/mixed; boundary=\"gantry-boot-data\"\nMIME-Version: 1.0\n\n")
        let plain = "Content-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: "
        #expect(parts[1] == plain + "7bit\n\n#cloud-config\nruncmd: [ls]\n\n")
        let coded = Data("#!/bin/sh\necho grüße\n".utf8).base64EncodedString()
        #expect(parts[2] == plain + "base64\n\n\(coded)\n")
        // The login comes last, and adds to lists of the same name.
        #expect(parts[3].hasPrefix(plain + "7bit\n\n#cloud-config\nusers:\n"))
        #expect(parts[3].contains("- \"\(key)\"\n"))
        #expect(
            parts[3].hasSuffix(
                "\nmerge_how: list(append)+dict(recurse_array,no_replace)+str()\n\n--gantry-boot-data--\n"))
    }

    @Test func whoCannotHandItOverIsNoCandidate() async throws {
        let fixture = try Fixture(dummy: WrappedConnector(without: [.userData]))
        await #expect {
            _ = try await fixture.deploy(Self.booted("packages: [git]"))
        } throws: { error in
            guard let error = error as? ManagerError else { return false }
            return error.code == .noCloud && error.message.contains("nothing is handed to cloud-init there")
        }
        // Who asks for none is placed there.
        let (_, operation) = try await fixture.deploy(Fixture.document(1))
        #expect(operation.status == .succeeded)
    }

    @Test func aPlaybookIsNoBootData() async throws {
        let fixture = try Fixture()
        await #expect {
            _ = try await fixture.deploy(Self.booted("# what\n- tasks: []"))
        } throws: { error in
            (error as? ManagerError)?.message.contains(
                "this is a playbook, and cloud-init reads a mapping ('packages:', 'write_files:', …) or a script")
                == true
        }
    }
}

extension VariableValue: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
}
