import Jinja

/// The wanted owner, group and mode of a task.
struct FileParameterValues {
    var owner: String?
    var group: String?
    var mode: FileMode?
    /// `mode: preserve`.
    var preservesMode = false
    /// Flags for `chattr`.
    var flags: String?

    init(owner: String? = nil, group: String? = nil, mode: FileMode? = nil) {
        self.owner = owner
        self.group = group
        self.mode = mode
    }

    init(_ arguments: ModuleArguments) throws(ModuleError) {
        owner = arguments.string("owner")
        group = arguments.string("group")
        if let text = arguments.string("attributes"), !text.isEmpty {
            let letters = "+-=".contains(text.prefix(1)) ? text.dropFirst() : text[...]
            guard letters.allSatisfy({ $0.isASCII && $0.isLetter }), !letters.isEmpty || text == "=" else {
                throw ModuleError(
                    code: .invalidArgument,
                    message: "attributes: '\(text)' must be letters as of chattr, with +, - or = before them")
            }
            flags = text
        }
        if let text = arguments.string("mode") {
            if text == "preserve" {
                preservesMode = true
            } else {
                mode = try FileMode(text)
            }
        }
    }

    /// - Parameter tellsChanges: for the difference.
    func shell(tellsChanges: Bool) -> String { tellsChanges ? ShellLibrary.changes(in: shell) : shell }

    var shell: String {
        ShellLibrary.attributes(owner: owner, group: group, mode: mode)
            + (flags.map { ShellLibrary.flags($0) } ?? "")
    }
}
