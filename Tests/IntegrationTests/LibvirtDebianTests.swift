import Foundation
import Testing

/// A real Debian with the real cloud-init, as `gantry image build debian` makes it, through the command. `make libvirt`
/// has the image made; the tests in CI are without it.
@Suite("libvirt and Debian", .enabled(if: LibvirtTestBed.debian != nil), .serialized, .timeLimit(.minutes(15)))
struct LibvirtDebianTests {
    @Test(
        "What the document says is so: sections, host name, disks, size, host key; on a network and on a bridge",
        arguments: ["bios", "uefi"])
    func asTheDocumentSays(firmware: String) async throws {
        let before = try await LibvirtTestBed.inventory()
        // On a bridge libvirt sees no leases: there the guest's agent tells the address.
        let place = firmware == "uefi" ? "provider_id = 'bridge:virbr0' and " : ""
        let scratch = try Scratch()
        try scratch.write("auth", "id = here; type = Libvirt; host = \(LibvirtTestBed.uri)\n")
        try scratch.write(
            "deb.radl",
            """
            network public (\(place)outbound = 'yes')
            system node (
                cpu.count >= 1 and memory.size >= 700M and libvirt.firmware = '\(firmware)' and
                net_interface.0.connection = 'public' and net_interface.0.dns_name = 'deb.example.org' and
                disk.0.image.url = 'file://\(LibvirtTestBed.debian ?? "")' and disk.0.os.name = 'linux' and
                disk.0.size = 3G and disk.1.size = 64M and disk.1.device = 'hdb' and disk.1.mount_path = '/data' and
                disk.1.fstype = 'ext4' and disk.2.size = 48M and disk.2.fstype = 'swap' and disk.2.device = 'hdc'
            )
            deploy node 1
            configure init (
            @begin
            #cloud-config
            write_files:
            - path: /etc/said
              content: by the document
            @end
            )
            configure node (
            @begin
            - tasks:
              - command: hostname -f
                register: name
              - copy:
                  dest: /root/told
                  content: "{{ name.stdout }} {{ ansible_distribution }} {{ IM_NODE_FQDN }}"
            @end
            )
            contextualize (
                system node configure init with cloud_init
                system node configure node
            )
            """)
        func gantry(_ arguments: String...) async throws -> Program.Ended {
            try await Program(name: "gantry").run(arguments + ["--state-dir", scratch.path("state")])
        }
        let made = try await gantry("up", scratch.path("deb.radl"), "-a", scratch.path("auth"), "--yes", "--plain")
        #expect(made.status == 0, "\(made.output)\(made.errors)")
        #expect(!made.output.contains("some units failed"), "\(made.output)")
        func inside(_ command: String) async throws -> [String] {
            let ended = try await Program(name: "gantry").run([
                "ssh", "deb", "node", "--state-dir", scratch.path("state"), "--", command,
            ])
            #expect(ended.status == 0, "\(command): \(ended.output)\(ended.errors)")
            return ended.output.lines
        }
        #expect(try await inside("sudo cloud-init status --wait --long").first == "status: done")
        #expect(try await inside("cat /etc/said") == ["by the document"])
        #expect(try await inside("sudo cat /root/told") == ["deb.example.org Debian deb.example.org"])
        #expect(try await inside("findmnt -no FSTYPE,SOURCE /data") == ["ext4   /dev/vdb1"])
        #expect(try await inside("sed 1d /proc/swaps | cut -d' ' -f1") == ["/dev/vdc1"])
        #expect(try await inside("test -d /sys/firmware/efi && echo uefi || echo bios") == [firmware])
        let size = try #require(Int(try await inside("df -BM --output=size / | tail -1").first?.dropLast() ?? ""))
        #expect(size > 2_500, "the root file system grew to \(size) MB")
        // Its key is the one that the connector told before anybody had logged in, and gantry's ssh asks for that.
        let known = try await inside("sudo cat /etc/ssh/ssh_host_ed25519_key.pub").first?.split(separator: " ").prefix(
            2)
        let domain = try #require(try await LibvirtTestBed.virsh("list", "--name").lines.first)
        let label = try await LibvirtTestBed.virsh("metadata", domain, "urn:gantry:libvirt:1")
        #expect(try label.contains(#require(known).joined(separator: " ")), "\(label)")
        let ended = try await gantry("destroy", "deb", "--yes")
        #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
        #expect(try await LibvirtTestBed.inventory() == before)
    }
}
