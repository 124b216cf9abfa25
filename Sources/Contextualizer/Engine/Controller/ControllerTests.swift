import Foundation
import Jinja

/// Tests of files on the controller, for playbooks that users run themselves.
enum ControllerTests {
    private static func kind(_ path: String, follows: Bool = true) -> mode_t? {
        var status = stat()
        let result = follows ? stat(path, &status) : lstat(path, &status)
        return result == 0 ? status.st_mode & S_IFMT : nil
    }

    /// A folder whose parent is on another device, or that is its own parent.
    private static func isMount(_ path: String) -> Bool {
        var (own, above) = (stat(), stat())
        guard lstat(path, &own) == 0, own.st_mode & S_IFMT != S_IFLNK, lstat(path + "/..", &above) == 0 else {
            return false
        }
        return own.st_dev != above.st_dev || own.st_ino == above.st_ino
    }

    static let all: [String: JinjaFunction] = {
        func test(_ body: @escaping @Sendable (String) -> Bool) -> JinjaFunction {
            JinjaFunction(["path"]) { arguments, _ in .bool(body(arguments.positional.first?.text ?? "")) }
        }
        let link = test { kind($0, follows: false) == S_IFLNK }
        let isSame = JinjaFunction(["path", "other"]) { arguments, _ in
            let paths = arguments.positional.map { ($0.text as NSString).resolvingSymlinksInPath }
            return .bool(paths.count == 2 && paths[0] == paths[1])
        }
        let mount = test(isMount)
        let exists = test { kind($0) != nil }
        return [
            "exists": exists, "is_exists": exists, "file": test { kind($0) == S_IFREG },
            "is_file": test { kind($0) == S_IFREG }, "directory": test { kind($0) == S_IFDIR },
            "is_dir": test { kind($0) == S_IFDIR }, "link": link, "is_link": link,
            "link_exists": test { kind($0, follows: false) != nil },
            "vaulted_file": test { path in
                guard let file = FileHandle(forReadingAtPath: path) else { return false }
                defer { try? file.close() }
                return (try? file.read(upToCount: 15)) == Data("$ANSIBLE_VAULT;".utf8)
            },
            "same_file": isSame, "is_same_file": isSame, "mount": mount, "is_mount": mount,
        ]
    }()
}
