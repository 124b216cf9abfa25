/// The disk from which cloud-init takes what a machine shall become (data source NoCloud): an ISO 9660 file system named
/// `cidata`, whose names Linux shows in lower case.
enum SeedImage {
    private static let sectorSize = 2_048
    private static let rootSector = 20
    /// Programs that look for file systems give up at a disk that ends before all the places where one could begin.
    private static let leastSize = 512 << 10

    /// - Parameter files: Name and content, such as `user-data`.
    static func iso(_ files: [(name: String, content: [UInt8])]) -> [UInt8] {
        let files = files.sorted { $0.name < $1.name }
        var sector = rootSector + 1
        var entries: [(name: [UInt8], sector: Int, size: Int, isFolder: Bool)] = [
            ([0], rootSector, sectorSize, true), ([1], rootSector, sectorSize, true),
        ]
        var data: [UInt8] = []
        for file in files {
            entries.append((Array((file.name.uppercased() + ";1").utf8), sector, file.content.count, false))
            let padded = padded(file.content)
            data += padded
            sector += padded.count / sectorSize
        }
        let root = padded(entries.flatMap { record($0.name, $0.sector, $0.size, isFolder: $0.isFolder) })
        let sectors = rootSector + root.count / sectorSize + data.count / sectorSize
        var image = [UInt8](repeating: 0, count: 16 * sectorSize)
        image += primaryDescriptor(sectors: sectors)
        image += padded([255] + Array("CD001".utf8) + [1])
        image += padded(pathTable(bigEndian: false))
        image += padded(pathTable(bigEndian: true))
        image += root + data
        return image + [UInt8](repeating: 0, count: max(0, leastSize - image.count))
    }

    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (sectorSize - bytes.count % sectorSize) % sectorSize)
    }

    private static func little(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func big(_ value: Int, _ bytes: Int) -> [UInt8] { little(value, bytes).reversed() }

    /// In both orders, as the standard has it.
    private static func both(_ value: Int, _ bytes: Int) -> [UInt8] { little(value, bytes) + big(value, bytes) }

    private static func text(_ text: String, _ length: Int) -> [UInt8] {
        Array(text.utf8.prefix(length)) + [UInt8](repeating: 0x20, count: max(0, length - text.utf8.count))
    }

    /// An entry of a folder.
    private static func record(_ name: [UInt8], _ sector: Int, _ size: Int, isFolder: Bool) -> [UInt8] {
        var body: [UInt8] = [0] + both(sector, 4) + both(size, 4)
        // 1 January 2020; what it says is not looked at.
        body += [120, 1, 1, 0, 0, 0, 0, isFolder ? 2 : 0, 0, 0] + both(1, 2)
        body += [UInt8(name.count)] + name
        if name.count % 2 == 0 { body.append(0) }
        return [UInt8(body.count + 1)] + body
    }

    private static func pathTable(bigEndian: Bool) -> [UInt8] {
        let order = bigEndian ? big : little
        return [1, 0] + order(rootSector, 4) + order(1, 2) + [0, 0]
    }

    private static func primaryDescriptor(sectors: Int) -> [UInt8] {
        let noDate = Array("0000000000000000".utf8) + [0]
        var out: [UInt8] = [1] + Array("CD001".utf8) + [1, 0]
        out += text("LINUX", 32) + text("cidata", 32) + [UInt8](repeating: 0, count: 8) + both(sectors, 4)
        out += [UInt8](repeating: 0, count: 32) + both(1, 2) + both(1, 2) + both(sectorSize, 2)
        out += both(10, 4) + little(18, 4) + little(0, 4) + big(19, 4) + big(0, 4)
        out += record([0], rootSector, sectorSize, isFolder: true)
        for length in [128, 128, 128, 128, 37, 37, 37] { out += text("", length) }
        for _ in 0..<4 { out += noDate }
        out += [1, 0]
        return padded(out)
    }
}

/// The files of the seed.
enum SeedFiles {
    /// What routes by DHCP have at most systems where a machine has one card.
    private static let bestMetric = 100

    static func files(
        uuid: String, hostName: String, userData: [UInt8]?, hostKey: HostKey?, interfaces: [MachineLabel.Interface]
    ) -> [(name: String, content: [UInt8])] {
        var files: [(name: String, content: [UInt8])] = [
            ("meta-data", Array("instance-id: \(uuid)\nlocal-hostname: \(hostName)\n".utf8)),
            ("user-data", userData ?? Array("#cloud-config\n".utf8)),
        ]
        if let hostKey { files.append(("vendor-data", Array(hostKey.vendorData.utf8))) }
        // Without it cloud-init sets up the first card only. Several servers may offer a way out: that of the card on which
        // others reach the machine comes first, since answers by another one are lost. cloud-init hands that rank on to
        // systemd-networkd only under the card's own name.
        if interfaces.count > 1 {
            let main = interfaces.firstIndex { $0.isPublic && $0.segment == nil } ?? 0
            var text = "version: 2\nethernets:\n"
            for (place, interface) in interfaces.enumerated() {
                text += "  eth\(place):\n    match:\n      macaddress: \"\(interface.mac)\"\n"
                if let segment = interface.segment {
                    text += "    addresses: [\(segment.address)/\(segment.prefix)]\n"
                } else {
                    text += "    dhcp4: true\n    dhcp4-overrides:\n"
                    text += "      route-metric: \(place == main ? bestMetric : bestMetric + 100 + place)\n"
                }
                if place > 0 { text += "    optional: true\n" }
            }
            files.append(("network-config", Array(text.utf8)))
        }
        return files
    }
}
