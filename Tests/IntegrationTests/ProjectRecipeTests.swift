import Foundation
import Testing

/// The recipes in `recipes/`, each on a host of its own: it does its work, and the second run changes nothing.
@Suite(.serialized) struct ProjectRecipeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var recipe: String
        /// `-e`, as a user gives them.
        var variables: [String] = []
        /// Shell text on the host afterwards that fails where the work is not done.
        var proof: String

        var testDescription: String { recipe }
    }

    private static let key =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2uXWHmpPxjJf4bD1BLkKJCUkSZ3lL1Ee8FBVTXabcd ada@example"

    /// What a host of the test bed cannot do is left out by the recipe's own variables; docs/testing.md names it.
    static let cases: [Case] = [
        Case(recipe: "web-server", proof: "busybox wget -qO- http://127.0.0.1/ | grep -q 'It works'"),
        Case(
            recipe: "web-client", variables: ["web_server=127.0.0.1"],
            proof: "/usr/local/bin/fetch-page | grep -q 'It works'"),
        Case(
            recipe: "users",
            variables: [
                "users={{ [{'name': 'ada', 'groups': ['staff', 'red'], 'keys': ['\(key)'], 'sudo': true}, "
                    + "{'name': 'old', 'state': 'absent'}] }}"
            ],
            proof: "id -nG ada | grep -qw red && grep -q ada@example /home/ada/.ssh/authorized_keys"
                + " && su ada -c 'sudo -n id -u' | grep -qx 0"),
        Case(
            recipe: "postgresql",
            variables: [#"{"postgresql_password": "it's secret", "postgresql_clients": ["10.0.0.0/8"]}"#],
            proof: "PGPASSWORD=\"it's secret\" psql -h 127.0.0.1 -U app -tAc 'SELECT 1' app | grep -qx 1"),
        Case(
            recipe: "firewall", variables: ["firewall_tcp={{ [80] }}"],
            proof: "nft list ruleset | grep -q 'tcp dport 80 accept' && nft list ruleset | grep -q 'policy drop'"),
        Case(recipe: "node-exporter", proof: "ss -ltn | grep -q ':9100 '"),
        Case(
            recipe: "nfs-server", variables: ["nfs_start=false"],
            proof: "grep -qF '/srv/share *(rw,sync,no_subtree_check)' /etc/exports"),
        Case(
            recipe: "nfs-client", variables: ["nfs_mounted=false"],
            proof: "grep -q '^server:/srv/share /mnt/share nfs defaults,_netdev ' /etc/fstab"),
        Case(
            recipe: "disks",
            variables: [
                "swap_mb=8", "swap_active=false", "disks_mounted=false",
                "disks={{ [{'device': '/srv/disk.img', 'path': '/data'}] }}",
            ],
            proof:
                "[ \"$(blkid -o value -s TYPE /swapfile)\" = swap ] && grep -q '^/srv/disk.img /data ext4 ' /etc/fstab"
                + " && [ \"$(blkid -o value -s TYPE /srv/disk.img)\" = ext4 ]"),
        Case(
            recipe: "docker", variables: ["docker_start=false", "docker_users={{ ['cloudadm'] }}"],
            proof:
                "id -nG cloudadm | grep -qw docker && grep -q json-file /etc/docker/daemon.json && command -v dockerd"),
    ]

    /// What must be there before.
    private static let before = [
        "web-client": "apt-get -qq -y install nginx >/dev/null && service nginx start && sed -i 's/Welcome/It works/'"
            + " /var/www/html/index.nginx-debian.html",
        "disks": "truncate -s 16M /srv/disk.img",
    ]

    @Test(arguments: cases) func runTwice(test: Case) async throws {
        try await RecipeHost.with(prefix: "recipe-" + test.recipe) { host in
            if let script = Self.before[test.recipe] { try await host.shell(script) }
            let path = HostScenario.repository.appending(path: "recipes/\(test.recipe).yml").path
            let options = test.variables.flatMap { ["-e", $0] }
            let first = try await host.run(path, options)
            #expect(first.status == 0, "\(first.output)\(first.errors)")
            #expect(!first.output.contains(" changed=0 "), "\(first.output)")
            try await host.shell(test.proof)
            let second = try await host.run(path, options)
            #expect(second.status == 0, "\(second.output)\(second.errors)")
            #expect(second.output.contains(" changed=0 "), "\(second.output)")
        }
    }

    /// Each recipe is tried.
    @Test func allAreHere() throws {
        let folder = HostScenario.repository.appending(path: "recipes")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yml") }
        #expect(names.sorted() == Self.cases.map { $0.recipe + ".yml" }.sorted())
    }
}
