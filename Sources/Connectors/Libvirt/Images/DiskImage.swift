import ConnectorAPI

/// What the first bytes of a disk image say of it.
struct DiskImage: Sendable, Hashable {
    enum Format: String, Sendable, Hashable {
        case qcow2, raw
    }

    /// As much of the beginning of a file as has to be read.
    static let headerSize = 4_096

    var format: Format
    /// Of the disk that it is.
    var virtualSize: Int64
    /// Another image that this one is laid over.
    var backingFile: String?

    /// - Parameters:
    ///   - header: The first bytes of the file.
    ///   - size: Of the whole file.
    ///   - name: Of the image, for messages.
    /// - Throws: ``ConnectorError/Code/invalidArgument`` for what no machine can boot from.
    init(header: [UInt8], size: Int64, name: String) throws(ConnectorError) {
        func refused(_ reason: String) -> ConnectorError {
            ConnectorError(
                code: .invalidArgument, message: "image '\(name)' cannot be used: \(reason)", field: "image")
        }
        func number(_ offset: Int, _ bytes: Int) -> Int64 {
            header[offset..<min(offset + bytes, header.count)].reduce(0) { $0 << 8 | Int64($1) }
        }
        guard size > 0 else { throw refused("it is empty; fetch or make it again") }
        if header.starts(with: [0x51, 0x46, 0x49, 0xfb]) {
            guard header.count >= 72, size >= 72 else {
                throw refused("it is cut off within its header; fetch it again")
            }
            let version = number(4, 4)
            guard version == 2 || version == 3 else {
                throw refused("it is qcow version \(version), not 2 or 3; make one that is: qemu-img convert -O qcow2")
            }
            let (backing, length) = (number(8, 8), number(16, 4))
            if backing != 0 {
                let start = Int(clamping: backing)
                let end = start + Int(length)
                backingFile =
                    end <= header.count && start < end ? String(decoding: header[start..<end], as: UTF8.self) : "?"
            }
            guard number(32, 4) == 0 else {
                throw refused("it is encrypted; make one that is not: qemu-img convert -O qcow2")
            }
            if version == 3 {
                guard header.count >= 80 else { throw refused("it is cut off within its header; fetch it again") }
                let features = number(72, 8)
                guard features & 0b10 == 0 else {
                    throw refused("it is marked as corrupt; look with qemu-img check, or fetch it again")
                }
                guard features & ~Self.knownFeatures == 0 else {
                    throw refused(
                        "it has features of qcow2 that are not known (\(String(features & ~Self.knownFeatures, radix: 16)) "
                            + "of its incompatible ones); make one without them: qemu-img convert -O qcow2")
                }
                // A file of the host that whoever made the image names, as another tenant's disk.
                guard features & 0b100 == 0 else {
                    throw refused("its data is in another file; make one file of both: qemu-img convert -O qcow2")
                }
            }
            let (level, table) = (number(36, 4), number(40, 8))
            let bits = number(20, 4)
            guard (9...21).contains(bits), number(24, 8) >= 0 else {
                throw refused("its header is corrupt; fetch it again, then look with qemu-img check")
            }
            guard table >= 0, table <= size, table + level * 8 <= size else {
                throw refused(
                    "it is cut off: its tables end behind the end of the file (\(size) bytes); fetch it again")
            }
            format = .qcow2
            virtualSize = number(24, 8)
            return
        }
        for (magic, what) in Self.others where header.starts(with: magic) {
            throw refused("it is \(what); unpack or convert it first (qemu-img convert -O qcow2)")
        }
        guard !Self.isPage(header) else {
            throw refused("it is a web page or XML, and no image; fetch the image itself")
        }
        guard header.count >= 512, header[510] == 0x55, header[511] == 0xaa else {
            throw refused(
                "it is neither qcow2 nor a disk with a boot sector; look with qemu-img info what it is, and convert it "
                    + "(qemu-img convert -O qcow2)")
        }
        format = .raw
        virtualSize = size
    }

    /// Of a qcow2 image: written to when QEMU ended, corrupt, data elsewhere, a kind of compression, parts of clusters.
    private static let knownFeatures: Int64 = 0b11111

    /// Whether these are the first bytes of a page of the web, or of something else that is written so.
    static func isPage(_ header: [UInt8]) -> Bool {
        let blank = [UInt8]("\u{feff} \t\r\n".utf8)
        return header.drop { blank.contains($0) }.first == UInt8(ascii: "<") && !header.starts(with: "<<< ".utf8)
    }

    private static let others: [([UInt8], String)] = [
        ([0x1f, 0x8b], "compressed by gzip"), ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "compressed by xz"),
        ([0x42, 0x5a, 0x68], "compressed by bzip2"), ([0x28, 0xb5, 0x2f, 0xfd], "compressed by zstd"),
        ([0x50, 0x4b, 0x03, 0x04], "a zip archive"), (Array("KDMV".utf8), "of VMware (vmdk)"),
        (Array("conectix".utf8), "of Hyper-V (vhd)"), (Array("vhdxfile".utf8), "of Hyper-V (vhdx)"),
        (Array("<<< ".utf8), "of VirtualBox (vdi)"),
    ]
}
