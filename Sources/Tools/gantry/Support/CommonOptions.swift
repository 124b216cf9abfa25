import ArgumentParser
import Assembly
import Authorization
import Foundation
import Glibc
import InfrastructureModel
import Logging
import Orchestration
import RADL
import Support
import Synchronization
import TOSCA

/// Options of every command that touches the state.
struct StateOptions: ParsableArguments {
    @Option(name: .customLong("state-dir"), help: ArgumentHelp("Folder of the state.", valueName: "dir"))
    var stateFolder: String?

    @Option(
        name: .customLong("connector-dir"),
        help: ArgumentHelp("A folder with connector-* executables; may be repeated.", valueName: "dir"))
    var connectorFolders: [String] = []

    @Flag(name: .shortAndLong, help: "Log to standard error; twice for more.")
    var verbose: Int

    /// What a command that goes on with the same state repeats of these options.
    var words: [String] {
        (stateFolder.map { ["--state-dir", $0] } ?? []) + connectorFolders.flatMap { ["--connector-dir", $0] }
    }

    /// The folder, by flag, environment or default.
    var folder: String {
        if let stateFolder { return stateFolder }
        let environment = ProcessInfo.processInfo.environment
        if let folder = environment["GANTRY_STATE_DIR"], !folder.isEmpty { return folder }
        let home = environment["HOME"] ?? NSHomeDirectory()
        let base = environment["XDG_STATE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? home + "/.local/state"
        return base + "/gantry"
    }

    var logger: Logger {
        let level: Logger.Level = verbose >= 2 ? .debug : verbose == 1 ? .info : .error
        return StandardErrorLog.logger(label: "gantry", level: level)
    }

    /// Puts the parts together, hands them to `body` and takes them down in any case.
    func withServices<Value: Sendable>(
        manager: ManagerConfiguration = ManagerConfiguration(),
        _ body: (GantryServices) async throws -> Value
    ) async throws -> Value {
        let options = GantryServices.Options(
            stateFolder: folder, connectorFolders: connectorFolders, logger: logger, manager: manager)
        // Connectors are asked what they are: one that hangs must not outlive us.
        let services = try await interruptible("stopping") {
            let services = try await GantryServices.make(options)
            guard !Task.isCancelled else {
                await services.stop()
                throw CancellationError()
            }
            return services
        }
        for problem in services.problems { Terminal.warn(problem) }
        return try await ServicesInUse { await services.stop() }.run { try await body(services) }
    }
}

/// Where clouds are named.
struct AuthorizationOptions: ParsableArguments {
    @Option(
        name: [.short, .customLong("auth-file")],
        help: ArgumentHelp("Authorization file in IM's format.", valueName: "file"))
    var authorizationFile: String?

    /// Clouds of the file, in its order; none where there is no file.
    /// - Parameter opensVaults: Whether those that lines of type `Vault` refer to are asked for and are among them; a server
    ///   does that by itself.
    /// - Throws: ``UserFileError``, or `VaultProblem`.
    func clouds(opensVaults: Bool = true) async throws -> [CloudCredential] {
        var items = try file()?.items ?? []
        if opensVaults, items.contains(where: \.isVault) {
            items = try await UserVault.make(address: PlaceOptions.environment("VAULT_ADDR")).opened(items)
        }
        return items.filter(\.isCloud).map { CloudCredential(id: $0.id, type: $0.type, values: $0.values) }
    }

    /// Nil where there is none.
    func file() throws -> AuthorizationFile? {
        guard let path = authorizationFile ?? AuthorizationFile.defaultPath() else { return nil }
        let file = try AuthorizationFile.load(path)
        for warning in file.warnings where Self.told.withLock({ $0.insert(warning).inserted }) {
            Terminal.warn(warning)
        }
        return file
    }

    /// A file is read for its clouds and for its login; what is wrong with it is told once.
    private static let told = Mutex<Set<String>>([])
}

/// A document and the name of what it describes.
struct DocumentOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("A RADL document or a TOSCA template; - for standard input.", valueName: "file"))
    var file: String

    @Option(name: .shortAndLong, help: "Name of the infrastructure; by default the file's name without its ending.")
    var name: String?

    @OptionGroup var template: TemplateOptions

    /// What a command that goes on with the same document repeats of these options.
    var words: [String] {
        [file] + (name.map { ["--name", $0] } ?? []) + template.values.flatMap { ["--input", $0] }
            + (template.file.map { ["--inputs", $0] } ?? [])
    }

    func request(
        _ authorization: AuthorizationOptions, opensVaults: Bool = true
    ) async throws -> DeploymentRequest {
        let text = try DocumentFile.read(file)
        guard let name = name ?? DocumentFile.stem(file) else {
            throw UsageError("a document from standard input needs --name")
        }
        if let problem = DeploymentRequest.problem(withName: name) {
            throw UsageError("\(problem); give another with --name")
        }
        var request = DeploymentRequest(
            document: "", documentName: file == "-" ? "standard input" : file, name: name,
            clouds: try await authorization.clouds(opensVaults: opensVaults), caller: .local)
        if TemplateFile.isTemplate(text, path: file) {
            request.template = try await templateRequest(text)
        } else if template.isEmpty {
            request.document = try DocumentFile.text(text, of: file)
        } else {
            throw UsageError("--input and --inputs are for TOSCA templates; '\(file)' is a RADL document")
        }
        return request
    }
}

extension DocumentOptions {
    /// The types of inputs decide what their values mean, so the template is read here, too; its mistakes are told by who
    /// deploys it.
    private func templateRequest(_ text: String) async throws -> TemplateRequest {
        let file = TemplateFile(text, path: file)
        var resolver = TOSCAResolver.bundled
        resolver.folder = file.folder.map { TOSCAFolder(path: $0) }
        let declared = try? await TOSCATemplate(text: text, name: file.name, resolver: resolver).inputs
        return TemplateRequest(text: text, inputs: try template.resolve(declared ?? []), folder: file.folder)
    }
}

/// Reads documents that the user names.
enum DocumentFile {
    static func read(_ path: String) throws -> String {
        do throws(FileProblem) {
            return path == "-" ? try TextFile.read(STDIN_FILENO, name: "-") : try TextFile.read(path)
        } catch {
            throw UserFile.error("document", path, error)
        }
    }

    /// For who tells where a document is no text.
    static func bytes(_ path: String) throws -> [UInt8] {
        do throws(FileProblem) {
            return path == "-" ? try TextFile.bytes(STDIN_FILENO, name: "-") : try TextFile.bytes(path)
        } catch {
            throw UserFile.error("document", path, error)
        }
    }

    static func stem(_ path: String) -> String? {
        guard path != "-" else { return nil }
        return URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    }
}

/// Files that the user names and that others than the commands read: what cannot be read is told before anything begins,
/// in the same words and with the same status everywhere.
enum UserFile {
    /// - Parameter what: `playbook`, for the message.
    /// - Throws: ``UsageError`` for what is not there, may not be read, is a folder or no text. A pipe is left to its
    ///   reader.
    static func check(_ path: String, _ what: String) throws {
        let status = FileStatus(path: path.expandingHome)
        guard [.regular, .folder, nil].contains(status?.kind) else { return }
        do throws(FileProblem) {
            _ = try TextFile.read(path)
        } catch {
            throw Self.error(what, path, error)
        }
    }

    static func error(_ what: String, _ path: String, _ problem: FileProblem) -> UsageError {
        let name = path == "-" ? "from standard input" : "'\(path)'"
        return UsageError("the \(what) \(name) cannot be read: \(problem.reason)")
    }
}
