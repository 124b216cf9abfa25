import ConnectorAPI
import ConnectorConformance
import Foundation
import Glibc

/// The files of `--config` and `--secrets`. What is wrong in them is told by its member, without the values, which may be
/// secret.
enum SettingsFile {
    private static let numbers = ["waitMs", "checkMs", "machines", "promptMs", "answerMs", "endMs"]
    private static let texts = ["endpoint", "image", "flavor", "network"]
    private static let objects = ["config", "provider", "badCredentials"]

    /// - Throws: ``Failure``, which names the member.
    static func settings(_ path: String) throws -> ConformanceSettings {
        let members = try object(path)
        let known = (numbers + texts + objects + ["addresses"]).sorted()
        if let unknown = members.keys.filter({ !known.contains($0) }).min() {
            throw Failure(
                "'\(path)' has the unknown member '\(unknown)'; known are \(known.joined(separator: ", "))")
        }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) where value != .null {
            if let problem = problem(name, value) { throw Failure("'\(path)': '\(name)' must be \(problem)") }
        }
        return try decoded(ConformanceSettings.self, members, path)
    }

    /// - Throws: ``Failure``, which names the member.
    static func credentials(_ path: String) throws -> Credentials {
        let members = try object(path)
        try checkTexts(members, "'\(path)'")
        return try decoded(Credentials.self, members, path)
    }

    private static func problem(_ name: String, _ value: JSONValue) -> String? {
        switch value {
        case .integer(let number) where numbers.contains(name):
            let least: Int64 = name == "machines" ? 2 : 1
            return number >= least && number < 1 << 40 ? nil : "a whole number from \(least) on"
        case .string where texts.contains(name): return nil
        case .object(let members) where name == "badCredentials":
            let wrong = members.filter { $0.value.stringValue == nil }.keys.min()
            return wrong.map { "an object of texts; '\($0)' is none" }
        case .object where objects.contains(name): return nil
        case .array(let items) where name == "addresses" && items.allSatisfy { $0.stringValue != nil }: return nil
        default:
            if numbers.contains(name) { return "a whole number from \(name == "machines" ? 2 : 1) on" }
            return texts.contains(name) ? "a text" : name == "addresses" ? "a list of texts" : "a JSON object"
        }
    }

    private static func checkTexts(_ members: [String: JSONValue], _ place: String) throws {
        guard let wrong = members.filter({ $0.value.stringValue == nil }).keys.min() else { return }
        throw Failure("\(place): '\(wrong)' must be a text: credentials are a JSON object of texts")
    }

    private static func object(_ path: String) throws -> [String: JSONValue] {
        guard let data = FileManager.default.contents(atPath: path) else { throw Failure("'\(path)' cannot be read") }
        let value: JSONValue
        do {
            value = try JSONDecoder().decode(JSONValue.self, from: data)
        } catch {
            // Not the decoder's own words: they may quote what stands in the file.
            throw Failure("'\(path)' is no JSON")
        }
        guard case .object(let members) = value else { throw Failure("'\(path)' is no JSON object; see --help") }
        return members
    }

    private static func decoded<Value: Decodable>(
        _ type: Value.Type, _ members: [String: JSONValue], _ path: String
    ) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: JSONEncoder().encode(members))
        } catch {
            throw Failure("'\(path)' is not the JSON that is expected; see --help")
        }
    }

    /// A file that is written at the end of a run that may take long.
    ///
    /// - Throws: ``Failure`` where it cannot be written.
    static func checkWritable(_ path: String) throws {
        var status = Glibc.stat()
        let isThere = stat(path, &status) == 0
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let reason: String? =
            if isThere {
                status.st_mode & S_IFMT == S_IFDIR ? "it is a folder" : access(path, W_OK) == 0 ? nil : lastError
            } else if access(folder, F_OK) != 0 {
                "the folder '\(folder)' does not exist"
            } else {
                access(folder, W_OK | X_OK) == 0 ? nil : lastError
            }
        if let reason { throw Failure("'\(path)' cannot be written: \(reason)") }
    }

    private static var lastError: String { String(cString: strerror(errno)) }
}
