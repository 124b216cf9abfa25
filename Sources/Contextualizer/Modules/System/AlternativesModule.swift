import ContextualizationAPI
import Jinja

/// `alternatives`: which of several programs a name stands for.
package enum AlternativesModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "alternatives", collections: ["community.general"],
        summary: "Sets which of several programs a name stands for.",
        parameters: [
            ModuleParameter("name", .string, required: true, "The name."),
            ModuleParameter("path", .path, "The program."),
            ModuleParameter("family", .string, "Not supported: refused when given."),
            ModuleParameter("link", .path, "The link, for a program that is not known yet."),
            ModuleParameter("priority", .integer, default: 50, "Its priority."),
            ModuleParameter(
                "state", .string, choices: ["present", "selected", "absent", "auto"], default: "selected",
                "What shall be."),
            ModuleParameter("subcommands", .raw, aliases: ["slaves"], "Not supported: refused when given."),
        ], oneOf: [["path", "family"]])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        for key in ["family", "subcommands"] where arguments.value(key) != nil {
            throw ModuleError(code: .invalidArgument, message: "alternatives: \(key) is not supported")
        }
        let state = arguments.string("state") ?? "selected"
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + """
                n_=\(ShellText.quote(arguments.string("name") ?? ""));p_=\(ShellText.path(arguments.string("path") ?? ""));l_=\(arguments.string("link").map(ShellText.path) ?? "''")
                st='\(state)';pr=\(arguments.int("priority") ?? 50);U=
                for c in update-alternatives alternatives;do ! command -v $c >/dev/null 2>&1||{ U=$c;break; };done
                [ -n "$U" ]||die "Failed to find required executable \\"update-alternatives\\" on the machine"
                q_=$($U --display "$n_" 2>/dev/null)||q_=
                case "
                $q_
                " in *"
                $p_ - priority"*)h_=1;;*)h_=0;;esac
                case $q_ in *" in auto mode"*|*"status is auto"*)a_=1;;*)a_=0;;esac
                v_=$(printf '%s\\n' "$q_"|sed -n 's/^ *link currently points to //p'|head -n 1)
                x(){ ch=1;[ $CK = 1 ]||e=$($U "$@" 2>&1)||die "$e"; }
                if [ $st = absent ];then [ $h_ = 0 ]||x --remove "$n_" "$p_";fin;fi
                [ -e "$p_" ]||die "Specified path $p_ does not exist"
                if [ $h_ = 0 ];then [ -n "$l_" ]||l_=$(printf '%s\\n' "$q_"|sed -n "s|^ *link $n_ is ||p"|head -n 1)
                [ -n "$l_" ]||die "Needed to install the alternative, but unable to do so as we are missing the link"
                x --install "$l_" "$n_" "$p_" "$pr";[ $CK = 1 ]||v_=$($U --display "$n_" 2>/dev/null|sed -n 's/^ *link currently points to //p'|head -n 1);fi
                case $st in selected)[ "$v_" = "$p_" ]||x --set "$n_" "$p_";;auto)[ $a_ = 1 ]||x --auto "$n_";;esac
                fin

                """
        let object = "alternatives:\(arguments.string("name") ?? "")"
        return .run(
            ModuleInvocation(script: script, reads: [object], writes: [object]) { output in
                .finish(ModuleResult(records: Records(output.standardOutput), output: output))
            })
    }
}
