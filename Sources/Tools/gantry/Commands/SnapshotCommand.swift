import ArgumentParser
import Foundation
import InfrastructureModel
import Orchestration

struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Make an image of a machine's disk.",
        discussion: """
            Prints the image's URL, for disk.0.image.url. Asked for again under the same name it is made once, and told \
            that it was there: a fresh one has another name, or the old one goes first. Where the cloud takes no such name, the one that it has is told. `gantry image delete` removes it.

            EXAMPLES:
              gantry snapshot cluster 0 --image golden
              gantry snapshot cluster 0 --image test --auto-delete
            """)

    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @Argument(help: "Number of the machine, or the name of a system with one machine.") var machine: String
    @Option(help: ArgumentHelp("Name of the image.", valueName: "name")) var image: String
    @Option(help: ArgumentHelp("Number of the disk.", valueName: "number")) var disk = 0
    @Flag(name: .customLong("auto-delete"), help: "The image goes when the infrastructure is destroyed.")
    var isDeleted = false
    @OptionGroup var place: PlaceOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard image.contains(where: { !$0.isWhitespace }) else {
            throw ValidationError("--image is the name of the image, not empty")
        }
    }

    func run() async throws {
        try await reporting {
            try await place.withService { service in
                let summary = try await service.living(infrastructure)
                let number = try MachineChoice.number(
                    machine, of: summary.machines.filter(\.isPresent), option: "machine")
                let made = try await interruptible("stopping; the cloud goes on, and the same command finds the image")
                {
                    try await service.makeImage(
                        named: image, ofDisk: disk, ofMachine: number, in: summary.id, isDeleted: isDeleted)
                }
                if made.name != image { Terminal.note("the cloud calls it '\(made.name)', not '\(image)'") }
                Self.note(made).map { Terminal.note($0) }
                Terminal.line(json ? JSONOutput.line(made) : Terminal.harmless(made.uri))
            }
        }
    }

    /// That nothing was made, since it was there; nil: it was made.
    static func note(_ image: CloudImage) -> String? {
        guard let seconds = image.madeEarlier else { return nil }
        let date = Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
        let uri = Terminal.harmless(image.uri)
        return
            "this image was there already\(seconds > 0 ? ", made at \(date)" : ""), and what has changed on the disk since "
            + "is not in it: for a fresh one give another name, or remove it first with `gantry image delete \(uri)`"
    }
}
