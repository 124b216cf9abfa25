package import ConnectorAPI

/// The connectors of a server. A value that is made once and handed on; nothing registers itself.
package struct ConnectorRegistry: Sendable {
    private let byName: [String: any Connector]
    private let order: [String]
    private var sources: [String: Source] = [:]

    /// - Parameters:
    ///   - builtIn: Compiled in.
    ///   - discovered: Found as executables; one of the name of a built-in connector takes its place, which gives an
    ///     operator the isolation of a process by putting a file into a folder.
    ///   - order: Names of connectors that come before the others; types of auth lines are looked for in this order.
    package init(builtIn: [any Connector], discovered: [any Connector] = [], order first: [String] = []) {
        var byName: [String: any Connector] = [:]
        var order: [String] = []
        for connector in builtIn + discovered {
            let name = connector.description.name
            if byName.updateValue(connector, forKey: name) == nil { order.append(name) }
        }
        self.byName = byName
        self.order = first.filter { byName[$0] != nil } + order.filter { !first.contains($0) }
    }

    /// Where a connector comes from.
    package enum Source: Sendable, Hashable {
        case builtIn
        /// A file and the SHA-256 of its content.
        case file(path: String, sha256: String)
    }

    /// Built-in connectors and what is found in folders, as the configuration wants them.
    ///
    /// - Parameters:
    ///   - folders: Looked through before those of the configuration.
    ///   - cacheFile: Where is kept what connectors say of themselves; nil: nowhere.
    ///   - asksAnew: Also those are asked that did not answer a moment ago.
    ///   - patience: How long a connector may take to say what it is.
    /// - Returns: The registry, and for people what cannot be used and why.
    package static func discovering(
        builtIn: [any Connector], folders: [String], configuration: ConnectorConfiguration = ConnectorConfiguration(),
        cacheFile: String? = nil, asksAnew: Bool = false, patience: Duration = .seconds(10),
        options: ProcessConnector.Options
    ) async -> (registry: ConnectorRegistry, problems: [String]) {
        let discovery = ConnectorDiscovery(
            folders: folders + configuration.folders, entries: configuration.entries,
            builtIn: Set(builtIn.map(\.description.name)), cacheFile: cacheFile, asksAnew: asksAnew, timeout: patience)
        let result = await discovery.run()
        var problems = result.problems
        let off = Set(configuration.entries.filter { $0.enabled == false }.map(\.name))
        var discovered: [any Connector] = []
        var sources: [String: Source] = [:]
        for found in result.found where !off.contains(found.description.name) {
            let name = found.description.name
            do {
                let (command, settings) = try configured(found, options)
                discovered.append(
                    ProcessConnector(command: command, description: found.description, options: settings))
                sources[name] = .file(path: found.command.path, sha256: found.sha256)
            } catch {
                problems.append("connector '\(name)' is not used: \(error.message)")
            }
        }
        let kept = builtIn.filter { !off.contains($0.description.name) }
        var registry = ConnectorRegistry(
            builtIn: kept, discovered: discovered, order: configuration.entries.map(\.name))
        registry.sources = sources
        problems += registry.sharedTypes()
        let known = Set(result.found.map(\.description.name) + builtIn.map(\.description.name))
        for entry in configuration.entries {
            let isMissing =
                entry.enabled == false
                ? entry.path == nil && !known.contains(entry.name) : registry.byName[entry.name] == nil
            if isMissing {
                let place = entry.path ?? "connector-\(entry.name)"
                if !result.problems.contains(where: { $0.contains("\(place)'") }) {
                    problems.append(
                        "the configuration names connector '\(entry.name)', which is neither built in nor in a folder")
                }
            } else if entry.enabled != false, sources[entry.name] == nil, entry.needsProcess {
                problems.append(
                    "the configuration of '\(entry.name)' has no effect: it is built in; put its executable "
                        + "connector-\(entry.name) into a folder to run it as a process")
            }
        }
        return (registry, problems)
    }

    /// The command and options of a connector as the configuration wants them.
    private static func configured(
        _ found: ConnectorDiscovery.Found, _ options: ProcessConnector.Options
    ) throws(ConnectorError) -> (ConnectorCommand, ProcessConnector.Options) {
        guard let entry = found.entry else { return (found.command, options) }
        let command = try entry.applied(to: found.command)
        var options = options
        options.isolation = entry.isolation ?? options.isolation
        options.sessionDefaults = entry.config ?? [:]
        options.maxConcurrentCalls = entry.calls.map { max(1, $0) } ?? options.maxConcurrentCalls
        options.callTimeout = entry.callSeconds.map { .seconds(max(1, $0)) } ?? options.callTimeout
        return (command, options)
    }

    /// Where a connector comes from.
    package func source(of name: String) -> Source { sources[name] ?? .builtIn }

    /// Credentials go to the first connector of their type: whoever runs the service should know where there are two.
    private func sharedTypes() -> [String] {
        var first: [String: String] = [:]
        var problems: [String] = []
        for connector in all {
            let name = connector.description.name
            for type in connector.description.providerTypes {
                if let other = first[type.lowercased()] {
                    problems.append(
                        "connectors '\(other)' and '\(name)' both serve the type '\(type)'; auth lines of it go to "
                            + "'\(other)': disable one, or put the other first in the configuration")
                } else {
                    first[type.lowercased()] = name
                }
            }
        }
        return problems
    }

    /// All, in the order of the configuration, then built-in ones first.
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
