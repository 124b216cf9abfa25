import Glibc

/// The tables of a qcow2 file that say where its clusters are (QEMU's docs/interop/qcow2.txt): an image whose download was
/// cut off has them in its first part, and clusters behind its end. Everything here blocks.
struct QCOWTables {
    private let descriptor: Int32
    private let size: Int64
    private let clusterBits: Int64
    private let table: Int64
    private let entries: Int

    /// nil where its tables have a form that is not known here, so that nothing can be said.
    ///
    /// - Parameters:
    ///   - header: One that ``DiskImage`` takes for that of a qcow2 image.
    ///   - size: Of the file.
    init?(_ descriptor: Int32, header: [UInt8], size: Int64) {
        // Of what else changes the form: data in another file, and entries of 16 bytes.
        let harmless: UInt64 = 0b1011
        if Self.number(header, 4, 4) == 3, header.count < 80 || Self.number(header, 72, 8) & ~harmless != 0 {
            return nil
        }
        self.descriptor = descriptor
        self.size = size
        clusterBits = Int64(Self.number(header, 20, 4))
        table = Int64(Self.number(header, 40, 8))
        entries = Int(Self.number(header, 36, 4))
    }

    enum Fault { case cutOff, corrupt }

    /// Whether a cluster that a table names begins behind the end of the file, or where none can begin; nil: neither.
    var fault: Fault? {
        let offsets: UInt64 = 0x00ff_ffff_ffff_fe00
        let inside = (UInt64(1) << UInt64(clusterBits)) - 1
        guard let first = words(at: table, entries) else { return .cutOff }
        for entry in first where entry & offsets != 0 {
            if entry & offsets & inside != 0 { return .corrupt }
            guard let second = words(at: Int64(entry & offsets), 1 << (clusterBits - 3)) else { return .cutOff }
            for place in second where place != 0 {
                let isCompressed = place >> 62 & 1 == 1
                let bits = isCompressed ? (UInt64(1) << UInt64(62 - (clusterBits - 8))) - 1 : offsets
                if !isCompressed, place & offsets & inside != 0 { return .corrupt }
                if Int64(clamping: place & bits) >= size { return .cutOff }
            }
        }
        return nil
    }

    /// Numbers of eight bytes; nil where the file ends before them.
    private func words(at offset: Int64, _ count: Int) -> [UInt64]? {
        let length = count * 8
        guard length > 0 else { return [] }
        guard offset >= 0, offset + Int64(length) <= size else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: length, alignment: 8) { buffer in
            guard let start = buffer.baseAddress, pread(descriptor, start, length, off_t(offset)) == length else {
                return nil
            }
            return (0..<count).map { UInt64(bigEndian: buffer.load(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
    }

    private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
        bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
