import CLibvirt
import ConnectorAPI

/// A network of libvirt's. Everything here blocks.
final class VirtualNetwork {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        _ = gantry_virNetworkFree(pointer)
    }

    var name: String { gantry_virNetworkGetName(pointer).map { String(cString: $0) } ?? "" }
    var isActive: Bool { gantry_virNetworkIsActive(pointer) == 1 }

    func start() throws(ConnectorError) {
        do throws(ConnectorError) {
            try LibvirtCall.done(gantry_virNetworkCreate(pointer), "the start of network '\(name)'")
        } catch {
            // Another call was faster.
            guard isActive else { throw error }
        }
    }

    func setAutostart() throws(ConnectorError) {
        try LibvirtCall.done(gantry_virNetworkSetAutostart(pointer, 1), "network '\(name)'")
    }

    func remove() throws(ConnectorError) {
        for (step, call) in [("end", gantry_virNetworkDestroy), ("removal", gantry_virNetworkUndefine)] {
            do throws(ConnectorError) {
                try LibvirtCall.done(call(pointer), "the \(step) of network '\(name)'")
            } catch {
                guard error.code == .notFound || error.isLibvirt(.operationInvalid) else { throw error }
            }
        }
    }

    func xml() throws(ConnectorError) -> XMLNode {
        let text = try LibvirtCall.text(gantry_virNetworkGetXMLDesc(pointer, 0), "the definition of network '\(name)'")
        return try XMLNode.parse(text, "the definition of network '\(name)'")
    }

    /// Adds or removes a fixed lease.
    func change(host xml: String, adds: Bool) throws(ConnectorError) {
        let (add, remove, section): (UInt32, UInt32, UInt32) = (3, 2, 4)
        let flags: UInt32 = isActive ? 3 : 2
        try LibvirtCall.done(
            gantry_virNetworkUpdate(pointer, adds ? add : remove, section, -1, xml, flags),
            "a fixed address of network '\(name)'")
    }

    func leases() throws(ConnectorError) -> [Lease] {
        Lease.all(try LibvirtCall.text(gantry_virt_leases(pointer), "the leases of network '\(name)'"))
    }
}

/// Rules for what passes an interface. Everything here blocks.
final class NetworkFilter {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        _ = gantry_virNWFilterFree(pointer)
    }

    var name: String { gantry_virNWFilterGetName(pointer).map { String(cString: $0) } ?? "" }

    func xml() throws(ConnectorError) -> XMLNode {
        let text = try LibvirtCall.text(gantry_virNWFilterGetXMLDesc(pointer, 0), "network filter '\(name)'")
        return try XMLNode.parse(text, "network filter '\(name)'")
    }

    func remove() throws(ConnectorError) {
        try LibvirtCall.done(gantry_virNWFilterUndefine(pointer), "the removal of network filter '\(name)'")
    }
}
