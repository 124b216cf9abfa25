import InfrastructureModel

/// What an export holds, for people who decide whether to take it over.
package struct ExportSummary: Sendable {
    package var id: String
    /// Names of those who own it, in the order of the export.
    package var owners: [String]
    /// Machines that did not end.
    package var machines: Int
    /// Where they are: `id (type)`, each once, in the order of the machines.
    package var clouds: [String]

    /// - Throws: ``ManagerError`` `invalidDocument`.
    package init(_ text: String) throws {
        let export = try InfrastructureExport(reading: text)
        id = export.id
        owners = export.owners.map(\.username)
        let alive = export.machines.filter { $0.isDestroyed != true && $0.state != "off" && $0.state != "deleting" }
        machines = alive.count
        clouds = []
        for cloud in alive.compactMap(\.cloud) {
            let text = "\(cloud.id) (\(cloud.type))"
            if !clouds.contains(text) { clouds.append(text) }
        }
    }
}
