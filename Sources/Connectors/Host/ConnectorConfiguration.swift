package import ConnectorAPI
import ConnectorWire
import Foundation

/// The configuration file of connectors: where they are looked for, which are used, in which order, and how each is run.
///
/// A JSON object; every member may be left out:
///
/// ```json
/// {
///   "folders": ["/usr/lib/gantry/connectors"],
///   "connectors": [
///     {"name": "mycloud", "path": "/opt/mycloud/connector-mycloud", "sha256": "…", "isolation": "user",
///      "wrapper": ["setpriv", "--no-new-privs", "--"], "memoryMiB": 512, "openFiles": 256, "calls": 8,
///      "callSeconds": 300, "environment": {"MYCLOUD_DEBUG": "1"}, "config": {"region": "north"}},
///     {"name": "dummy", "enabled": false}
///   ]
/// }
/// ```
package struct ConnectorConfiguration: Sendable, Hashable {
    /// How one connector is run.
    package struct Entry: Sendable, Hashable, Codable {
        package var name: String
        package var enabled: Bool?
        /// Its executable, where it is in none of the folders.
        package var path: String?
        /// Digest that the executable must have.
        package var sha256: String?
        package var isolation: ProcessConnector.Isolation?
        /// A program that starts it, with its arguments; the connector's command line follows them.
        package var wrapper: [String]?
        package var memoryMiB: UInt?
        package var openFiles: UInt?
        /// Most calls at the same time.
        package var calls: Int?
        /// Time for calls that bring none.
        package var callSeconds: Int?
        package var environment: [String: String]?
        /// Settings of sessions that do not set them themselves.
        package var config: [String: JSONValue]?

        package init(
            name: String, enabled: Bool? = nil, path: String? = nil, sha256: String? = nil,
            isolation: ProcessConnector.Isolation? = nil, wrapper: [String]? = nil, memoryMiB: UInt? = nil,
            openFiles: UInt? = nil, calls: Int? = nil, callSeconds: Int? = nil, environment: [String: String]? = nil,
            config: [String: JSONValue]? = nil
        ) {
            self.name = name
            self.enabled = enabled
            self.path = path
            self.sha256 = sha256
            self.isolation = isolation
            self.wrapper = wrapper
            self.memoryMiB = memoryMiB
            self.openFiles = openFiles
            self.calls = calls
            self.callSeconds = callSeconds
            self.environment = environment
            self.config = config
        }

        /// A command with the limits, the environment and the wrapper of this entry.
        func applied(to command: ConnectorCommand) throws(ConnectorError) -> ConnectorCommand {
            var command = command
            command.memoryBytes = memoryMiB.map { $0 << 20 }
            command.openFiles = openFiles
            command.environment.merge(environment ?? [:]) { $1 }
            guard let wrapper, !wrapper.isEmpty else { return command }
            if let wrapped = command.wrapped(by: wrapper) { return wrapped }
            throw ConnectorError(
                code: .invalidArgument,
                message: "there is no executable '\(wrapper[0])' for its wrapper, neither as a path nor in PATH")
        }

        /// Whether it keeps a program from doing harm: one that it does not reach by mistake must not be used without it.
        var protects: Bool { enabled != false && (sha256 != nil || wrapper != nil) }

        /// Whether it asks for what only a process can have.
        var needsProcess: Bool {
            sha256 != nil || isolation != nil || wrapper != nil || memoryMiB != nil || openFiles != nil
                || environment != nil
                || config != nil || calls != nil || callSeconds != nil
        }
    }

    package var folders: [String]
    /// In the order in which they are preferred.
    package var entries: [Entry]

    package init(folders: [String] = [], entries: [Entry] = []) {
        self.folders = folders
        self.entries = entries
    }

    /// Reads a file.
    ///
    /// - Throws: ``ConnectorError/Code/invalidArgument``, which names the file, the member and what is wrong with it.
    package init(path: String) throws {
        func wrong(_ what: String) -> ConnectorError {
            ConnectorError(code: .invalidArgument, message: "the configuration of connectors '\(path)' \(what)")
        }
        guard let data = FileManager.default.contents(atPath: path) else { throw wrong("cannot be read") }
        let document: JSONValue
        do {
            document = try WireCodec.decode(JSONValue.self, from: Array(data))
        } catch {
            throw wrong("is no JSON: \(WireCodec.explain(error))")
        }
        guard case .object(let members) = document else { throw wrong("is no JSON object") }
        if let unknown = Set(members.keys).subtracting(["folders", "connectors"]).min() {
            throw wrong("has the unknown member '\(unknown)'; known are folders and connectors")
        }
        if let value = members["folders"], let problem = Self.problem(with: value, .texts) {
            throw wrong("has a wrong 'folders': it is \(problem)")
        }
        func decoded<Value: Decodable>(_ type: Value.Type, _ value: JSONValue, _ place: String) throws -> Value {
            do {
                return try WireCodec.decode(type, from: try WireCodec.encode(value))
            } catch {
                throw wrong("has a wrong \(place): \(WireCodec.explain(error))")
            }
        }
        folders = try members["folders"].map { try decoded([String].self, $0, "'folders'") } ?? []
        entries = []
        guard let list = members["connectors"] else { return }
        guard case .array(let items) = list else { throw wrong("has 'connectors' that are no list") }
        for (index, item) in items.enumerated() {
            let place = "entry 'connectors[\(index)]'"
            guard case .object(let given) = item else { throw wrong("has an \(place) that is no JSON object") }
            if let unknown = Set(given.keys).subtracting(Self.kinds.keys).min() {
                let known = Self.kinds.keys.sorted().joined(separator: ", ")
                throw wrong("has the unknown member '\(unknown)' in \(place); known are \(known)")
            }
            for (member, value) in given.sorted(by: { $0.key < $1.key }) {
                guard let kind = Self.kinds[member], let problem = Self.problem(with: value, kind) else { continue }
                throw wrong("has a wrong '\(member)' in \(place): it is \(problem)")
            }
            let entry = try decoded(Entry.self, item, place)
            guard !entries.contains(where: { $0.name == entry.name }) else {
                throw wrong("names connector '\(entry.name)' twice")
            }
            if let path = entry.path, !path.hasPrefix("/") {
                throw wrong("has a path in \(place) that is not absolute: '\(path)'")
            }
            if let path = entry.path, let other = entries.first(where: { $0.path == path }) {
                throw wrong("has the path '\(path)' of '\(other.name)' in \(place) again")
            }
            entries.append(entry)
        }
    }

    /// The entry of a connector.
    func entry(_ name: String) -> Entry? { entries.first { $0.name == name } }
}
