import CLibvirt
import ConnectorAPI

/// An open connection on a thread that may block. All that is here blocks.
struct Hypervisor {
    let handle: LibvirtConnection.Handle
    let uri: LibvirtURI

    var pointer: OpaquePointer { handle.pointer }

    init(_ handle: LibvirtConnection.Handle, uri: String) {
        self.handle = handle
        self.uri = LibvirtURI(uri)
    }

    func hostName() throws(ConnectorError) -> String {
        try LibvirtCall.text(gantry_virConnectGetHostname(pointer), "the name of the host")
    }

    func capabilities() throws(ConnectorError) -> XMLNode {
        let text = try LibvirtCall.text(gantry_virConnectGetCapabilities(pointer), "what the host can do")
        return try XMLNode.parse(text, "the capabilities of the host")
    }

    /// Memory and processors of the host.
    func host() throws(ConnectorError) -> HostSize {
        var info = gantry_virt_host()
        try LibvirtCall.done(gantry_virt_host_info(pointer, &info), "the size of the host")
        return HostSize(
            cpus: Int(info.cpus), memoryBytes: Int64(clamping: info.memory_bytes),
            availableBytes: Int64(clamping: info.available_bytes))
    }

    // MARK: - Domains

    func domains() throws(ConnectorError) -> [Domain] {
        try LibvirtCall.list(
            "the domains", { gantry_virConnectListAllDomains(pointer, $0, 0) }, { Domain($0, handle.labels) })
    }

    /// States by UUID, in one request.
    func states() throws(ConnectorError) -> [String: DomainState] {
        let text = try LibvirtCall.text(gantry_virt_states(pointer), "the states of the domains")
        var states: [String: DomainState] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 3, let state = Int32(words[1]), let reason = Int32(words[2]) else { continue }
            states[String(words[0])] = DomainState(state: state, reason: reason)
        }
        return states
    }

    /// nil: there is none.
    func domain(_ uuid: String) throws(ConnectorError) -> Domain? {
        guard UUIDText.isValid(uuid) else { return nil }
        return try Self.optional { () throws(ConnectorError) in
            Domain(
                try LibvirtCall.found(gantry_virDomainLookupByUUIDString(pointer, uuid), "machine '\(uuid)'"),
                handle.labels)
        }
    }

    func domain(named name: String) throws(ConnectorError) -> Domain? {
        try Self.optional { () throws(ConnectorError) in
            Domain(
                try LibvirtCall.found(gantry_virDomainLookupByName(pointer, name), "domain '\(name)'"), handle.labels)
        }
    }

    func define(_ xml: String, _ what: String) throws(ConnectorError) -> Domain {
        let domain = Domain(
            try LibvirtCall.found(gantry_virDomainDefineXMLFlags(pointer, xml, 0), "the definition of \(what)"),
            handle.labels)
        handle.labels?.forget(domain.uuid)
        return domain
    }

    // MARK: - Networks

    func networks() throws(ConnectorError) -> [VirtualNetwork] {
        do throws(ConnectorError) {
            return try LibvirtCall.list(
                "the networks", { gantry_virConnectListAllNetworks(pointer, $0, 0) }, { VirtualNetwork($0) })
        } catch {
            // A session of a user has no driver for them on some hosts.
            guard error.code == .unsupported else { throw error }
            return []
        }
    }

    /// By name or UUID.
    func network(_ id: String) throws(ConnectorError) -> VirtualNetwork? {
        try Self.optional { () throws(ConnectorError) in
            let found =
                UUIDText.isValid(id)
                ? gantry_virNetworkLookupByUUIDString(pointer, id) : gantry_virNetworkLookupByName(pointer, id)
            return VirtualNetwork(try LibvirtCall.found(found, "network '\(id)'"))
        }
    }

    func defineNetwork(_ xml: String, _ name: String) throws(ConnectorError) -> VirtualNetwork {
        VirtualNetwork(try LibvirtCall.found(gantry_virNetworkDefineXML(pointer, xml), "network '\(name)'"))
    }

    // MARK: - Storage

    func pools() throws(ConnectorError) -> [StoragePool] {
        try LibvirtCall.list(
            "the storage pools", { gantry_virConnectListAllStoragePools(pointer, $0, 0) }, { StoragePool($0) })
    }

    func pool(_ name: String) throws(ConnectorError) -> StoragePool? {
        try Self.optional { () throws(ConnectorError) in
            StoragePool(
                try LibvirtCall.found(gantry_virStoragePoolLookupByName(pointer, name), "storage pool '\(name)'"))
        }
    }

    func definePool(_ xml: String, _ name: String) throws(ConnectorError) -> StoragePool {
        StoragePool(try LibvirtCall.found(gantry_virStoragePoolDefineXML(pointer, xml, 0), "storage pool '\(name)'"))
    }

    // MARK: - Filters

    func filters() throws(ConnectorError) -> [NetworkFilter] {
        do throws(ConnectorError) {
            return try LibvirtCall.list(
                "the network filters", { gantry_virConnectListAllNWFilters(pointer, $0, 0) }, { NetworkFilter($0) })
        } catch {
            guard error.code == .unsupported else { throw error }
            return []
        }
    }

    func filter(_ name: String) throws(ConnectorError) -> NetworkFilter? {
        try Self.optional { () throws(ConnectorError) in
            NetworkFilter(
                try LibvirtCall.found(gantry_virNWFilterLookupByName(pointer, name), "network filter '\(name)'"))
        }
    }

    func defineFilter(_ xml: String, _ name: String) throws(ConnectorError) {
        _ = NetworkFilter(try LibvirtCall.found(gantry_virNWFilterDefineXML(pointer, xml), "network filter '\(name)'"))
    }

    /// nil for what is not there.
    static func optional<Value>(_ body: () throws(ConnectorError) -> Value) throws(ConnectorError) -> Value? {
        do throws(ConnectorError) {
            return try body()
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }
}

/// What a host has.
struct HostSize: Sendable, Hashable {
    var cpus: Int
    var memoryBytes: Int64
    /// What machines can have of it now.
    var availableBytes: Int64

    /// - Throws: ``ConnectorError/Code/quotaExceeded`` for a size that is more than the host has in all.
    func check(_ size: MachineSize) throws(ConnectorError) {
        guard size.cpus <= cpus, size.memoryBytes <= memoryBytes else {
            throw ConnectorError(
                code: .quotaExceeded,
                message: "a machine of \(size.cpus) processor\(size.cpus == 1 ? "" : "s") and "
                    + "\(Bytes.text(size.memoryBytes)) is asked for; the host has \(cpus) and \(Bytes.text(memoryBytes))"
            )
        }
    }
}

/// The parts of a libvirt URI that decide something: `DRIVER[+TRANSPORT]://[USER@][HOST][:PORT]/PATH[?WORDS]`.
struct LibvirtURI: Sendable, Hashable {
    let text: String
    let driver: String
    let path: String
    /// Whether the hypervisor shares files and processors with this process.
    let isLocal: Bool

    init(_ text: String) {
        self.text = text
        let scheme = text.prefix { $0 != ":" }
        driver = String(scheme.prefix { $0 != "+" })
        let rest = text.dropFirst(scheme.count)
        let authority = rest.hasPrefix("://") ? rest.dropFirst(3) : rest
        let host = authority.prefix { $0 != "/" && $0 != "?" }
        path = String(authority.dropFirst(host.count).prefix { $0 != "?" })
        isLocal = host.isEmpty && (!scheme.contains("+") || scheme.hasSuffix("+unix"))
    }

    /// One of an ordinary user, with neither bridges nor networks of its own.
    var isSession: Bool { driver == "qemu" && path == "/session" }
    /// libvirt's driver that only pretends: disks have no content.
    var isTest: Bool { driver == "test" }
}

enum UUIDText {
    /// Whether a text is a UUID as libvirt prints it.
    static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
            && parts.allSatisfy { $0.allSatisfy { $0.isASCII && $0.isHexDigit && !$0.isUppercase } }
    }
}
