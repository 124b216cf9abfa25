import ArgumentParser
import Assembly
import ConnectorAPI
import Foundation
import Glibc
import Support

extension ConnectorCommand {
    struct NewCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new", abstract: "Write a connector that works, to begin with.",
            discussion: """
                Writes the folder connector-NAME with a connector, its tests and a README. It keeps machines as files, \
                passes the conformance kit as it is, and says where requests to a cloud belong. python brings the SDK \
                with it, sh needs jq, swift needs Gantry's package.

                EXAMPLES:
                  gantry connector new mycloud --language python
                  gantry connector new mycloud --language sh --folder clouds/mycloud
                  gantry connector new mycloud --language swift --gantry ../gantry
                """)

        @Argument(help: "Short name of the cloud, such as mycloud; the executable is connector-NAME.")
        var name: String
        @Option(help: "What it is written in.")
        var language: ConnectorTemplate.Language
        @Option(
            help: ArgumentHelp("The folder to be made; without it connector-NAME.", valueName: "dir"))
        var folder: String?
        @Option(
            help: ArgumentHelp(
                "With swift: folder or URL of Gantry's package. Needed where gantry was not built in its own folder.",
                valueName: "dir-or-url"))
        var gantry: String?

        func run() async throws {
            try await reporting {
                let taken = BuiltInConnectors.all().map(\.description.name)
                if let problem = ConnectorTemplate.problem(withName: name, taken: taken) { throw UsageError(problem) }
                let template = ConnectorTemplate(name: name, language: language, dependency: try dependency())
                let target = folder ?? "connector-\(name)"
                try Self.write(template.files, to: target)
                Terminal.line("\(target): a connector in \(language.rawValue) that passes the conformance kit")
                for command in steps(target) { Terminal.line("  \(command)") }
            }
        }

        /// What to do next.
        private func steps(_ target: String) -> [String] {
            let place = CommandText.text([target])
            switch language {
            case .swift:
                return [
                    "swift build --package-path \(place)",
                    "connector-check -- \(place)/.build/debug/connector-\(name)",
                ]
            case .python, .sh: return ["connector-check -- \(place)/connector-\(name)"]
            }
        }

        private func dependency() throws -> ConnectorTemplate.Dependency? {
            guard language == .swift else {
                if gantry != nil { throw UsageError("--gantry is for --language swift") }
                return nil
            }
            if let gantry, gantry.contains("://") || gantry.hasPrefix("git@") { return .url(gantry) }
            if let gantry {
                let path = URL(fileURLWithPath: gantry).standardizedFileURL.path
                guard Self.isPackage(path) else {
                    throw UsageError("--gantry: '\(gantry)' holds no Package.swift with Gantry's ConnectorSDK")
                }
                return .path(path)
            }
            // Built in a checkout: the package is above the executable.
            var place = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            while place.path != "/" {
                place.deleteLastPathComponent()
                if Self.isPackage(place.path) { return .path(place.path) }
            }
            throw UsageError("a connector in Swift needs Gantry's package: name its folder or URL with --gantry")
        }

        private static func isPackage(_ path: String) -> Bool {
            ["Package.swift", "Sources/Connectors/SDK"].allSatisfy { access("\(path)/\($0)", F_OK) == 0 }
        }

        /// Writes all of it or nothing: into a folder beside the target, which then gets its name.
        static func write(_ files: [ConnectorTemplate.File], to target: String) throws {
            let folder = URL(fileURLWithPath: target).standardizedFileURL
            guard FileStatus(path: folder.path, followsLinks: false) == nil else {
                throw UsageError("'\(target)' is there already, and nothing was changed: choose another --folder")
            }
            let parent = folder.deletingLastPathComponent()
            let new = parent.appending(path: ".\(folder.lastPathComponent).\(UUID().uuidString)")
            do {
                try FileManager.default.createDirectory(at: new, withIntermediateDirectories: true)
                for file in files {
                    let url = new.appending(path: file.path)
                    try FileManager.default.createDirectory(
                        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                    try Data(file.text.utf8).write(to: url)
                    let mode = file.isExecutable ? 0o755 : 0o644
                    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
                }
                guard rename(new.path, folder.path) == 0 else {
                    throw UsageError("'\(target)' cannot be made: \(String(cString: strerror(errno)))")
                }
            } catch {
                try? FileManager.default.removeItem(at: new)
                if error is UsageError { throw error }
                throw UsageError(PlainWords.text(error, path: target))
            }
        }
    }
}
