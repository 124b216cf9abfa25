import ArgumentParser
import Foundation
import Support

struct ImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Make images for virtual machines, and delete them.",
        subcommands: [BuildCommand.self, DeleteCommand.self])

    struct BuildCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "build", abstract: "Make a small image of a distribution's packages alone.",
            discussion: """
                Makes a disk (qcow2) with Debian's kernel, systemd, OpenSSH and cloud-init, which BIOS and UEFI boot, by \
                mmdebstrap, as root or as a user with subordinate ids (/etc/subuid). It is kept in the cache folder, and made \
                anew with --again. Prints its URL for disk.0.image.url.

                EXAMPLES:
                  gantry image build debian
                  gantry image build debian --suite trixie --include nginx,rsync
                """)

        enum Distribution: String, CaseIterable, ExpressibleByArgument {
            case debian
        }

        @Argument(help: "The distribution.") var distribution: Distribution
        @Option(help: "Its release.") var suite = "bookworm"
        @Option(
            help: ArgumentHelp(
                "Where its packages come from; without it, where this machine's come from, else its own place.",
                valueName: "url"))
        var mirror: String?
        @Option(help: ArgumentHelp("More packages, with commas.", valueName: "packages"))
        var include: String?
        @Option(help: ArgumentHelp("Where to put it, in place of the cache folder.", valueName: "file"))
        var output: String?
        @Flag(help: "Make it also where there is one.") var again = false

        func validate() throws {
            let words = [suite] + (include.map { $0.split(separator: ",").map(String.init) } ?? [])
            for word in words where word.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9.+-]*/) == nil {
                throw ValidationError("'\(word)' is neither a release nor a package")
            }
        }

        func run() async throws {
            try await reporting {
                let image = DebianImage(suite: suite, mirror: mirror, packages: include)
                let path = output.map { URL(fileURLWithPath: $0).path } ?? image.cachePath
                if again || !FileManager.default.fileExists(atPath: path) {
                    try FileManager.default.createDirectory(
                        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                    let process = try image.command(path).start()
                    let ending = process.wait()
                    guard ending.status == 0 else {
                        Terminal.error("the image was not made: the program \(ending)")
                        throw Status.failed
                    }
                }
                Terminal.line("file://\(path)")
            }
        }
    }

    struct DeleteCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Delete an image of a cloud, such as one that `gantry snapshot` made.",
            discussion: """
                The URL is that which `gantry snapshot` and `gantry images` print. At libvirt, images of others and \
                such that disks are laid over are left alone; other clouds delete what the account may delete.

                EXAMPLES:
                  gantry image delete libvirt://gantry/gantry_image_golden_.qcow2 here
                """)

        @Argument(help: ArgumentHelp("Its URL.", valueName: "url")) var image: String
        @OptionGroup var cloud: CloudOptions
        @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

        func run() async throws {
            try await reporting {
                try await cloud.ask { service, id, clouds in
                    guard yes || Terminal.confirms("Delete '\(image)' of '\(id)'?") else {
                        Terminal.error("it would be deleted; nothing was done. Run it again with --yes to agree")
                        throw Status.refused
                    }
                    try await service.deleteImage(image, of: id, among: clouds)
                    Terminal.note("'\(image)' is deleted")
                }
            }
        }
    }
}
