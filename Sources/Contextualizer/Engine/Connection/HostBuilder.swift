import ContextualizationAPI
import Foundation
import Jinja
import Recipes
import Support

/// How a machine is worked on for one task.
enum TaskWay: Sendable, Hashable {
    case local
    case remote(ConnectionTarget, PlaybookRun.Patience)
}

/// Turns the connection variables of an inventory (`ansible_host`, `ansible_user`, …) into ways to reach machines.
struct HostBuilder {
    private let options: RecipeRunner.Options
    private let ownKeys: [String]
    private let environment: JinjaEnvironment

    /// - Parameter environment: Renders what is known of machines before there are tasks.
    init(options: RecipeRunner.Options, environment: JinjaEnvironment = RecipeEnvironment.make()) {
        self.options = options
        self.environment = environment
        ownKeys =
            options.privateKeyFiles
            ?? ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"].filter {
                FileManager.default.fileExists(atPath: $0.expandingHome)
            }
    }

    /// All machines of a run. One whose variables cannot be followed says why: it may take no part in it.
    func hosts(in table: HostTable) -> [PlaybookRun.Host] {
        var files = HostReader.Files()
        return table.hosts.map { host($0, in: table, &files) }
    }

    /// A machine that joins the run.
    func host(_ variables: HostVariables, in table: HostTable) -> PlaybookRun.Host {
        var files = HostReader.Files()
        return host(variables, in: table, &files)
    }

    /// A machine that the inventory does not list: it is in no group, and has the variables of `all` and those of its own.
    func host(_ name: String, _ inventory: Inventory, in table: HostTable) -> PlaybookRun.Host {
        var variables = inventory.variables(ofHost: name)
        variables.merge(inventory.variables(ofUnlisted: name))
        return host(
            HostVariables(name: name, groups: [], inventory: variables, inventoryIsTemplate: true), in: table)
    }

    private func host(
        _ host: HostVariables, in table: HostTable, _ files: inout HostReader.Files
    ) -> PlaybookRun.Host {
        let name = host.name
        let variables = host.inventory
        let scope = TaskScope(host: host, table: table, environment: environment)
        let reader = HostReader(name: name, options: options, ownKeys: ownKeys, scope: scope)
        let nowhere = ConnectionTarget(
            endpoints: [Endpoint(host: name)], user: options.user ?? NSUserName(), authentications: [],
            hostKey: .trustOnFirstUse)
        var made = PlaybookRun.Host(
            machine: ContextualizationMachine(
                id: name, inventoryName: name, target: nowhere, groups: host.groups, variables: [:],
                escalationPassword: options.becomePassword, isNew: false),
            variables: variables)
        do {
            let names = variables.keys.map(\.text) + options.extraVariables.keys.map(\.text)
            do {
                let password = try reader.text("ansible_become_password", "ansible_become_pass", "ansible_sudo_pass")
                if let password { made.machine.escalationPassword = Secret(password) }
            } catch is HostReader.Unknown {
                // A task that becomes somebody looks at it again.
            }
            made.isLocal = try reader.isLocal()
            (made.machine.target, made.patience) = try reader.way(names, &files)
        } catch let unknown as HostReader.Unknown {
            made.refusal = unknown.message
            made.isLate = true
        } catch {
            made.refusal = (error as? ContextualizationError)?.message ?? "\(error)"
        }
        return made
    }

    /// The way to a machine as the variables of a task say, those of its inventory among them.
    func way(to name: String, scope: TaskScope) throws -> TaskWay {
        let reader = HostReader(name: name, options: options, ownKeys: ownKeys, scope: scope)
        do {
            if try reader.isLocal() { return .local }
            var files = HostReader.Files()
            let (target, patience) = try reader.way(ConnectionVariables.ofTheWay, &files)
            return .remote(target, patience)
        } catch let unknown as HostReader.Unknown {
            throw ContextualizationError(message: unknown.message)
        }
    }

    static let controllerNames = ["localhost", "127.0.0.1", "::1"]

    static func isController(_ name: String) -> Bool { controllerNames.contains(name) }

    /// The controller under a name that the inventory does not list. As with Ansible it is in no group, and has the
    /// variables of `all` and those of its own.
    func controller(_ name: String, _ inventory: Inventory) -> PlaybookRun.Host {
        var variables: JinjaDict = ["ansible_host": "127.0.0.1"]
        variables.merge(inventory.variables(ofHost: name))
        variables["ansible_connection"] = "local"
        variables.merge(inventory.variables(ofUnlisted: name))
        return PlaybookRun.Host(
            machine: ContextualizationMachine(
                id: name, inventoryName: name,
                target: ConnectionTarget(
                    endpoints: [Endpoint(host: name)], user: NSUserName(), authentications: [],
                    hostKey: .trustOnFirstUse), groups: [], variables: [:],
                escalationPassword: options.becomePassword, isNew: false),
            variables: variables, isLocal: true)
    }
}
