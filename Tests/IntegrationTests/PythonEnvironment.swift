import Foundation

/// The Python environments that `scripts/setup integration` brings.
enum PythonEnvironment {
    /// A program of an environment; nil where that is not there.
    static func program(_ name: String, of environment: String) -> URL? {
        let variables = ProcessInfo.processInfo.environment
        let home = variables["HOME"] ?? "/var"
        let cache = variables["GANTRY_CACHE"] ?? "\(variables["XDG_CACHE_HOME"] ?? "\(home)/.cache")/gantry"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? []
        let folders = names.filter { folder in
            // The rest is a number made of the list of packages.
            folder.hasPrefix("\(environment)-") && folder.dropFirst(environment.count + 1).allSatisfy(\.isNumber)
        }
        return folders.map { URL(filePath: cache).appending(path: $0) }
            .first { FileManager.default.fileExists(atPath: $0.appending(path: ".complete").path) }?
            .appending(path: "bin/\(name)")
    }

    /// A script of the test bed.
    static func script(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../testbed/lib/\(name)").standardizedFileURL.path
    }
}
