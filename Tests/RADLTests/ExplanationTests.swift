import RADL
import Testing

@Suite("Explanation of a document")
struct ExplanationTests {
    static let text = """
        description d (name = 'My cluster')
        network public (outbound = 'yes' and outports = '22,8080-80,10.0.0.0/8-9000:9100/udp')
        network private (create = 'yes' and cidr = '10.0.*.0/24')
        system front (
          cpu.count >= 2 and cpu.count <= 4 and memory.size >= 2048m and instance_type = 'big' and
          gpu.count >= 1 and gpu.vendor = 'NVIDIA' and price <= 0.5 and
          net_interface.0.connection = 'public' and net_interface.0.dns_name = 'front-#N#' and
          net_interface.1.connection = 'private' and
          disk.0.image.url = ['ost://a/1', 'aws://r/2'] and
          disk.1.size = 100GB and disk.1.mount_path = '/data' and disk.1.fstype = 'ext4' and
          disk.0.applications contains (name = 'ansible.roles.grycap.nfs') and
          disk.0.applications contains (name = 'openssl' and version >= '3' and preinstalled = 'yes') and
          soft 20 (memory.size >= 8GiB) and soft 30 (cpu.arch = 'x86_64')
        )
        system wn (net_interface.0.connection = 'private' and disk.0.os.name = 'linux' and disk.0.os.version >= '22.04')
        system spare ()
        configure front (
        @begin
        - name: first play
          roles:
          - { role: 'grycap.nfs', nfs_mode: 'front' }
        @end
        )
        configure wn (
        @begin
        - tasks: []
        @end
        )
        contextualize 900 (
          system wn configure wn step 2
          system front configure front step 1
        )
        deploy front 1 ost1
        deploy wn 3
        """

    @Test func `says in words what is asked for`() throws {
        let explanation = RADLExplanation(try RADLDocument(parsing: Self.text))
        #expect(
            explanation.text == """
                'My cluster': 4 machines of 2 systems.

                1 machine 'front' in the cloud 'ost1':
                  processors: 2 to 4; memory: at least 2048 MB
                  machine type big; 1 or more graphics processors NVIDIA; price at most 0.5 an hour
                  image: ost://a/1, else aws://r/2
                  disk: 100 GB at /data (ext4)
                  networks: public and private
                  host names: front-#N#
                  installed: role grycap.nfs; openssl 3 or later, part of the image
                  wished for: cpu.arch 'x86_64' (weight 30)
                  wished for: memory.size at least 8 GiB (weight 20)

                3 machines 'wn':
                  size: nothing is said, the smallest will do
                  image: searched at the cloud with linux 22.04 or later
                  networks: private

                Networks:
                  public: public addresses; open: 22/tcp, 8080/tcp led to 80, 9000 to 9100/udp from 10.0.0.0/8; machines of front
                  private: private; machines of front and wn; made for the infrastructure; addresses 10.0.*.0/24

                Contextualization:
                  1. 'front' on 'front' (first play; role grycap.nfs)
                  2. 'wn' on 'wn'

                Defined but not deployed: spare.
                Contextualization may take 900 seconds at most.
                In one cloud, because a private network joins them: front and wn.
                """)
    }

    @Test func `an application without a name is called so`() throws {
        let text = "system a (disk.0.applications contains (version = '2'))\ndeploy a 1"
        #expect(
            RADLExplanation(try RADLDocument(parsing: text)).text.contains("installed: something without a name 2\n"))
    }

    /// What an infrastructure has already is not known here.
    @Test func `references are not described`() throws {
        let explanation = RADLExplanation(
            try RADLDocument(parsing: "network public\nnetwork private ()\nsystem wn\ndeploy wn 2"))
        #expect(
            explanation.text.hasPrefix(
                """
                2 machines of 1 system.

                2 machines 'wn':
                  defined in the infrastructure that the document is added to

                Networks:
                  public: defined in the infrastructure that the document is added to
                  private: private
                """))
        #expect(explanation.networks.map(\.isPublic) == [nil, false])
        #expect(!explanation.text.contains("No recipe runs"))
    }

    @Test(
        arguments: [
            ("", ["No recipe runs: machines get their names, networks and logins only."], []),
            (
                "configure a ()\ncontextualize (system a configure b step 1)",
                ["Not contextualized, because their own configure is empty: a.", "No recipe runs on: c."], []
            ),
            (
                "configure a ()",
                ["Not contextualized, because their own configure is empty: a.", "No recipe runs on: c."], []
            ),
            (
                "contextualize 60 ()\nconfigure a ()",
                ["Contextualization is switched off: machines are only started."], []
            ),
            (
                "contextualize (system c configure a step 2 system c configure b)\nconfigure a ()",
                ["Not contextualized, because their own configure is empty: a."], ["1. 'b' on 'c' (hello)"]
            ),
            (
                "contextualize 60 (system a configure b step 2 system a configure c step 1)",
                ["No recipe runs on: c.", "Contextualization may take 60 seconds at most."],
                ["1. 'c' on 'a'", "2. 'b' on 'a' (hello)"]
            ),
            ("configure a (\n@begin\n- name: there\n@end\n)", ["No recipe runs on: c."], ["1. 'a' on 'a' (there)"]),
            (
                "contextualize (system a configure b with cloud_init)", ["No recipe runs on: c."],
                ["1. 'b' on 'a', by cloud-init at the first start (hello)"]
            ),
        ] as [(String, [String], [String])])
    func `says what runs and what does not, once`(_ more: String, _ notes: [String], _ steps: [String]) throws {
        let text = """
            system a (net_interface.0.dns_name = 'random(4)')
            system c ()
            configure b (
            @begin
            - name: hello
            @end
            )
            configure c
            deploy a 1
            deploy c 1
            \(more)
            """
        let explanation = RADLExplanation(try RADLDocument(parsing: text))
        #expect(explanation.notes == notes, "\(more)")
        let lines = explanation.text.split(separator: "\n").filter { $0.hasPrefix("  1. ") || $0.hasPrefix("  2. ") }
        #expect(lines.map { String($0.dropFirst(2)) } == steps, "\(more)")
        #expect(explanation.text.contains("host names: random(4)"))
    }

    @Test func `counts without overflow, and says so where nothing is deployed`() throws {
        let many = "system a ()\ndeploy a 9223372036854775807\ndeploy a 9223372036854775807"
        #expect(RADLExplanation(try RADLDocument(parsing: many)).machineCount == .max)
        #expect(RADLExplanation(RADLDocument()).text == "The document asks for no machines.")
        let unknown = RADLExplanation(try RADLDocument(parsing: "deploy a 1"))
        #expect(unknown.machines.map(\.system) == ["a"])
    }

    @Test(arguments: [
        ("= 512M", "512 MB"), (">= 1G", "at least 1 GB"), ("> 1GiB", "more than 1 GiB"),
        ("<= 1536MiB", "at most 1.5 GiB"),
        (">= 1073741824", "at least 1 GiB"), ("= 1000", "1 kB"), ("< 3", "less than 3 bytes"),
        (">= 1234567", "at least 1234567 bytes"),
        ("= 2.5T", "2.5 TB"), ("= 1zz", "1 bytes"),
    ])
    func `sizes are said as people say them`(_ size: String, _ words: String) throws {
        let document = try RADLDocument(parsing: "system a (memory.size \(size))\ndeploy a 1")
        #expect(RADLExplanation(document).machines.first?.memory == words)
    }
}
