import Foundation
import Support

/// The authorization file of the command line: where it is, and what is in it.
package struct AuthorizationFile: Sendable {
    package var path: String
    package var items: [AuthorizationItem]
    /// For people, such as that others may read the file.
    package var warnings: [String]

    /// Where the file is looked for when no path is given: `GANTRY_AUTH_FILE`, then
    /// `$XDG_CONFIG_HOME/gantry/auth` (`~/.config/gantry/auth`) if it exists.
    package static func defaultPath(environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        if let path = environment["GANTRY_AUTH_FILE"], !path.isEmpty { return path }
        let home = environment["HOME"] ?? NSHomeDirectory()
        let configuration = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? home + "/.config"
        let path = configuration + "/gantry/auth"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    /// Reads a file. `file(…)` and `command(…)` in it are resolved: the file is the user's own.
    package static func load(_ path: String) throws -> AuthorizationFile {
        let text: String
        do throws(FileProblem) {
            text = try TextFile.read(path)
        } catch {
            throw AuthorizationError("the authorization file '\(path)' cannot be read: \(error.reason)")
        }
        var warnings: [String] = []
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: path.expandingHome)
        if let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue, mode & 0o077 != 0 {
            warnings.append(
                "others may read '\(path)' (mode \(String(mode, radix: 8))); run `chmod 600 \(path)`")
        }
        let items = try AuthorizationParser(resolve: resolve).items(ofFile: text)
        // `deploy SYSTEM N ID` names one of them.
        if let twice = Dictionary(grouping: items, by: \.id).filter({ $1.count > 1 }).keys.sorted().first {
            throw AuthorizationError(
                "the authorization file '\(path)' has the id '\(twice)' more than once: give each line its own")
        }
        return AuthorizationFile(path: path, items: items, warnings: warnings)
    }

    @Sendable private static func resolve(_ function: String, _ argument: String) throws -> String {
        if function == "file" {
            return try TextFile.read(argument).trimmingCharacters(in: .newlines)
        }
        // Its complaints are shown as they are; the input of `gantry` is not for it.
        let completed: ChildCommand.Completed
        do {
            completed = try ChildCommand(argument.split(separator: " ").map(String.init))
                .run(within: .init(time: .seconds(30), outputBytes: 64 << 10), errorsAreOurs: true)
        } catch ChildCommand.Excess.time {
            throw AuthorizationError("the command did not end within 30 seconds")
        } catch ChildCommand.Excess.output {
            throw AuthorizationError("the command printed more than 64 KiB")
        }
        guard completed.ending == .exited(0) else {
            throw AuthorizationError("the command \(completed.ending)")
        }
        return String(decoding: completed.output, as: UTF8.self).replacing("\n", with: "")
    }
}
