import ContextualizationAPI
import Jinja

/// Puts one content at a place: what `copy` and `template` come down to.
///
/// A small content goes with the first program. Of a larger one the checksum goes first, and the bytes only where they
/// are needed, in a second program.
struct Placement {
    /// Contents up to this many bytes are sent at once.
    static let inlineLimit = 2048

    private let context: ModuleContext
    private let attributes: FileParameterValues
    private let library: String
    private let isForced: Bool
    private let directoryMode: FileMode?
    /// The file of the controller, for the difference.
    var source: String?

    init(_ arguments: ModuleArguments, _ context: ModuleContext, sourceMode: Int? = nil) throws(ModuleError) {
        self.context = context
        var attributes = try FileParameterValues(arguments)
        if attributes.preservesMode { attributes.mode = sourceMode.map { .octal($0) } }
        self.attributes = attributes
        isForced = arguments.bool("force") ?? true
        directoryMode = try arguments.string("directory_mode").map { text throws(ModuleError) in try FileMode(text) }
        library =
            ShellLibrary.prologue(
                isCheckMode: context.isCheckMode, wantsDifference: context.wantsDifference)
            + attributes.shell(tellsChanges: context.wantsDifference)
            + (try ShellLibrary.write(
                validate: arguments.string("validate"), backup: arguments.bool("backup") ?? false,
                tellsOutput: true))
            + ShellLibrary.checksum + ShellLibrary.access
    }

    /// - Parameter name: What the file is called where `destination` is a folder; nil: that is an error.
    func step(_ payload: Payload, name: String?, destination: String) throws(ModuleError) -> ModuleStep {
        guard !destination.isEmpty else {
            throw ModuleError(code: .missingParameter, message: "dest is required")
        }
        let isInline = payload.bytes.count <= Self.inlineLimit || context.wantsDifference
        return .run(invocation(payload, name: name, destination: destination, sendsContent: isInline))
    }

    private func invocation(
        _ payload: Payload, name: String?, destination: String, sendsContent: Bool
    ) -> ModuleInvocation {
        let change =
            sendsContent
            ? "[ -e \"$d\" ]||o was absent;df before \"$d\";df after \"$GANTRY_FILES/c\";[ $CK = 1 ]||{ wr \"$GANTRY_FILES/c\" \"$d\";o src \"$GANTRY_FILES/c\";md \"$d\"; };ch=1"
            : "[ $CK = 1 ]||{ o need 1;o end 1;fl;exit 0; };ch=1"
        let script =
            library + """
                d=\(ShellText.path(destination))
                \(folderRule(name: name, destination: destination))
                [ -e "$d" ]||ac "$d"||die "Failed to get information on remote file ($d): $zr"
                f=${d%/*};[ -n "$f" ]||f=/;case $d in */*);;*)f=.;;esac
                [ -d "$f" ]||[ $CK = 1 ]||die "Destination directory $f does not exist"
                if [ -f "$d" ]&&{ sum "$d";[ "$x" = \(payload.checksum) ]; };then at "$d"
                elif [ -e "$d" ]&&[ \(isForced ? 1 : 0) = 0 ];then o written 0
                else o written 1;\(change);fi
                o dest "$d";rs "$d";fin

                """
        return ModuleInvocation(
            script: script, files: sendsContent ? ["c": payload.bytes] : [:], reads: [destination],
            writes: [destination]
        ) { output in
            let records = Records(output.standardOutput)
            if records.flag("need") {
                return .run(invocation(payload, name: name, destination: destination, sendsContent: true))
            }
            var result = ModuleResult(records: records, output: output)
            let isEarly = ["can not use content", "Failed to get information"].contains {
                result.message?.hasPrefix($0) == true
            }
            if !isEarly {
                result["checksum"] = .string(payload.checksum)
            }
            if !result.failed { conclude(&result, records) }
            return .finish(result)
        }
    }

    /// What Ansible's copy tells: of a file left as it is (`force: false`) its destination alone, of one that check mode
    /// leaves unwritten the difference alone, and of one that was written no `path`, which `dest` says already.
    private func conclude(_ result: inout ModuleResult, _ records: Records) {
        if records["written"] == "0" {
            result.values = ["dest": result["dest"] ?? .none]
        } else if records.flag("written") {
            if context.isCheckMode { result.values = JinjaDict() } else { result["path"] = nil }
        }
        result.addDifference(records, source: source)
        guard context.wantsDifference, result.changed, result["diff"] == nil, records["chg"] != nil else { return }
        var (before, after) = records.attributeChange()
        before["path"] = result["path"]
        after["path"] = result["path"]
        result["diff"] = .dictionary(before: before, after: after)
    }

    /// What is done when the destination names a folder.
    private func folderRule(name: String?, destination: String) -> String {
        guard let name else {
            let isFolder = destination.hasSuffix("/") ? "false" : #"[ ! -d "$d" ]"#
            return #"\#(isFolder)||die "can not use content with a dir as dest""#
        }
        let mode = directoryMode.map { "D=1;m=0755;\($0.shellArithmetic);chmod \"0000$(printf %o $m)\" \"$d\"" } ?? ":"
        let make =
            destination.hasSuffix("/")
            ? #"zn=\#(ShellText.quote(name));[ -d "$d" ]||ac "$d"||die "Failed to get information on remote file (${d%/}/$zn): $zr""#
                + "\n"
                + #"[ -d "$d" ]||[ $CK = 1 ]||{ e=$(mkdir -p "$d" 2>&1)||die "could not make $d: $e";\#(mode); };d=${d%/}/\#(ShellText.quote(name))"#
            : ":"
        return make + "\n" + #"[ ! -d "$d" ]||d=${d%/}/\#(ShellText.quote(name))"#
    }
}
