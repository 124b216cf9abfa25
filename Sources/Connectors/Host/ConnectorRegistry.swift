package import ConnectorAPI

/// The connectors of a server. A value that is made once and handed on; nothing registers itself.
package struct ConnectorRegistry: Sendable {
    private let byName: [String: any Connector]
    private let order: [String]

    /// - Parameters:
    ///   - builtIn: Compiled in.
    ///   - discovered: Found as executables; one of the name of a built-in connector takes its place, which gives an
    ///     operator the isolation of a process by putting a file into a folder.
    package init(builtIn: [any Connector], discovered: [any Connector] = []) {
        var byName: [String: any Connector] = [:]
        var order: [String] = []
        for connector in builtIn + discovered {
            let name = connector.description.name
            if byName.updateValue(connector, forKey: name) == nil { order.append(name) }
        }
        self.byName = byName
        self.order = order
    }

    /// Built-in connectors and what is found in folders.
    ///
    /// - Returns: The registry, and for people what cannot be used and why.
    package static func discovering(
        builtIn: [any Connector], discovery: ConnectorDiscovery, options: ProcessConnector.Options
    ) async -> (registry: ConnectorRegistry, problems: [String]) {
        let result = await discovery.run()
        let discovered = result.found.map { found in
            ProcessConnector(command: found.command, description: found.description, options: options)
        }
        return (ConnectorRegistry(builtIn: builtIn, discovered: discovered), result.problems)
    }

    /// All, built-in first.
    package var all: [any Connector] { order.compactMap { byName[$0] } }

    /// The connector of a name.
    package func connector(named name: String) -> (any Connector)? { byName[name] }

    /// The connector that serves a `type` of auth lines; exact spelling first, then any case.
    package func connector(forProviderType type: String) -> (any Connector)? {
        let exact = all.first { $0.description.providerTypes.contains(type) }
        return exact
            ?? all.first { connector in
                connector.description.providerTypes.contains { $0.lowercased() == type.lowercased() }
            }
    }

    /// Ends the processes of all connectors that have one.
    package func stop() async {
        await withTaskGroup(of: Void.self) { group in
            for case let connector as ProcessConnector in byName.values {
                group.addTask { await connector.stop() }
            }
        }
    }
}
