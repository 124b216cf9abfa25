import Jinja

/// `copy`: puts a text, or a file or folder of the controller or of the machine, at a place.
package enum CopyModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "copy", summary: "Puts a text, a file or a folder at a place on the machine.",
        parameters: FileParameters.all + [
            ModuleParameter("dest", .path, required: true, "Where to."),
            ModuleParameter("src", .path, "File or folder; one that ends with / gives its content only."),
            ModuleParameter("content", .raw, "The content itself."),
            ModuleParameter("remote_src", .boolean, default: false, "`src` is on the machine."),
            ModuleParameter("force", .boolean, aliases: ["thirsty"], default: true, "Replace what differs."),
            ModuleParameter("backup", .boolean, default: false, "Keep the old file."),
            ModuleParameter("validate", .string, "Command with %s that must accept the new file."),
            ModuleParameter("directory_mode", .mode, "Mode of folders that are made."),
            ModuleParameter("follow", .boolean, default: false, "Accepted, without effect."),
            ModuleParameter("local_follow", .boolean, "Links in a folder stand for what they lead to."),
            ModuleParameter("checksum", .string, "SHA-1 that the source must have."),
            ModuleParameter("decrypt", .boolean, default: true, "Decrypt what is encrypted."),
        ],
        exclusive: [["content", "src"]], oneOf: [["content", "src"]])

    package static func sources(_ arguments: ModuleArguments) -> [SourceRequest] { arguments.controllerFiles }

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let destination = arguments.string("dest") ?? ""
        if let content = arguments.value("content") {
            return try Placement(arguments, context).step(
                Payload(Array(content.contentText.utf8)), name: nil, destination: destination)
        }
        let path = arguments.string("src") ?? ""
        if arguments.bool("remote_src") == true {
            return try RemoteCopy.step(arguments, context, source: path, destination: destination)
        }
        guard let source = sources(arguments).first.flatMap({ context.sources[$0] }) else {
            throw ModuleError(
                code: .missingSource,
                message: "Could not find or access '\(path)' on the controller. Put the text into `content`, or use "
                    + "`remote_src: yes` for a file of the machine.")
        }
        switch source.content {
        case .file(let payload, let mode):
            if let wanted = arguments.string("checksum"), wanted != payload.checksum {
                throw ModuleError(
                    code: .invalidArgument,
                    message: "Copied file does not match the expected checksum. Transfer failed.")
            }
            var placement = try Placement(arguments, context, sourceMode: mode)
            placement.source = source.path
            return try placement.step(
                payload, name: path.split(separator: "/").last.map(String.init), destination: destination)
        case .directory(let entries):
            return try DirectoryPlacement.step(
                arguments, context, entries: entries, source: path, destination: destination)
        }
    }
}

/// `template`: renders a file of the controller and puts the text at a place.
package enum TemplateModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "template", summary: "Renders a template and puts the text at a place on the machine.",
        parameters: FileParameters.all + [
            ModuleParameter("dest", .path, required: true, "Where to."),
            ModuleParameter("src", .path, required: true, "The template, looked for in `templates/` first."),
            ModuleParameter("force", .boolean, default: true, "Replace what differs."),
            ModuleParameter("backup", .boolean, default: false, "Keep the old file."),
            ModuleParameter("validate", .string, "Command with %s that must accept the new file."),
            ModuleParameter("follow", .boolean, default: false, "Accepted, without effect."),
            ModuleParameter(
                "newline_sequence", .string, choices: ["\n", "\r", "\r\n", "\\n", "\\r", "\\r\\n"],
                "What a newline of the template's own text becomes."),
            ModuleParameter("trim_blocks", .boolean, default: true, "Remove the newline after a block."),
            ModuleParameter("lstrip_blocks", .boolean, default: false, "Remove blanks before a block."),
            ModuleParameter("variable_start_string", .string, "What begins an expression."),
            ModuleParameter("variable_end_string", .string, "What ends an expression."),
            ModuleParameter("block_start_string", .string, "What begins a statement."),
            ModuleParameter("block_end_string", .string, "What ends a statement."),
            ModuleParameter("comment_start_string", .string, "What begins a comment."),
            ModuleParameter("comment_end_string", .string, "What ends a comment."),
            ModuleParameter(
                "output_encoding", .string, choices: encodings.flatMap { [$0, $0.uppercased()] }, default: "utf-8",
                "Of the text that results."
            ).limited,
        ])

    private static let encodings = [
        "utf-8", "utf8", "ascii", "us-ascii", "latin-1", "latin1", "iso-8859-1", "iso8859-1", "utf-16", "utf-16-le",
        "utf-16-be", "utf-16le", "utf-16be", "utf-32", "utf-32-le", "utf-32-be",
    ]

    package static func sources(_ arguments: ModuleArguments) -> [SourceRequest] {
        arguments.string("src").map { [SourceRequest(kind: .template, path: $0)] } ?? []
    }

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let path = arguments.string("src") ?? ""
        guard case .file(var payload, let mode)? = context.sources[SourceRequest(kind: .template, path: path)]?.content
        else {
            throw ModuleError(
                code: .missingSource, message: "Could not find or access template '\(path)' on the controller.")
        }
        let encoding = arguments.string("output_encoding") ?? "utf-8"
        if !["utf-8", "utf8"].contains(encoding.lowercased()) {
            do throws(JinjaError) {
                let bytes = try TextEncoding(named: encoding).bytes(of: String(decoding: payload.bytes, as: UTF8.self))
                payload = Payload(bytes)
            } catch {
                throw ModuleError(code: .invalidArgument, message: error.message)
            }
        }
        return try Placement(arguments, context, sourceMode: mode).step(
            payload, name: path.split(separator: "/").last.map(String.init),
            destination: arguments.string("dest") ?? "")
    }
}
