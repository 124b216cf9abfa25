package import ConnectorAPI

/// Finds connectors: those compiled in and those discovered. Implemented by the tools that put the parts together.
package protocol ConnectorDirectory: Sendable {
    /// The connector that serves the `type` of an auth line, compared without case; nil: none is installed.
    func connector(forType type: String) async -> (any Connector)?

    /// The connector of a name, as a stored machine remembers it.
    func connector(named name: String) async -> (any Connector)?

    /// All, for lists and messages.
    func descriptions() async -> [ConnectorDescription]
}
