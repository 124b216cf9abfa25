import ConnectorAPI
import Foundation
import Support

/// A connection with its settings and what the host can.
struct LibvirtSession: Sendable {
    /// The pool that is made where the auth line names none.
    static let ownPool = "gantry"

    let connection: LibvirtConnection
    let settings: LibvirtSettings
    let abilities: HostAbilities

    /// The storage pool of the disks, made and started where that is needed.
    func pool(_ host: Hypervisor) throws(ConnectorError) -> StoragePool {
        let name = settings.pool ?? Self.ownPool
        var found = try host.pool(name)
        if found == nil {
            guard settings.pool == nil else { throw try unknownPool(name, host) }
            let folder = Self.folder(host.uri)
            let xml = XMLNode(
                name: "pool", attributes: ["type": "dir"],
                children: [
                    .init(name: "name", text: name),
                    .init(name: "target", children: [.init(name: "path", text: folder)]),
                ])
            let made = try host.definePool(xml.xml, name)
            if !host.uri.isTest { try made.build() }
            try made.setAutostart()
            found = made
        }
        guard let pool = found else {
            throw ConnectorError(code: .internal, message: "storage pool '\(name)' was made and is not there")
        }
        if !pool.isActive { try pool.start() }
        try Self.check(pool)
        return pool
    }

    /// The storage pool of the disks as it is: nothing is made nor started. nil: it is yet to be made.
    func presentPool(_ host: Hypervisor) throws(ConnectorError) -> StoragePool? {
        let name = settings.pool ?? Self.ownPool
        guard let pool = try host.pool(name) else {
            if settings.pool != nil { throw try unknownPool(name, host) }
            return nil
        }
        try Self.check(pool)
        return pool
    }

    private func unknownPool(_ name: String, _ host: Hypervisor) throws(ConnectorError) -> ConnectorError {
        ConnectorError(
            code: .invalidArgument,
            message: "\(settings.uri) has no storage pool '\(name)', which the auth line names; "
                + NamesThere.text(try host.pools().map(\.name)),
            field: "config.pool")
    }

    private static func check(_ pool: StoragePool) throws(ConnectorError) {
        let type = try pool.xml().attributes["type"] ?? ""
        guard ["dir", "fs", "netfs"].contains(type) else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "storage pool '\(pool.name)' is of type \(type), which cannot hold disks laid over images; "
                    + "name one that is a folder",
                field: "config.pool")
        }
    }

    private static func folder(_ uri: LibvirtURI) -> String {
        guard uri.isSession, uri.isLocal else { return "/var/lib/libvirt/images/\(ownPool)" }
        let environment = ProcessInfo.processInfo.environment
        let data = environment["XDG_DATA_HOME"] ?? (environment["HOME"] ?? "/var/tmp") + "/.local/share"
        return "\(data)/\(ownPool)/libvirt"
    }

    /// How machines of an architecture run.
    func acceleration(_ architecture: String, _ host: Hypervisor) throws(ConnectorError) -> Acceleration {
        let found = try host.acceleration(architecture, abilities)
        return settings.accelerator.map(found.asked) ?? found
    }

    /// - Throws: ``ConnectorError/Code/invalidArgument`` where the host has no emulator for the architecture.
    func guest(_ architecture: String) throws(ConnectorError) -> HostAbilities.Guest {
        if let guest = abilities.guests[architecture] { return guest }
        throw ConnectorError(
            code: .invalidArgument,
            message: "\(settings.uri) runs no machines of architecture \(architecture), only "
                + abilities.guests.keys.sorted().joined(separator: ", ")
                + "; install its emulator there (qemu-system-arm and so on)",
            field: "architecture")
    }
}

/// What there is in place of a name that is wrong.
enum NamesThere {
    private static let most = 12

    /// `there are: a, b`.
    static func text(_ names: [String]) -> String {
        guard !names.isEmpty else { return "there are none" }
        let shown = names.sorted().prefix(most).joined(separator: ", ")
        return "there are: \(shown)" + (names.count > most ? " and \(names.count - most) more" : "")
    }
}

/// The open sessions of the connector. Each opening has a session of its own, so that closing one leaves the others.
final class SessionTable: Sendable {
    private let sessions = LockedValue<[SessionID: LibvirtSession]>([:])

    func add(_ session: LibvirtSession, id: SessionID) {
        sessions.withLock { $0[id] = session }
    }

    func remove(_ id: SessionID) {
        _ = sessions.withLock { $0.removeValue(forKey: id) }
    }

    /// - Throws: ``ConnectorError/Code/unauthenticated`` for an unknown session.
    func session(_ id: SessionID) throws(ConnectorError) -> LibvirtSession {
        guard let session = sessions.withLock({ $0[id] }) else {
            throw ConnectorError(
                code: .unauthenticated, message: "session '\(id.rawValue)' is not open; open a new one")
        }
        return session
    }
}
