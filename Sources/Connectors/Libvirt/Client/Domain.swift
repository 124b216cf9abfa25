import CLibvirt
import ConnectorAPI

/// What libvirt says of a domain's state.
struct DomainState: Sendable, Hashable {
    var state: Int32
    var reason: Int32

    /// Where it uses processor and memory.
    var isActive: Bool { (1...4).contains(state) || isAsleep }
    var isShutOff: Bool { state == 5 }
    /// Whether its guest has suspended itself to memory.
    var isAsleep: Bool { state == 7 }
    /// Whether it is paused and goes on when it is asked to. While libvirt migrates, saves or copies it, or starts it, it goes
    /// on by itself; one that is paused since its guest has ended or crashed cannot.
    var isHeld: Bool { state == Self.paused && ![2, 3, 4, 8, 9, 10, 11].contains(reason) }
    var isPausedByDisk: Bool { state == Self.paused && reason == 5 }

    static let running: Int32 = 1
    static let paused: Int32 = 3
    static let shuttingDown: Int32 = 4
    static let shutOff: Int32 = 5
    static let crashed: Int32 = 6

    /// Why it is shut off, where that is a failure.
    var failure: String? {
        switch (state, reason) {
        case (Self.shutOff, 3), (Self.crashed, _): "its hypervisor process ended (crashed)"
        case (Self.shutOff, 6): "its hypervisor process did not start"
        case (Self.paused, 5):
            "it is paused since a disk cannot be written: is the storage pool full? Make room there, then `gantry start`"
        default: nil
        }
    }
}

/// A domain. Everything here blocks; several threads may use one, as libvirt allows of all its objects.
final class Domain: @unchecked Sendable {
    private static let alsoRemoves: UInt32 = 1 | 2 | 4 | 16
    static let live: UInt32 = 1
    static let config: UInt32 = 2

    let pointer: OpaquePointer
    /// Labels of domains of its connection, where they are kept.
    let known: KnownLabels?

    init(_ pointer: OpaquePointer, _ known: KnownLabels?) {
        self.pointer = pointer
        self.known = known
    }

    deinit {
        _ = gantry_virDomainFree(pointer)
    }

    var name: String { gantry_virDomainGetName(pointer).map { String(cString: $0) } ?? "" }

    var uuid: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 37) { buffer in
            guard let start = buffer.baseAddress, gantry_virDomainGetUUIDString(pointer, start) == 0 else { return "" }
            return String(cString: start)
        }
    }

    func state() throws(ConnectorError) -> DomainState {
        var found = DomainState(state: 0, reason: 0)
        try LibvirtCall.done(
            gantry_virDomainGetState(pointer, &found.state, &found.reason, 0), "the state of machine '\(uuid)'")
        return found
    }

    func start() throws(ConnectorError) {
        try LibvirtCall.done(gantry_virDomainCreateWithFlags(pointer, 0), "the start of machine '\(name)'")
    }

    /// Lets it go on where it was paused.
    func resume() throws(ConnectorError) {
        try LibvirtCall.done(gantry_virDomainResume(pointer), "letting machine '\(name)' go on")
    }

    /// Wakes a guest that has suspended itself.
    func wake() throws(ConnectorError) {
        try LibvirtCall.done(gantry_virDomainPMWakeup(pointer, 0), "waking machine '\(name)'")
    }

    /// Asks the guest to shut down.
    func shutDown() throws(ConnectorError) {
        try LibvirtCall.done(gantry_virDomainShutdownFlags(pointer, 0), "the shutdown of machine '\(name)'")
    }

    /// Ends it at once.
    func destroy() throws(ConnectorError) {
        do throws(ConnectorError) {
            try LibvirtCall.done(gantry_virDomainDestroyFlags(pointer, 0), "the end of machine '\(name)'")
        } catch {
            // It was not running.
            guard error.isLibvirt(.operationInvalid) || error.code == .notFound else { throw error }
        }
    }

    func reboot() throws(ConnectorError) {
        try LibvirtCall.done(gantry_virDomainReboot(pointer, 0), "the reboot of machine '\(name)'")
    }

    /// With its firmware's variables and what else libvirt keeps of it. Not its volumes.
    func undefine() throws(ConnectorError) {
        do throws(ConnectorError) {
            for flags in [Self.alsoRemoves, 0] {
                do throws(ConnectorError) {
                    return try LibvirtCall.done(
                        gantry_virDomainUndefineFlags(pointer, flags), "the removal of machine '\(name)'")
                } catch {
                    // Drivers that know none of the flags.
                    guard flags != 0, error.code == .invalidArgument || error.code == .unsupported else { throw error }
                }
            }
        } catch {
            guard error.code == .notFound else { throw error }
        }
    }

    /// - Parameter inactive: As it will be at the next start.
    func xml(inactive: Bool = false) throws(ConnectorError) -> String {
        try LibvirtCall.text(
            gantry_virDomainGetXMLDesc(pointer, inactive ? 2 : 0), "the definition of machine '\(name)'")
    }

    /// The element of a namespace in its metadata; nil where there is none.
    func metadata(_ namespace: String) throws(ConnectorError) -> String? {
        try Hypervisor.optional { () throws(ConnectorError) in
            try LibvirtCall.text(
                gantry_virDomainGetMetadata(pointer, Self.element, namespace, 0), "the metadata of machine '\(name)'")
        }
    }

    func setMetadata(_ xml: String, prefix: String, _ namespace: String) throws(ConnectorError) {
        let flags = (try state()).isActive ? Self.live | Self.config : Self.config
        try LibvirtCall.done(
            gantry_virDomainSetMetadata(pointer, Self.element, xml, prefix, namespace, flags),
            "the metadata of machine '\(name)'")
    }

    private static let element: Int32 = 2

    /// For the next start.
    func setSize(cpus: Int, memoryBytes: Int64) throws(ConnectorError) {
        let what = "the size of machine '\(name)'"
        let kibibytes = UInt(memoryBytes / 1_024)
        let maximum: UInt32 = 4
        try LibvirtCall.done(gantry_virDomainSetMemoryFlags(pointer, kibibytes, Self.config | maximum), what)
        try LibvirtCall.done(gantry_virDomainSetMemoryFlags(pointer, kibibytes, Self.config), what)
        try LibvirtCall.done(gantry_virDomainSetVcpusFlags(pointer, UInt32(cpus), Self.config | maximum), what)
        try LibvirtCall.done(gantry_virDomainSetVcpusFlags(pointer, UInt32(cpus), Self.config), what)
    }

    func attach(_ xml: String, live: Bool) throws(ConnectorError) {
        let flags = live ? Self.live | Self.config : Self.config
        try LibvirtCall.done(
            gantry_virDomainAttachDeviceFlags(pointer, xml, flags), "adding a device to machine '\(name)'")
    }

    func detach(_ xml: String, live: Bool) throws(ConnectorError) {
        let flags = live ? Self.live | Self.config : Self.config
        try LibvirtCall.done(
            gantry_virDomainDetachDeviceFlags(pointer, xml, flags), "taking a device from machine '\(name)'")
    }

    /// From the guest's agent, or from what the host's neighbours are; empty where the source is silent.
    func addresses(_ source: AddressSource) -> [Lease] {
        guard let text = gantry_virt_addresses(pointer, source.rawValue) else {
            gantry_virResetLastError()
            return []
        }
        return Lease.all((try? LibvirtCall.text(text, "")) ?? "")
    }

    enum AddressSource: UInt32 {
        case lease = 0
        case agent = 1
        case neighbours = 2
    }

    func monitor(_ command: String) throws(ConnectorError) -> String {
        try LibvirtCall.text(gantry_virt_monitor(pointer, command), "'\(command)' to the monitor of machine '\(name)'")
    }

    // MARK: - Copies of disks

    func copy(_ disk: String, to xml: String) throws(ConnectorError) {
        let transient: UInt32 = 4
        let reuse: UInt32 = 2
        try LibvirtCall.done(
            gantry_virt_block_copy(pointer, disk, xml, transient | reuse), "the copy of \(disk) of machine '\(name)'")
    }

    /// nil: there is no job.
    func job(_ disk: String) throws(ConnectorError) -> CopyJob? {
        var job = gantry_virt_job()
        let found = gantry_virt_block_job(pointer, disk, &job)
        try LibvirtCall.done(found, "the copy of \(disk) of machine '\(name)'")
        return found == 1 ? CopyJob(current: job.current, end: job.end) : nil
    }

    func endJob(_ disk: String) throws(ConnectorError) {
        try LibvirtCall.done(
            gantry_virDomainBlockJobAbort(pointer, disk, 0), "the end of the copy of \(disk) of machine '\(name)'")
    }
}

/// How far a copy is: whole where both are the same and not zero.
struct CopyJob: Sendable, Hashable {
    var current: UInt64
    var end: UInt64

    var isWhole: Bool { end > 0 && current == end }
}

/// An address that a machine got.
struct Lease: Sendable, Hashable {
    var mac: String
    var address: String
    var isIPv6: Bool
    /// Seconds since 1970; 0 where it is not known.
    var expiry: Int64 = 0

    /// From the lines of the shim.
    static func all(_ text: String) -> [Lease] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count >= 3 else { return nil }
            return Lease(
                mac: words[0].lowercased(), address: String(words[1]), isIPv6: words[2] == "6",
                expiry: words.count > 3 ? Int64(words[3]) ?? 0 : 0)
        }
    }
}
