import Jinja
import Support

/// The machines of a run and what all tasks see alike.
final class HostTable: Sendable {
    /// The machines of the play at work.
    struct Members: Sendable {
        var all: [String] = []
        var batch: [String] = []
        /// Those that no failure took out.
        var active: [String] = []
    }

    private struct State {
        var hosts: [HostVariables] = []
        var byName: [String: HostVariables] = [:]
        var groups = JinjaDict()
        var members: Members?
    }

    private let state = LockedValue(State())
    /// Further variables above all others (`-e`), and those of the engine.
    let extra: JinjaDict
    let magic: JinjaDict
    /// The folder of the playbook at work, which may be an imported one; nil: as ``magic`` says.
    let folder: LockedValue<String?>

    /// - Parameters:
    ///   - groups: Members of each group in order; `all` and `ungrouped` are added.
    ///   - extra: Variables above all others; their texts are templates.
    ///   - magic: Fixed values such as `playbook_dir`.
    init(
        hosts: [HostVariables], groups: [(String, [String])], extra: JinjaDict, magic: JinjaDict,
        folder: LockedValue<String?> = LockedValue(nil)
    ) {
        self.extra = extra
        self.magic = magic
        self.folder = folder
        state.withLock {
            $0.hosts = hosts
            $0.byName = Dictionary(hosts.map { ($0.name, $0) }) { first, _ in first }
            $0.groups = Self.table(hosts, groups)
        }
    }

    private static func table(_ hosts: [HostVariables], _ groups: [(String, [String])]) -> JinjaDict {
        var table = JinjaDict()
        table["all"] = .list(hosts.map { .string($0.name) })
        table["ungrouped"] = .list(
            hosts.filter { host in !groups.contains { $0.1.contains(host.name) } }.map { .string($0.name) })
        for (group, members) in groups { table[group] = .list(members.map { .string($0) }) }
        return table
    }

    var hosts: [HostVariables] { state.withLock { $0.hosts } }

    func host(_ name: String) -> HostVariables? { state.withLock { $0.byName[name] } }

    /// The value of `groups`.
    var groups: JinjaValue { state.withLock { .dict($0.groups) } }

    /// Another machine, or other groups.
    func add(_ host: HostVariables?, groups: [(String, [String])]) {
        state.withLock { state in
            if let host, state.byName[host.name] == nil {
                state.hosts.append(host)
                state.byName[host.name] = host
            }
            state.groups = Self.table(state.hosts, groups)
        }
    }

    /// A machine that is in no group, not even in `all`: the controller.
    func addImplicit(_ host: HostVariables) { state.withLock { $0.byName[host.name] = host } }

    /// Whether a machine is there without being listed.
    func isImplicit(_ name: String) -> Bool {
        state.withLock { state in state.byName[name] != nil && !state.hosts.contains { $0.name == name } }
    }

    /// The machines of the play at work; nil: all.
    var members: Members? {
        get { state.withLock { $0.members } }
        set { state.withLock { $0.members = newValue } }
    }

    func leave(_ name: String) { state.withLock { $0.members?.active.removeAll { $0 == name } } }

    func playHosts(_ place: KeyPath<Members, [String]>) -> JinjaValue {
        state.withLock { state in
            .list((state.members.map { $0[keyPath: place] } ?? state.hosts.map(\.name)).map { .string($0) })
        }
    }
}
