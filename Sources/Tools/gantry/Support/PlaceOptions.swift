import ArgumentParser
import Assembly
import Authorization
import Foundation
import Orchestration

/// Where the infrastructures of a command are, and who asks: a state folder, or a server.
struct PlaceOptions: ParsableArguments {
    @OptionGroup var state: StateOptions
    @OptionGroup var authorization: AuthorizationOptions

    @Option(
        help: ArgumentHelp(
            "A gantryd, or an IM, whose infrastructures are meant, not those of the state folder (GANTRY_SERVER).",
            valueName: "url"))
    var server: String?

    @Option(
        name: .customLong("ca-file"),
        help: ArgumentHelp(
            "PEM file with the authority that signed the server's certificate (GANTRY_CA_FILE).", valueName: "file"))
    var authorityFile: String?

    func validate() throws {
        guard authorityFile == nil || serverURL != nil else {
            throw ValidationError("--ca-file is about the certificate of a server: --server names it")
        }
    }

    /// What a command that goes on at the same place repeats of these options.
    /// - Parameter sendsClouds: Whether it needs the authorization file also over a state folder.
    func words(sendsClouds: Bool = false) -> [String] {
        let file = authorization.authorizationFile.map { ["-a", $0] } ?? []
        guard serverURL != nil else { return (sendsClouds ? file : []) + state.words }
        return file + state.words + (server.map { ["--server", $0] } ?? [])
            + (authorityFile.map { ["--ca-file", $0] } ?? [])
    }

    /// The server, by flag or environment; nil: the state folder. `--state-dir` comes before the environment; beside
    /// `--server` it is where names are remembered that an IM does not keep.
    var serverURL: String? {
        if let server { return server.isEmpty ? nil : server }
        return state.stateFolder == nil ? Self.environment("GANTRY_SERVER") : nil
    }

    /// Clouds of the authorization file. A server opens vaults by itself.
    func clouds() async throws -> [CloudCredential] {
        try await authorization.clouds(opensVaults: serverURL == nil)
    }

    static func environment(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Hands what answers for that place to `body`, and takes it down in any case.
    func withService<Value: Sendable>(
        manager: ManagerConfiguration = ManagerConfiguration(),
        _ body: (any InfrastructureService) async throws -> Value
    ) async throws -> Value {
        guard let serverURL else {
            return try await state.withServices(manager: manager) { services in
                try await body(LocalService(services: services))
            }
        }
        let options = RemoteServer.Options(
            url: serverURL, authorityFile: authorityFile ?? Self.environment("GANTRY_CA_FILE"),
            logger: state.logger)
        let items = try authorization.file()?.items ?? []
        let connection = try RemoteConnection(
            options, items: items, stateFolder: state.folder, words: words())
        return try await ServicesInUse {}.run { try await body(try await connection.connected()) }
    }
}

/// The state folder of a command that needs one.
struct LocalOptions: ParsableArguments {
    @OptionGroup var state: StateOptions

    @Option(help: .hidden) var server: String?

    /// - Parameter reason: Why it cannot be done at a server, and what can.
    func withServices<Value: Sendable>(
        _ reason: String, _ body: (GantryServices) async throws -> Value
    ) async throws -> Value {
        let isAsked = server.map { !$0.isEmpty } ?? false
        if isAsked || (state.stateFolder == nil && PlaceOptions.environment("GANTRY_SERVER") != nil) {
            throw UsageError(
                "\(reason). "
                    + (isAsked
                        ? "Without --server it is about the state folder"
                        : "With --state-dir, or without GANTRY_SERVER, it is about a state folder"))
        }
        return try await state.withServices(body)
    }
}
