import Jinja

/// The wanted owner, group and mode of a task.
struct FileParameterValues {
    var owner: String?
    var group: String?
    var mode: FileMode?
    /// `mode: preserve`.
    var preservesMode = false

    init(owner: String? = nil, group: String? = nil, mode: FileMode? = nil) {
        self.owner = owner
        self.group = group
        self.mode = mode
    }

    init(_ arguments: ModuleArguments) throws(ModuleError) {
        owner = arguments.string("owner")
        group = arguments.string("group")
        if arguments.string("attributes") != nil {
            throw ModuleError(
                code: .invalidArgument, message: "attributes (chattr) are not supported: use the command module")
        }
        if let text = arguments.string("mode") {
            if text == "preserve" {
                preservesMode = true
            } else {
                mode = try FileMode(text)
            }
        }
    }

    var shell: String { ShellLibrary.attributes(owner: owner, group: group, mode: mode) }
}
