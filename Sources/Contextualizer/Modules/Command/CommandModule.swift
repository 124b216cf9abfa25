import Jinja

/// `command`: runs a program without a shell between.
package enum CommandModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "command", summary: "Runs a program; no shell expands its words.",
        parameters: CommandRun.parameters + [
            ModuleParameter("argv", .list, "The words of the command."),
            ModuleParameter("expand_argument_vars", .boolean, default: true, "Whether $NAME is expanded."),
        ],
        exclusive: [["cmd", "argv"], ["_raw_params", "argv"]], isFreeForm: true, supportsCheckMode: true)

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let words: [String]
        if let list = arguments.list("argv") {
            words = list
        } else {
            words = try CommandLine.split(arguments.string("_raw_params") ?? arguments.string("cmd") ?? "")
        }
        guard let program = words.first else {
            throw ModuleError(code: .missingParameter, message: "no command given")
        }
        let expands = arguments.bool("expand_argument_vars") ?? true
        let quoted = words.map { expands ? ShellText.path($0) : ShellText.quote($0) }
        let name = quoted[0]
        let found = """
            command -v \(name) >/dev/null 2>&1||{ [ ! -e \(name) ]&&printf 'N\\n'||printf 'P\\n';exit 0; }

            """
        return CommandRun.step(
            arguments, context, lookUp: found, run: "exec \(quoted.joined(separator: " "))",
            command: .list(words.map { JinjaValue.string($0) }), program: program)
    }
}

/// `shell`: runs a text through a shell.
package enum ShellModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "shell", summary: "Runs a text through /bin/sh or another shell.", parameters: CommandRun.parameters,
        isFreeForm: true)

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        guard let text = arguments.string("_raw_params") ?? arguments.string("cmd"), !text.isEmpty else {
            throw ModuleError(code: .missingParameter, message: "no command given")
        }
        let shell = arguments.string("executable").map(ShellText.path) ?? "/bin/sh"
        // The text goes as a file: in an argument everybody on the machine could read it.
        let name = (arguments.string("executable") ?? "/bin/sh").split(separator: "/").last.map(String.init) ?? ""
        let isShell = ["sh", "ash", "bash", "dash", "ksh", "mksh", "zsh"].contains(name)
        return CommandRun.step(
            arguments, context, lookUp: "",
            run: isShell ? evaluation(by: shell) : "exec \(shell) \"$GANTRY_FILES/script\"",
            files: ["script": Array((text + "\n").utf8)], command: .string(text), program: shell,
            shell: isShell ? arguments.string("executable") ?? "/bin/sh" : nil)
    }

    /// The shell takes the text as if it were its argument, so that `$0` and errors name the shell.
    private static func evaluation(by shell: String) -> String {
        let reading = "PATH=$PATH:\(ShellLibrary.toolFolders);cat"
        let program = #"_g=$(\#(reading) "$GANTRY_FILES/script");eval "unset _g GANTRY_FILES;$_g""#
        return "exec \(shell) -c '\(program)' \(shell)"
    }
}

/// `raw`: as `shell`, without any parameter but `executable`.
package enum RawModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "raw", summary: "Runs a text through a shell; always changed.",
        parameters: [ModuleParameter("executable", .path, "The shell.")], isFreeForm: true, supportsCheckMode: false)

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        try ShellModule.plan(arguments, context)
    }
}

/// `script`: runs a script of the controller on the machine.
package enum ScriptModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "script", summary: "Copies a script to the machine and runs it.",
        parameters: CommandRun.parameters + [
            ModuleParameter("decrypt", .boolean, default: true, "Decrypt a script that is encrypted.")
        ], isFreeForm: true)

    package static func sources(_ arguments: ModuleArguments) -> [SourceRequest] {
        request(arguments).map { [$0.source] } ?? []
    }

    private static func request(_ arguments: ModuleArguments) -> (source: SourceRequest, words: [String])? {
        let text = arguments.string("_raw_params") ?? arguments.string("cmd") ?? ""
        guard let words = try? CommandLine.split(text), let path = words.first else { return nil }
        let decrypts = arguments.bool("decrypt") ?? true
        return (SourceRequest(kind: .file, path: path, decrypts: decrypts), words)
    }

    /// Where nothing may be executed in the folder for temporary files, the interpreter that it names reads it.
    private static func start(_ rest: String) -> String {
        """
        _gf=$GANTRY_FILES/script;(PATH=$PATH:\(ShellLibrary.toolFolders);chmod 700 "$_gf");[ ! -x "$_gf" ]||exec "$_gf" \(rest)
        IFS=' ';read -r _gi <"$_gf";case $_gi in '#!'*)_gi=${_gi#??};exec $_gi "$_gf" \(rest);;*)exec /bin/sh "$_gf" \(rest);;esac
        """
    }

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        guard let (source, words) = request(arguments), case .file(let payload, _)? = context.sources[source]?.content
        else {
            throw ModuleError(code: .missingParameter, message: "no command given")
        }
        let rest = words.dropFirst().map(ShellText.quote).joined(separator: " ")
        let run =
            arguments.string("executable").map { "exec \($0) \"$GANTRY_FILES/script\" \(rest)" }
            ?? start(rest)
        return CommandRun.step(
            arguments, context, lookUp: "", run: run, files: ["script": payload.bytes],
            command: .string(words.joined(separator: " ")), program: source.path, isScript: true)
    }
}
