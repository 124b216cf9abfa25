import ConnectorAPI
import Foundation
import HTTPTransport
import Testing

@testable import Libvirt

@Suite("Images")
struct ImageTests {
    private static func big(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// The header of a qcow2 image.
    private static func qcow2(
        version: Int = 3, backing: String = "", size: Int = 10 << 30, bits: Int = 16, table: Int = 196_608
    ) -> [UInt8] {
        var header: [UInt8] = [0x51, 0x46, 0x49, 0xfb] + big(version, 4)
        header += big(backing.isEmpty ? 0 : 120, 8) + big(backing.utf8.count, 4) + big(bits, 4) + big(size, 8)
        header += big(0, 4) + big(1, 4) + big(table, 8)
        header += [UInt8](repeating: 0, count: 120 - header.count) + Array(backing.utf8)
        return header + [UInt8](repeating: 0, count: 512 - header.count)
    }

    @Test(
        "What no machine should be laid over is refused",
        arguments: [
            (32, 4, 2, "encrypted"), (72, 8, 2, "corrupt"), (72, 8, 4, "another file"), (72, 8, 64, "not known (40 of"),
        ])
    func refused(place: Int, bytes: Int, value: Int, word: String) {
        var header = Self.qcow2()
        header.replaceSubrange(place..<place + bytes, with: Self.big(value, bytes))
        let error = #expect(throws: ConnectorError.self) {
            try DiskImage(header: header, size: 200_000, name: "i")
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }

    @Test func headers() throws {
        let image = try DiskImage(header: Self.qcow2(), size: 200_000, name: "i")
        #expect(image.format == .qcow2)
        #expect(image.virtualSize == 10 << 30)
        let over = try DiskImage(header: Self.qcow2(backing: "/elsewhere/base"), size: 200_000, name: "i")
        #expect(over.backingFile == "/elsewhere/base")
        // qemu-img writes the name behind what extends the header.
        var far = Self.qcow2(backing: "x")
        far.replaceSubrange(8..<16, with: Self.big(700, 8))
        far.replaceSubrange(16..<20, with: Self.big(9, 4))
        far += [UInt8](repeating: 0, count: 700 - far.count) + Array("/far/base".utf8)
        #expect(far.count <= DiskImage.headerSize)
        #expect(try DiskImage(header: far, size: 200_000, name: "i").backingFile == "/far/base")
        var raw = [UInt8](repeating: 0, count: 512)
        (raw[510], raw[511]) = (0x55, 0xaa)
        let plain = try DiskImage(header: raw, size: 4_096, name: "i")
        #expect(plain.format == .raw)
        #expect(plain.virtualSize == 4_096)
    }

    @Test("An image whose clusters are behind its end is cut off, whatever its header says", arguments: [false, true])
    func cutOff(isCompressed: Bool) throws {
        // Header, first table, second table, one cluster.
        var bytes = Self.qcow2(size: 64 << 20, table: 65_536)
        bytes.replaceSubrange(36..<40, with: Self.big(1, 4))
        bytes += [UInt8](repeating: 0, count: 4 * 65_536 - bytes.count)
        bytes.replaceSubrange(65_536..<65_544, with: Self.big(Int.min | 131_072, 8))
        let place = isCompressed ? 1 << 62 | 1 << 54 | 196_700 : Int.min | 196_608
        bytes.replaceSubrange(131_080..<131_088, with: Self.big(place, 8))
        let file = FileManager.default.temporaryDirectory.appending(path: "gantry-image-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(bytes).write(to: file)
        #expect(try ImageFile(file.path).disk().virtualSize == 64 << 20)
        for size in [196_600, 131_080] {
            try Data(bytes[..<size]).write(to: file)
            let error = #expect(throws: ConnectorError.self) { try ImageFile(file.path).disk() }
            #expect(error?.message.contains("cut off") == true)
        }
        // A table, or a cluster, that begins where none can.
        for place in [65_536] + (isCompressed ? [] : [131_080]) {
            var broken = bytes
            broken.replaceSubrange(place..<place + 8, with: Self.big(Int.min | 0x1337, 8))
            try Data(broken).write(to: file)
            let error = #expect(throws: ConnectorError.self) { try ImageFile(file.path).disk() }
            #expect(error?.message.contains("its tables are corrupt") == true)
        }
    }

    @Test(
        "What no machine can boot from is refused with the reason",
        arguments: [
            ([], Int64(0), "empty"), (qcow2(), 100_000, "cut off"), (qcow2(version: 1), 200_000, "version 1"),
            (qcow2(bits: 40), 200_000, "corrupt"), (Array(qcow2()[..<40]), 40, "cut off"),
            ([0x1f, 0x8b, 8, 0], 4, "gzip"), (Array("<html>".utf8), 6, "web page"),
            (Array("<<< Oracle VM VirtualBox Disk Image >>>".utf8), 512, "VirtualBox"),
            ([UInt8](repeating: 0, count: 512), 512, "neither"), ([], 0, "fetch or make it again"),
            ([UInt8](repeating: 0, count: 512), 512, "qemu-img info"), (qcow2(bits: 40), 200_000, "fetch it again"),
        ])
    func refused(header: [UInt8], size: Int64, word: String) {
        let error = #expect(throws: ConnectorError.self) { try DiskImage(header: header, size: size, name: "i") }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }

    @Test func references() throws {
        #expect(try ImageReference("file:///a%20b.qcow2") == .file("/a b.qcow2"))
        #expect(try ImageReference("libvirt://pool/a.qcow2") == .volume(pool: "pool", name: "a.qcow2"))
        #expect(try ImageReference("debian.qcow2") == .volume(pool: nil, name: "debian.qcow2"))
        #expect(try ImageReference("pool/a.qcow2") == .volume(pool: "pool", name: "a.qcow2"))
        let digest = String(repeating: "aB", count: 32)
        let url = try HTTPURL("https://example.org/a.qcow2")
        #expect(try ImageReference("https://example.org/a.qcow2") == .download(url, sha256: nil))
        #expect(
            try ImageReference("https://example.org/a.qcow2#sha256=\(digest)")
                == .download(url, sha256: digest.lowercased()))
        for wrong in [
            "", "/a/b", "file://a", "ost://h/1", "libvirt://pool", "https://example.org/a#sha256=12", "https:///a#",
        ] {
            let error = #expect(throws: ConnectorError.self, "\(wrong)") { try ImageReference(wrong) }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test(
        "A digest of what is not fetched is refused",
        arguments: ["file:///srv/a.qcow2#sha256=00", "libvirt://pool/a.qcow2#sha256=00"])
    func digestOfWhatIsThere(image: String) throws {
        let error = #expect(throws: ConnectorError.self) { try ImageReference(image) }
        #expect(error?.message.hasSuffix("write \(image.split(separator: "#")[0])") == true)
    }

    @Test(
        "Published images are known by their names",
        arguments: [
            ("debian-12-genericcloud-amd64.qcow2", "debian", "12", "x86_64"),
            ("noble-server-cloudimg-amd64.img", "ubuntu", nil, "x86_64"),
            ("Rocky-9-GenericCloud.latest.x86_64.qcow2", "rocky", "9", "x86_64"),
            ("nocloud_alpine-3.20.3-x86_64-bios-cloudinit-r0.qcow2", "alpine", "3.20", "x86_64"),
            ("disk.img", nil, nil, nil),
        ] as [(String, String?, String?, String?)])
    func names(file: String, distribution: String?, version: String?, architecture: String?) {
        let name = OperatingSystemName(file)
        #expect(name.distribution == distribution)
        #expect(name.version == version)
        #expect(name.architecture == architecture)
    }

    @Test("The seed is an ISO 9660 file system named cidata with the files' content")
    func seed() throws {
        let content = Array(String(repeating: "x", count: 5_000).utf8)
        let image = SeedImage.iso([("user-data", content), ("meta-data", Array("instance-id: i\n".utf8))])
        #expect(image.count % 2_048 == 0)
        let descriptor = Array(image[(16 * 2_048)..<(17 * 2_048)])
        #expect(Array(descriptor[..<6]) == [1] + Array("CD001".utf8))
        #expect(String(decoding: descriptor[40..<72], as: UTF8.self).hasPrefix("cidata "))
        let root = Array(image[(20 * 2_048)..<(21 * 2_048)])
        var offset = 0
        var files: [String: [UInt8]] = [:]
        while root[offset] > 0 {
            func number(_ at: Int) -> Int { (0..<4).reduce(0) { $0 | Int(root[offset + at + $1]) << (8 * $1) } }
            let name = String(decoding: root[(offset + 33)..<(offset + 33 + Int(root[offset + 32]))], as: UTF8.self)
            files[name] = Array(image[(number(2) * 2_048)..<(number(2) * 2_048 + number(10))])
            offset += Int(root[offset])
        }
        #expect(files["USER-DATA;1"] == content)
        #expect(files["META-DATA;1"] == Array("instance-id: i\n".utf8))
    }

    @Test("Only machines with several cards have their network described")
    func seedFiles() {
        let card = MachineLabel.Interface(indexes: [0], mac: "52:54:00:00:00:01", network: "n", isPublic: false)
        let one = SeedFiles.files(uuid: "u", hostName: "h", userData: nil, hostKey: nil, interfaces: [card])
        #expect(one.map(\.name) == ["meta-data", "user-data"])
        let two = SeedFiles.files(uuid: "u", hostName: "h", userData: [1], hostKey: nil, interfaces: [card, card])
        #expect(two.map(\.name) == ["meta-data", "user-data", "network-config"])
        #expect(two[1].content == [1])
    }

    @Test("Of several ways out that of the first card for others comes first, and each has a rank of its own")
    func waysOut() throws {
        func card(_ last: Int, isPublic: Bool, isSegment: Bool = false) -> MachineLabel.Interface {
            let segment = MachineLabel.Segment(group: "239.1.2.3:20000", address: "10.170.1.3", prefix: 24)
            return .init(
                indexes: [last], mac: "52:54:00:00:00:0\(last)", network: isSegment ? nil : "n",
                segment: isSegment ? segment : nil, isPublic: isPublic)
        }
        func metrics(_ cards: [MachineLabel.Interface]) throws -> [Int] {
            let files = SeedFiles.files(uuid: "u", hostName: "h", userData: nil, hostKey: nil, interfaces: cards)
            let text = String(decoding: try #require(files.last).content, as: UTF8.self)
            return text.matches(of: /dhcp4: true\n    dhcp4-overrides:\n      route-metric: (\d+)\n/)
                .compactMap { Int($0.1) }
        }
        #expect(
            try metrics([card(1, isPublic: false), card(2, isPublic: true), card(3, isPublic: true)])
                == [200, 100, 202])
        #expect(try metrics([card(1, isPublic: false), card(2, isPublic: false)]) == [100, 201])
        // A card without DHCP has no way out.
        #expect(try metrics([card(1, isPublic: true, isSegment: true), card(2, isPublic: true)]) == [100])
    }
}
