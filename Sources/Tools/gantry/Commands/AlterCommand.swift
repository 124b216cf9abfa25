import ArgumentParser
import InfrastructureModel
import Orchestration
import RADL

struct AlterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alter", abstract: "Give a machine another size, or more disks.",
        discussion: """
            The smallest size is taken that has at least what is asked for. The cloud may restart the machine for it. New \
            disks are attached, not formatted nor mounted; they go with the machine. The machine is not configured again.

            `gantry up` with the same document leaves the machine as it was altered, and carries an alteration out that \
            was interrupted. A document that asks for another size than before means a new machine, as ever: the plan \
            says so first.

            EXAMPLES:
              gantry alter cluster 0 --cpus 4 --memory 8GiB
              gantry alter cluster web --instance-type m5.xlarge
              gantry alter cluster 0 --disk 1=100GB
              gantry alter cluster 0 --file alter.radl
            """)

    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @Argument(help: "Number of the machine, or the name of a system with one machine.") var machine: String
    @Option(help: ArgumentHelp("At least so many processors.", valueName: "number")) var cpus: Int?
    @Option(help: ArgumentHelp("At least so much memory.", valueName: "size")) var memory: String?
    @Option(name: .customLong("instance-type"), help: ArgumentHelp("The cloud's size of this name.", valueName: "name"))
    var instanceType: String?
    @Option(help: ArgumentHelp("A new disk of this size; may be repeated.", valueName: "number=size"))
    var disk: [String] = []
    @Option(help: ArgumentHelp("A RADL document with the machine's system; - for standard input.", valueName: "file"))
    var file: String?
    @OptionGroup var place: PlaceOptions
    @OptionGroup var operation: OperationOptions

    func validate() throws {
        let isAsked = cpus != nil || memory != nil || instanceType != nil || !disk.isEmpty
        guard isAsked != (file != nil) else {
            throw ValidationError("say what shall change: --cpus, --memory, --instance-type, --disk, or --file alone")
        }
        if let cpus, cpus < 1 { throw ValidationError("--cpus is a number from 1, not \(cpus)") }
        if instanceType?.isEmpty == true { throw ValidationError("--instance-type is the name of a size") }
    }

    func run() async throws {
        try await reporting {
            let text = try file.map(DocumentFile.read)
            try await place.withService(manager: operation.configuration) { service in
                let summary = try await service.living(infrastructure)
                let present = summary.machines.filter(\.isPresent)
                let number = try MachineChoice.number(machine, of: present, option: "machine")
                let system = present.first { $0.number == number }?.system ?? ""
                try await operation.see(
                    .alter(summary.id, number, document: try text ?? document(system)), service: service,
                    name: infrastructure,
                    resume: CommandText.text(["gantry", "alter", infrastructure, machine] + words + place.words()),
                    nothing: "machine \(number) is as it shall be")
            }
        }
    }

    /// The options again.
    private var words: [String] {
        var words: [String] = []
        let options = [
            ("--cpus", cpus.map { String($0) }), ("--memory", memory), ("--instance-type", instanceType),
            ("--file", file),
        ]
        for (name, value) in options {
            if let value { words += [name, value] }
        }
        for value in disk { words += ["--disk", value] }
        return words
    }

    /// What the options ask for.
    private func document(_ system: String) throws -> String {
        var features: [String] = []
        if let cpus { features.append("cpu.count = \(cpus)") }
        if let memory { features.append("memory.size = \(try Self.size(memory, "--memory"))") }
        if let instanceType {
            guard !instanceType.contains("'") else { throw UsageError("--instance-type has no quotes") }
            features.append("instance_type = '\(instanceType)'")
        }
        for text in disk {
            let pair = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, let number = Int(pair[0]), number > 0 else {
                throw UsageError("--disk is NUMBER=SIZE with a number from 1, such as 1=100GB, not '\(text)'")
            }
            features.append("disk.\(number).size = \(try Self.size(pair[1], "--disk"))")
        }
        return "system \(system) (\n\(features.joined(separator: " and\n"))\n)\n"
    }

    private static func size(_ text: String, _ option: String) throws -> String {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count)
        let units = ["", "B", "K", "KB", "KIB", "M", "MB", "MIB", "G", "GB", "GIB", "T", "TB", "TIB"]
        guard Double(digits) ?? 0 > 0, units.contains(unit.uppercased()) else {
            throw UsageError("\(option) is a size such as 8GiB or 100GB, not '\(text)'")
        }
        return text
    }
}
