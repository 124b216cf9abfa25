import ConnectorAPI
package import ConnectorHost
package import ContextualizationAPI
import Foundation
package import Logging
package import Orchestration
import Persistence
import SSHTransport
import Support

/// The parts of a Gantry process, put together: which store, which connectors, which contextualizer.
///
/// The one place that names concrete parts; `gantry` and `gantryd` differ in their options only.
package struct GantryServices: Sendable {
    /// What the process was started with.
    package struct Options: Sendable {
        /// Folder of the state; `:memory:` keeps it in memory.
        package var stateFolder: String
        /// Folders with `connector-*` executables.
        package var connectorFolders: [String]
        package var logger: Logger
        package var manager: ManagerConfiguration

        package init(
            stateFolder: String, connectorFolders: [String] = [], logger: Logger,
            manager: ManagerConfiguration = ManagerConfiguration()
        ) {
            self.stateFolder = stateFolder
            self.connectorFolders = connectorFolders
            self.logger = logger
            self.manager = manager
        }
    }

    package var manager: InfrastructureManager
    private let store: any StateStore
    package var registry: ConnectorRegistry
    package var communicators: any CommunicatorFactory
    package var contextualizer: any Contextualizer
    /// Connectors that cannot be used, and why.
    package var problems: [String]

    /// Opens the store and puts the parts together. Starts no process and opens no connection.
    /// - Throws: `StoreError`, which names the folder and the next step.
    package static func make(_ options: Options) async throws -> GantryServices {
        let store: any StateStore =
            options.stateFolder == ":memory:"
            ? try InMemoryStateStore() : try SQLiteStateStore(folder: options.stateFolder)
        let (registry, problems) = await BuiltInConnectors.registry(
            folders: options.connectorFolders, stateFolder: options.stateFolder, logger: options.logger)
        let communicators = SSHCommunicatorFactory()
        var configuration = options.manager
        configuration.templates = TemplateSources.resolver(stateFolder: options.stateFolder)
        let contextualizer = ContextualizerAssembly.make(communicators: communicators, logger: options.logger)
        let manager = InfrastructureManager(
            store: store, connectors: RegistryDirectory(registry: registry), contextualizer: contextualizer,
            configuration: configuration, logger: options.logger,
            makeKeyPair: {
                let pair = try SSHKeyPair.generate()
                return InfrastructureManager.KeyPair(privateKey: pair.privateKey, publicKey: pair.publicKey)
            })
        return GantryServices(
            manager: manager, store: store, registry: registry, communicators: communicators,
            contextualizer: contextualizer, problems: problems)
    }

    /// Of those that can be used.
    package var connectorNames: [String] { registry.all.map(\.description.name) }

    /// Ends connector processes and closes the store.
    package func stop() async {
        await registry.stop()
        await store.close()
    }
}
