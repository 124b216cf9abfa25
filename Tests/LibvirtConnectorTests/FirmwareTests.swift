import ConnectorAPI
import Testing

@testable import Libvirt

@Suite("What firmware says")
struct FirmwareTests {
    /// As consoles of aarch64 machines had it.
    private static let refused =
        "\u{1b}[2J\u{1b}[01;01H\u{1b}[=3hBdsDxe: loading Boot0001 \"UEFI Misc Device\" from PciRoot(0x0)\r\n"
        + "BdsDxe: failed to load Boot0001 \"UEFI Misc Device\" from PciRoot(0x0): Access Denied\r\n"
        + "BdsDxe: No bootable option or device was found.\r\n"
        + "BdsDxe: Press any key to enter the Boot Manager Menu.\r\n"
    private static let shell =
        "BdsDxe: failed to load Boot0001 \"UEFI Misc Device\" from PciRoot(0x0): Not Found\r\n"
        + "\u{1b}[2J\u{1b}[01;01HUEFI Interactive Shell v2.2\r\nEDK II\r\n\u{1b}[10;01HPress ESC in 1 seconds to skip\r\n"

    @Test("It has found nothing to boot where that was its last word, or where only its shell was left")
    func nothing() {
        #expect(Firmware.uefi.sayingNothingBoots(Self.refused) == "No bootable option or device was found")
        let prompt = Self.shell + "\u{1b}[11;01H\u{1b}[1m\u{1b}[33m\u{1b}[40mShell> \u{1b}[0m\u{1b}[37m\u{1b}[40m"
        #expect(Firmware.uefi.sayingNothingBoots(prompt) == "UEFI Interactive Shell")
    }

    @Test(
        "It may still boot, or has",
        arguments: [
            "", "UEFI firmware (version  built at 13:10:49 on Nov  5 2024)\r\n", shell,
            refused + "EFI stub: Booting Linux Kernel...\r\n", "tiny ready: tiny 192.0.2.7/24 12.60 s\r\n/ # ",
            "BdsDxe: starting Boot0001 \"UEFI Misc Device\" from PciRoot(0x0)\r\n", "root@Shell> \r\n",
        ])
    func something(console: String) {
        #expect(Firmware.uefi.sayingNothingBoots(console) == nil)
    }

    /// As the console of a machine with an empty disk had it.
    private static let empty =
        "\u{1b}c\u{1b}[?7l\u{1b}[2J\u{1b}[0mSeaBIOS (version 1.16.2-debian-1.16.2-1)\r\n"
        + "Machine UUID 79c5bbde-01aa-4299-83d4-406d25117b62\r\nBooting from Hard Disk...\r\n"
        + "Boot failed: not a bootable disk\r\n\r\nNo bootable device.\r\n"

    @Test("A BIOS has found nothing to boot where that was its last word")
    func nothingByBIOS() {
        let said = "Boot failed: not a bootable disk / No bootable device"
        #expect(Firmware.bios.sayingNothingBoots(Self.empty) == said)
        #expect(
            Firmware.bios.sayingNothingBoots("No bootable device.  Retrying in 60 seconds.") == "No bootable device")
    }

    @Test(
        "By a BIOS it may still boot, or has",
        arguments: [
            "", "SeaBIOS (version 1.16.2)\r\nBooting from Hard Disk...\r\n",
            empty + "SeaBIOS (version 1.16.2)\r\nBooting from Hard Disk...\r\n", empty + "GRUB loading.\r\n",
            "Booting from Hard Disk...\r\nBoot failed: not a bootable disk\r\n\r\nBooting from DVD/CD...\r\n",
            "log: No bootable device. here\r\n",
        ])
    func somethingByBIOS(console: String) {
        #expect(Firmware.bios.sayingNothingBoots(console) == nil)
    }

    @Test("Whose firmware writes to no console is not asked")
    func whichFirmware() {
        #expect(Firmware("<os><loader type='pflash'>/f</loader></os>") == .uefi)
        #expect(Firmware("<os><bios useserial='yes'/></os>") == .bios)
        #expect(Firmware("<os><boot dev='hd'/></os>") == nil)
    }
}

@Suite("Architectures in the names of images")
struct ImageArchitectureTests {
    @Test(
        "An image that is for another architecture by its name is refused",
        arguments: [
            ("https://images.example/12/debian-12-generic-arm64.qcow2", "x86_64", "aarch64"),
            ("file:///srv/Rocky-9.aarch64.qcow2", "x86_64", "aarch64"),
            ("file:///srv/arm64/debian-12-amd64.qcow2#sha256=00", "aarch64", "x86_64"),
            ("file:///srv/debian-12-amd64.qcow2", "i686", "x86_64"),
        ])
    func refused(image: String, architecture: String, word: String) {
        let error = #expect(throws: ConnectorError.self) { try OperatingSystemName.check(image, architecture) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("write cpu.arch = '\(word)'") == true)
    }

    @Test(
        "One that says nothing, several, or what runs there is not",
        arguments: [
            ("file:///srv/debian-12-generic-arm64.qcow2", "aarch64"), ("file:///srv/arm64/disk.qcow2", "x86_64"),
            ("file:///srv/debian-i386.qcow2", "x86_64"), ("file:///srv/arm64-and-amd64.raw", "x86_64"),
            ("libvirt://pool/arm64-test.qcow2", "x86_64"), ("arm64-test", "x86_64"), ("", "x86_64"),
        ])
    func taken(image: String, architecture: String) throws {
        try OperatingSystemName.check(image, architecture)
    }
}
