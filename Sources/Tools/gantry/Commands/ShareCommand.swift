import ArgumentParser
import Foundation
import Glibc
import InfrastructureModel
import Orchestration
import Support

struct ShareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "share", abstract: "Show whom an infrastructure belongs to, or share it with a user of gantryd.",
        discussion: """
            A user of gantryd is a name with a password, which is asked for on the terminal, else read from standard \
            input. Who has the state folder may do everything, owner or not.

            EXAMPLES:
              gantry share cluster
              gantry share cluster --user ada < password.txt
              gantry share cluster --user ada --overwrite < password.txt
            """)

    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @Option(help: ArgumentHelp("Name of a user who may do everything with it from now on.", valueName: "name"))
    var user: String?
    @Flag(help: "Nobody else is an owner from now on.") var overwrite = false
    @OptionGroup var place: PlaceOptions

    func validate() throws {
        guard user != nil || !overwrite else { throw ValidationError("--overwrite needs --user") }
    }

    func run() async throws {
        try await reporting {
            let password = try user.map { Secret(try Self.password(of: $0)) }
            try await place.withService { service in
                let id = try await service.living(infrastructure).id
                if let user, let password {
                    try await service.share(id, with: user, password: password, overwrites: overwrite)
                }
                do {
                    for owner in try await service.owners(of: id) { Terminal.line(Terminal.harmless(owner)) }
                } catch let error as ManagerError where error.code == .accessDenied && overwrite {
                    // Who asks is no owner any more.
                    Terminal.line(Terminal.harmless(user ?? ""))
                }
            }
        }
    }

    private static func password(of user: String) throws -> String {
        let text: String
        if isatty(STDIN_FILENO) == 1 {
            guard let typed = getpass("Password of \(user): ") else {
                throw UsageError("no password was given")
            }
            text = String(cString: typed)
        } else {
            let read = try TextFile.read(STDIN_FILENO, name: "-")
            text = String(read.prefix { !$0.isNewline })
        }
        guard !text.isEmpty else { throw UsageError("the password of '\(user)' is empty; nothing was done") }
        return text
    }
}
