import ArgumentParser
import Assembly
import ConnectorAPI
import ConnectorHost
import Foundation

extension ConnectorCommand {
    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List connectors with what they serve and can do.",
            discussion: """
                A connector that does not say what it is in time is told of and left out; other commands do not ask \
                it again for five minutes, this one does. CHECKED is the last run of \
                'gantry connector check' over this very file.

                The file connectors.json of the state folder, or the one that GANTRY_CONNECTORS names, switches \
                connectors on and off, orders them, and says how each is run.

                EXAMPLES:
                  gantry connector list
                  gantry connector list --connector-dir ./connectors
                """)

        @OptionGroup var state: StateOptions
        @Option(help: ArgumentHelp("How long a connector may take to answer.", valueName: "seconds"))
        var timeout: Int = 3
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            guard timeout >= 1 else {
                throw ValidationError("--timeout is a number of seconds from 1, not \(timeout)")
            }
        }

        func run() async throws {
            try await reporting {
                let (folders, stateFolder, logger) = (state.connectorFolders, state.folder, state.logger)
                let patience = Duration.seconds(timeout)
                let (registry, problems) = try await interruptible("stopping") {
                    let found = await BuiltInConnectors.registry(
                        folders: folders, stateFolder: stateFolder, logger: logger, asksAnew: true,
                        patience: patience)
                    try Task.checkCancellation()
                    return found
                }
                for problem in problems { Terminal.warn(problem) }
                let records = CheckRecords(path: BuiltInConnectors.checkRecords(stateFolder: state.folder))
                let listed = registry.all.map { ListedConnector($0.description, registry, records) }
                if json {
                    Terminal.line(JSONOutput.pretty(listed))
                } else {
                    Terminal.write(
                        Table.text(
                            ["NAME", "VERSION", "TYPES", "IMAGES", "CHECKED", "SOURCE", "CAPABILITIES"],
                            listed.map(\.row)))
                }
                await registry.stop()
            }
        }
    }
}

/// A connector with where it comes from and how its last check ended.
struct ListedConnector: Encodable {
    private let description: ConnectorDescription
    private let source: ConnectorRegistry.Source
    private let lastCheck: CheckRecords.Record?

    init(_ description: ConnectorDescription, _ registry: ConnectorRegistry, _ records: CheckRecords) {
        self.description = description
        source = registry.source(of: description.name)
        let sha256: String? = if case .file(_, let digest) = source { digest } else { nil }
        lastCheck =
            records[CheckRecords.key(name: description.name, version: description.version, sha256: sha256)]
    }

    var row: [String] {
        let place =
            switch source {
            case .builtIn: "built in"
            case .file(let path, _): path
            }
        let checked = lastCheck.map { record in
            let day = record.time.formatted(.iso8601.year().month().day())
            return record.failed == 0
                ? "\(day) passed (\(record.passed))"
                : "\(day) \(record.failed) of \(record.passed + record.failed) failed"
        }
        return [
            description.name, description.version, description.providerTypes.joined(separator: ","),
            description.imageSchemes.joined(separator: ","), checked ?? "never", place,
            description.capabilities.keys.map(\.rawValue).sorted().joined(separator: ","),
        ]
    }

    private enum CodingKeys: String, CodingKey {
        case source, path, sha256, lastCheck
    }

    func encode(to encoder: any Encoder) throws {
        try description.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch source {
        case .builtIn:
            try container.encode("builtIn", forKey: .source)
        case .file(let path, let sha256):
            try container.encode("file", forKey: .source)
            try container.encode(path, forKey: .path)
            try container.encode(sha256, forKey: .sha256)
        }
        try container.encodeIfPresent(lastCheck, forKey: .lastCheck)
    }
}
