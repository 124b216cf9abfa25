import Jinja
import Support

/// The ways to the machines of a run: one each, and further ones where a task logs in as somebody else, or works on the
/// controller in a machine's name.
final class MachineLinks: Sendable {
    /// Which way to a machine.
    struct Way: Hashable, Sendable {
        var host: String
        /// nil: as the inventory says.
        var user: String?
        var port: Int?
        var isLocal = false
        /// Another one than the inventory says.
        var other: TaskWay?
    }

    private let made = LockedValue<[Way: MachineLink]>([:])
    private let make: @Sendable (Way) throws -> MachineLink?

    /// - Parameter make: Makes a way that is not there yet; nil: there is no such machine.
    init(_ links: [String: MachineLink], make: @escaping @Sendable (Way) throws -> MachineLink? = { _ in nil }) {
        self.make = make
        made.withLock { made in
            for (name, link) in links { made[Way(host: name)] = link }
        }
    }

    /// The way to a machine of the run.
    subscript(name: String) -> MachineLink? { made.withLock { $0[Way(host: name)] } }

    func link(_ way: Way) throws -> MachineLink? {
        if let known = made.withLock({ $0[way] }) { return known }
        guard let link = try make(way) else { return nil }
        return made.withLock { made in
            if let known = made[way] { return known }
            made[way] = link
            return link
        }
    }

    func add(_ link: MachineLink, for name: String) { made.withLock { $0[Way(host: name)] = link } }

    var all: [MachineLink] { made.withLock { Array($0.values) } }
}

/// Changes the inventory of a run: `add_host` and `group_by`.
protocol InventoryEditor: Sendable {
    /// - Returns: Whether anything is new.
    func addHost(_ name: String, groups: [String], variables: JinjaDict) throws -> Bool
    func addGroup(_ name: String, parents: [String], host: String) throws -> Bool
    /// A machine that is not in the inventory, to which a task is delegated: by its name, or the address that stands for it.
    /// nil: none is to be reached.
    func outsider(_ name: String) -> HostVariables?
    /// The way to a machine as the variables of a task say.
    func way(to name: String, scope: TaskScope) throws -> TaskWay
    /// Whether the way to a machine is not known before a task says what the inventory's variables of it name.
    func isLate(_ name: String) -> Bool
}
