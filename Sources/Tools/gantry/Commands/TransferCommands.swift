import ArgumentParser
import InfrastructureModel
import Orchestration
import Support

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write an infrastructure as JSON, for another gantry or for IM.",
        discussion: """
            The text holds passwords and keys of machines, and no credentials of clouds. With --delete the infrastructure \
            is forgotten here, and everything at its clouds stays: whoever imports the text goes on with it.

            EXAMPLES:
              gantry export cluster > cluster.json
              gantry export cluster --delete --yes > cluster.json
            """)

    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @Flag(help: "Forget it here.") var delete = false
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
    @OptionGroup var place: PlaceOptions

    func run() async throws {
        try await reporting {
            try await place.withService { service in
                let id = try await service.living(infrastructure).id
                if delete, !yes, !Terminal.confirms("Forget '\(infrastructure)' here?") {
                    Terminal.error(
                        "'\(infrastructure)' would be forgotten here; nothing was done. Run it again with --yes to agree"
                    )
                    throw Status.refused
                }
                // What is printed is written before anything is forgotten.
                let text = try await service.export(id)
                Terminal.line(text)
                guard delete else { return }
                if Terminal.hasLostOutput { throw Status.failed }
                try await service.forget(id, ifStill: text)
            }
        }
    }
}

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take an infrastructure over that another gantry or IM exported.",
        discussion: """
            Its machines stay as they are. The authorization file has to name the clouds that they are at. Exports of IM \
            1.19 and 2.0 are read, also as im_client prints them.

            EXAMPLES:
              gantry import cluster.json --name cluster -a clouds.auth
            """)

    @Argument(help: ArgumentHelp("The export; - for standard input.", valueName: "file")) var file: String
    @Option(name: .shortAndLong, help: "Name of the infrastructure; by default that of the export.")
    var name: String?
    @OptionGroup var place: PlaceOptions

    func run() async throws {
        try await reporting {
            if let problem = name.flatMap(DeploymentRequest.problem(withName:)) { throw UsageError(problem) }
            let text = try DocumentFile.read(file)
            let clouds = try await place.clouds()
            try await place.withService { service in
                let id = try await service.importInfrastructure(text, clouds: clouds, name: name)
                Terminal.line(id.rawValue)
            }
        }
    }
}
