import ArgumentParser
import InfrastructureModel
import Orchestration
import TOSCA

struct AddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add the machines that a document deploys to an infrastructure.",
        discussion: """
            The document may refer to what the infrastructure has: `system node` alone, `deploy node 2`. It becomes part \
            of the infrastructure's document; `gantry up` with the first document takes the machines away again. A TOSCA \
            template is laid over the stored one. Interrupted, it is on record: `gantry reconfigure` goes on with it, and \
            the same command would add once more.

            EXAMPLES:
              gantry add cluster two-more.radl
              gantry add cluster two-more.radl --no-contextualization
            """)

    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @Argument(help: ArgumentHelp("A RADL document or a TOSCA template; - for standard input.", valueName: "file"))
    var file: String
    @Flag(name: .customLong("no-contextualization"), help: "Configure no machine afterwards.")
    var leavesAsTheyAre = false
    @OptionGroup var place: PlaceOptions
    @OptionGroup var operation: OperationOptions

    func run() async throws {
        let change = ChangeRequest(infrastructure, file, place, operation, sendsClouds: true)
        try await change.carryOut(naming: []) { id, _ in
            InfrastructureUpdate(id, .add, contextualizes: !leavesAsTheyAre)
        }
    }
}

struct RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove machines of an infrastructure.",
        discussion: """
            The others are configured again, so that they know that these are gone. Interrupted, the same command goes on.

            EXAMPLES:
              gantry remove cluster 3 4 --yes
              gantry remove cluster 3 --no-contextualization
            """)

    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @Argument(
        help: ArgumentHelp("Number of a machine, or the name of a system with one machine.", valueName: "machine"))
    var machines: [String]
    @Flag(name: .customLong("no-contextualization"), help: "Configure no machine afterwards.")
    var leavesAsTheyAre = false
    @OptionGroup var place: PlaceOptions
    @OptionGroup var operation: OperationOptions

    func run() async throws {
        let words = machines + (leavesAsTheyAre ? ["--no-contextualization"] : [])
        var change = ChangeRequest(infrastructure, nil, place, operation)
        change.resume = ["gantry", "remove", infrastructure] + words
        try await change.carryOut(naming: machines, goesOnWithRemovals: true) { id, numbers in
            // What is on record is done first, and nothing else is asked for.
            guard !numbers.isEmpty else {
                return InfrastructureUpdate(id, .reconfigure(nil), contextualizes: !leavesAsTheyAre)
            }
            let names = Terminal.count(numbers.count, "machine")
            try operation.confirm(
                "Remove \(names) of '\(infrastructure)'?", refusal: "\(names) of '\(infrastructure)' would be removed")
            return InfrastructureUpdate(id, .remove(numbers), contextualizes: !leavesAsTheyAre)
        }
    }
}

struct ReconfigureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconfigure", abstract: "Configure machines again.",
        discussion: """
            With a document, its recipes, applications and new credentials are taken first; what else is in it is not.

            EXAMPLES:
              gantry reconfigure cluster
              gantry reconfigure cluster --file recipes.radl --machine 0
            """)

    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @Option(help: ArgumentHelp("A RADL document or a TOSCA template; - for standard input.", valueName: "file"))
    var file: String?
    @Option(
        help: ArgumentHelp(
            "Only this machine: its number, or the name of a system with one machine; may be repeated.",
            valueName: "machine"))
    var machine: [String] = []
    @OptionGroup var place: PlaceOptions
    @OptionGroup var operation: OperationOptions

    func run() async throws {
        let change = ChangeRequest(infrastructure, file, place, operation)
        try await change.carryOut(naming: machine) { id, numbers in
            InfrastructureUpdate(id, .reconfigure(numbers.isEmpty ? nil : numbers))
        }
    }
}

/// A change of an infrastructure by parts, from the command line to its end.
private struct ChangeRequest {
    let infrastructure: String
    let file: String?
    let place: PlaceOptions
    let operation: OperationOptions
    /// Whether the authorization file's clouds are needed.
    let sendsClouds: Bool
    /// What goes on with it when it is interrupted, without the options of the place.
    var resume: [String]

    init(
        _ infrastructure: String, _ file: String?, _ place: PlaceOptions, _ operation: OperationOptions,
        sendsClouds: Bool = false
    ) {
        self.infrastructure = infrastructure
        self.file = file
        self.place = place
        self.operation = operation
        self.sendsClouds = sendsClouds
        resume = ["gantry", "reconfigure", infrastructure]
    }

    /// - Parameters:
    ///   - machines: As they are named.
    ///   - goesOnWithRemovals: Whether machines may be named that are on their way out already: their numbers are left out.
    ///   - update: Gets the numbers of these machines.
    func carryOut(
        naming machines: [String], goesOnWithRemovals: Bool = false,
        _ update: (InfrastructureID, Set<Int>) throws -> InfrastructureUpdate
    ) async throws {
        try await reporting {
            var request = DeploymentRequest(
                document: "", documentName: file ?? "document",
                clouds: sendsClouds ? try await place.clouds() : [],
                caller: .local)
            if let file {
                let text = try DocumentFile.read(file)
                if TemplateFile.isTemplate(text, path: file) {
                    request.template = TemplateRequest(text: text, folder: TemplateFile(text, path: file).folder)
                } else {
                    request.document = try DocumentFile.text(text, of: file)
                }
            }
            let prepared = request
            try await place.withService(manager: operation.configuration) { service in
                let summary = try await service.living(infrastructure)
                let present = summary.machines.filter(\.isPresent) + (summary.vanished ?? [])
                let numbers =
                    goesOnWithRemovals
                    ? try MachineChoice.staying(machines, of: present, leaving: summary.machines.filter(\.isLeaving))
                    : Set(try machines.map { try MachineChoice.number($0, of: present, option: "machine") })
                try await operation.see(
                    .update(prepared, try update(summary.id, numbers)), service: service, name: infrastructure,
                    resume: CommandText.text(resume + place.words()))
            }
        }
    }
}
