import Foundation
import GRDB
import Support

/// The infrastructures in a database of IM (1.19 and 2.0), of which nothing is changed: SQLite is opened for reading
/// only, MySQL and MariaDB are asked by their own client in a transaction for reading only.
struct IMDatabase {
    struct Entry: Sendable {
        var id: String
        /// The same object as an export.
        var data: String
    }

    /// Those that IM did not delete, oldest id first.
    let entries: [Entry]

    /// - Parameter location: As in IM's `DATA_DB` (`sqlite:///etc/im/inf.dat`, `mysql://USER:PASSWORD@HOST:PORT/NAME`), or
    ///   a file of SQLite.
    /// - Throws: ``UsageError``. Its message has no password.
    init(_ location: String) throws {
        guard let scheme = location.range(of: "://") else {
            entries = try Self.sqlite(location)
            return
        }
        switch location[..<scheme.lowerBound].lowercased() {
        case "sqlite": entries = try Self.sqlite(String(location[scheme.upperBound...]))
        case "mysql": entries = try Self.mysql(location)
        case "mongodb":
            throw UsageError(
                "MongoDB is not read; take its infrastructures over one by one, with `im_client export` and `gantry import`"
            )
        case let other:
            throw UsageError(
                "databases of the kind '\(other)' are not known; IM's DATA_DB is sqlite:///FILE or mysql://USER:PASSWORD@HOST/NAME"
            )
        }
    }

    private static let query = "SELECT id, data FROM inf_list WHERE deleted = 0 ORDER BY id"

    // MARK: SQLite

    private static func sqlite(_ path: String) throws -> [Entry] {
        guard FileManager.default.fileExists(atPath: path) else {
            throw UsageError("there is no file '\(path)'; DATA_DB in im.cfg says where IM's database is")
        }
        var configuration = Configuration()
        configuration.readonly = true
        // IM writes while it runs.
        configuration.busyMode = .timeout(10)
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read { database in
                try Row.fetchAll(database, sql: query).map { row in
                    Entry(id: row["id"] ?? "", data: row["data"] ?? "")
                }
            }
        } catch let error as DatabaseError {
            throw UsageError(
                "'\(path)' is no database of IM that can be read: \(error.message ?? "\(error.resultCode)")")
        }
    }

    // MARK: MySQL

    private static func mysql(_ location: String) throws -> [Entry] {
        guard let url = URLComponents(string: location), let host = url.host, !host.isEmpty, url.path.count > 1 else {
            throw UsageError(
                "the database has to be mysql://USER:PASSWORD@HOST:PORT/NAME; write % signs of a password as %25")
        }
        let session = try SessionFolder()
        defer { session.remove() }
        // Not as arguments, which everybody can read.
        let options = session.path + "/client.cnf"
        var lines = ["[client]", "host=\(quoted(host))"]
        if let user = url.user { lines.append("user=\(quoted(user))") }
        if let password = url.password { lines.append("password=\(quoted(password))") }
        if let port = url.port { lines += ["port=\(port)", "protocol=tcp"] }
        guard
            FileManager.default.createFile(
                atPath: options, contents: Data((lines.joined(separator: "\n") + "\n").utf8),
                attributes: [.posixPermissions: 0o600])
        else { throw UsageError("'\(options)' cannot be written") }
        let name = String(url.path.dropFirst())
        let statement =
            "START TRANSACTION READ ONLY; SELECT HEX(id), HEX(data) FROM inf_list WHERE deleted = 0 ORDER BY id; COMMIT"
        let completed: ChildCommand.Completed
        do {
            completed = try ChildCommand([
                "mysql", "--defaults-extra-file=\(options)", "--batch", "--skip-column-names",
                "--default-character-set=utf8mb4", "--connect-timeout=20", "--execute=\(statement)", name,
            ]).run()
        } catch {
            throw UsageError("\(error); install MariaDB's client (Debian: mariadb-client)")
        }
        guard completed.ending.status == 0 else {
            let reason = String(decoding: completed.errors.prefix(2000), as: UTF8.self)
            throw UsageError(
                "the database '\(name)' at \(host) cannot be read: \(reason.trimmingCharacters(in: .whitespacesAndNewlines))"
            )
        }
        return try completed.output.split(separator: UInt8(ascii: "\n")).map { line in
            let columns = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
            guard columns.count == 2, let id = bytes(hex: columns[0]), let data = bytes(hex: columns[1]) else {
                throw UsageError("MySQL's client printed what is no row of inf_list")
            }
            return Entry(id: String(decoding: id, as: UTF8.self), data: String(decoding: data, as: UTF8.self))
        }
    }

    /// A value of an option file.
    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }

    private static func bytes(hex: ArraySlice<UInt8>) -> [UInt8]? {
        guard hex.count.isMultiple(of: 2) else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(hex.count / 2)
        var high: UInt8?
        for character in hex {
            guard let digit = Character(Unicode.Scalar(character)).hexDigitValue.map(UInt8.init) else { return nil }
            if let first = high {
                result.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return result
    }
}
