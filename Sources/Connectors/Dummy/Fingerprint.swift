import ConnectorAPI
import Foundation

/// A 64-bit FNV-1a digest of values, stable over processes and versions: tells whether a batch is the same as before.
struct Fingerprint {
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    var text: String { String(hash, radix: 16) }

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        hash = (hash ^ 0xff) &* 0x0000_0100_0000_01b3
    }

    mutating func add(_ text: String?) {
        guard let text else { return add([0]) }
        add(text.utf8)
    }

    mutating func add(_ number: some BinaryInteger) {
        add(String(number))
    }

    mutating func add(_ map: [String: String]) {
        for (key, value) in map.sorted(by: { $0.key < $1.key }) {
            add(key)
            add(value)
        }
        add([1])
    }

    mutating func add(_ value: JSONValue) {
        switch value {
        case .null: add("n")
        case .bool(let flag): add(flag ? "t" : "f")
        case .integer(let number): add(number)
        case .number(let number): add(String(number))
        case .string(let text): add(text)
        case .array(let items):
            add([2])
            for item in items { add(item) }
            add([3])
        case .object(let members):
            add([4])
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                add(key)
                add(member)
            }
            add([5])
        }
    }

    mutating func add(_ spec: MachineSpec) {
        add(spec.machineID)
        add(spec.name)
        add(spec.image)
        add(spec.flavor)
        for disk in spec.disks {
            add(disk.index)
            add(disk.sizeBytes ?? -1)
            add(disk.source)
            add(disk.type)
            add(disk.device)
            add(disk.filesystem)
        }
        for interface in spec.interfaces {
            add(interface.index)
            add(interface.network)
            add(interface.fixedAddress)
            add(interface.public ? 1 : 0)
            for group in interface.groups { add(group) }
        }
        add(spec.keyPair)
        if let userData = spec.userData { add(userData) }
        add(spec.zone)
        if let spot = spec.spot { add(spot.maxPrice.map { String($0) }) }
        add(spec.tags)
        add(.object(spec.provider))
    }
}
